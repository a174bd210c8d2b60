"""A small bureau on its second night, the night itself, and what must be in the warehouse when it is over.

Four platforms on three lines: one drops files, one is a table read on from a cursor with several rows at its edge, one
sends forms and cases and corrects some of them, one sent only rubbish on the first night, was stopped by its gate and
has mended its file. One batch is set aside, one pair of records was decided on. Everybody in it is invented.
"""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from liandao import flow, ingest, lines
from liandao.aside import set_aside
from liandao.home import new_id
from liandao.ingest import read_ground
from liandao.reviewing import decide
from liandao.settings import Settings
from liandao.upkeep.trail import MADE
from schemas import project
from schemas.decisions import COMMAND, DIFFERENT, Answer
from tests.projects import (
    A_WHILE_AGO,
    ABOUT,
    COMMUNITY,
    LINE,
    PLATFORM,
    PLATFORM_FILE,
    reading_on,
    write,
    write_log,
    write_project,
)
from tests.warehouse.batches import Row
from warehouse import places, reader
from warehouse.audit import audit
from warehouse.checksum import HISTORY, table_checksums
from warehouse.publish import KEEP

LINES = ("grid", "civil", "health")
GATES, RESCUE, LATE = "gate_log", "rescue", "late_log"
GATES_FILE = reading_on("sql", GATES)
RESCUE_FILE = ABOUT + f"""\
access:
  family: sql
  endpoint: {RESCUE}
streams:
  form:
    source: form
    key: id
    cursor: changed
    expect:
      floor: 0
    fields:
      id: source_key
      name: person_name
      number: cert_no
      mobile: phone
      home: address
      area: community_code
      entered: entered_at
      changed: changed_at
      mode: mode_code
  case:
    source: matter
    key: id
    cursor: changed
    expect:
      floor: 0
    fields:
      id: source_key
      form: form_key
      item: item_code
      area: community_code
      applied: apply_at
      state: status_code
      changed: changed_at
"""
FORM_COLUMNS = ("id", "name", "number", "mobile", "home", "area", "entered", "changed", "mode")
CASE_COLUMNS = ("id", "form", "item", "area", "applied", "state", "changed")
ROOMS = {"aside", "attempts", "build.lock", "conformed", "decisions", "events", "generations", "home.json", "keys",
         "landing", "locks", "logs", "projects", "publish.lock", "published", "quality", "reports", "run.lock",
         PLATFORM, LATE, "gate.db", "rescue.db",
         }  # fmt: skip
"""What may lie in the home when no run is under way."""


def settings_of(root: Path, warehouse_url: str | None = None, workers: int = 2) -> Settings:
    """Settings of the bureau at ``root``."""
    project.use(root)
    return Settings(root / "home", warehouse_url, workers, root)


def make(root: Path, warehouse_url: str | None = None) -> Settings:
    """The bureau as it is before its second night: what the night brings is at the sources, and nothing of it is
    read."""
    endpoints = {name: f"file:{name}" for name in (PLATFORM, LATE)}
    endpoints |= {GATES: "sqlite:gate.db", RESCUE: "sqlite:rescue.db"}
    write_project(root, endpoints=endpoints)
    sources = root / "sources"
    for line in LINES:
        write(sources / line / "_line.yml", LINE)
    write(sources / "grid" / f"{PLATFORM}.yml", PLATFORM_FILE.replace("endpoint: log", f"endpoint: {PLATFORM}"))
    write(sources / "grid" / f"{GATES}.yml", GATES_FILE)
    write(sources / "civil" / f"{RESCUE}.yml", RESCUE_FILE)
    write(sources / "health" / f"{LATE}.yml", PLATFORM_FILE.replace("endpoint: log", f"endpoint: {LATE}"))
    settings = settings_of(root, warehouse_url)
    home = settings.home
    drop(home, PLATFORM, 0, 4)
    rubbish(home)
    gate_rows(home, [(n, f"2026-08-01 08:0{n // 2}:00") for n in range(6)])
    rescue_rows(home, [form(n) for n in range(8)], [case(n) for n in range(4)])
    run_night(settings)
    _lived(home)
    drop(home, PLATFORM, 1, 2)
    batch = ingest.ingest_platform(settings, PLATFORM)
    ingest.gate_line(settings, "grid")
    set_aside(home, [batch.batch_id], "doubtful", "王五")
    pair = [f"{RESCUE}:form:f{n:03d}" for n in (1, 2)]
    decide(home, [Answer("person", *pair, DIFFERENT)], "王五", COMMAND)
    drop(home, PLATFORM, 2, 3)
    drop(home, LATE, 0, 60)
    gate_rows(home, [(n, f"2026-08-01 08:0{n // 2}:00") for n in range(5, 9)])  # one at the cursor's edge
    rescue_rows(
        home,
        [form(1, 3, mobile="13900000099"), form(4, 3), form(9, 3), form(10, 3)],
        [case(2, 3, state="closed"), case(5, 3)],
    )
    return settings


def _lived(home: Path) -> None:
    """As many generations as are kept, so that the night removes one."""
    for number in range(2, KEEP + 1):
        shutil.copytree(places.generation_folder(home, 1), places.generation_folder(home, number))
    places.point_current(home, KEEP)


def drop(home: Path, platform: str, number: int, rows: int) -> None:
    """A file in a platform's folder."""
    name = f"log_{number}.csv"
    write_log(home / platform, name, rows, first=100 * number)
    os.utime(home / platform / name, (A_WHILE_AGO, A_WHILE_AGO))


def rubbish(home: Path) -> None:
    """So many rows, none of them right, that the gate stops the line."""
    drop(home, LATE, 0, 60)
    path = home / LATE / "log_0.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(COMMUNITY, "somewhere"), encoding="utf-8")
    os.utime(path, (A_WHILE_AGO, A_WHILE_AGO))


def gate_rows(home: Path, rows: Iterable[tuple[int, str]]) -> None:
    """Rows of the table of gates: number and time."""
    columns = ("id", "area", "kind", "act", "at")
    _put(home / "gate.db", "log", columns, [(f"g{n:03d}", COMMUNITY, "worker", "create", at) for n, at in rows])


def rescue_rows(home: Path, forms: Iterable[Row], cases: Iterable[Row]) -> None:
    """Forms and cases that are new or have changed."""
    _put(home / "rescue.db", "form", FORM_COLUMNS, [tuple(f[c] for c in FORM_COLUMNS) for f in forms])
    _put(home / "rescue.db", "matter", CASE_COLUMNS, [tuple(c[k] for k in CASE_COLUMNS) for c in cases])


def form(number: int, day: int = 1, **other: str) -> Row:
    """A form of somebody invented; two after another are of one person."""
    who = number // 2
    name = "濮鄢逯夔隗郜"[who % 6] + "璟瑆琇珮瓒璠"[who % 6]
    own = {"id": f"f{number:03d}", "name": name, "number": None, "mobile": f"1390000{who:04d}"}
    rest = {"home": f"绝无仅有里{who + 31}栋2单元501室", "area": COMMUNITY, "mode": "manual"}
    return {**own, **rest, "entered": "2026-08-01 09:00:00", "changed": f"2026-08-0{day} 09:{number:02d}:00", **other}


def case(number: int, day: int = 1, **other: str) -> Row:
    """A case that a form opened."""
    own = {"id": f"k{number:03d}", "form": f"f{number:03d}", "item": "430100000101", "area": COMMUNITY}
    times = {"applied": "2026-08-01 09:00:00", "changed": f"2026-08-0{day} 10:{number:02d}:00"}
    return {**own, **times, "state": "accepted", **other}


def _put(path: Path, table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(path)) as con, con:
        con.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(columns)}, PRIMARY KEY (id))")
        con.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)


def read_lines(settings: Settings) -> list[lines.LineDone]:
    """Read and judge every line, as tasks do, in this process."""
    ground = read_ground(settings)
    return [lines.ingest_line(settings, line, ground) for line in LINES]


def run_night(settings: Settings) -> list[lines.LineDone]:
    """A whole run in this process."""
    done, run_id = read_lines(settings), new_id("r")
    for step in flow.UNIFY:
        step(settings, run_id)
    return done


# What is there in the end


def content(home: Path) -> dict[str, str]:
    """What readers see: table -> its checksum, of every table whose content counts."""
    with reader.connect(home) as con:
        return {name: value for name, value in table_checksums(con).items() if name not in HISTORY}


def in_sources(home: Path) -> Counter[tuple[str, str]]:
    """Platform, key and last change of every row that belongs into the warehouse, from the sources' own files."""
    rows: Counter[tuple[str, str]] = Counter()
    for platform in (PLATFORM, LATE):
        for path in (home / platform).glob("log_*.csv"):
            if (platform, path.name) == (PLATFORM, "log_1.csv"):
                continue  # set aside
            rows.update((platform, row["id"]) for row in csv.DictReader(path.open(encoding="utf-8")))
    held = ((GATES, "gate.db", "log"), (RESCUE, "rescue.db", "form"), (RESCUE, "rescue.db", "matter"))
    for platform, name, table in held:
        with closing(sqlite3.connect(home / name)) as con:
            time = "at" if platform == GATES else "changed"
            found = con.execute(f"SELECT id, {time} FROM {table}").fetchall()
        rows.update((platform, key if platform == GATES else f"{key} {changed}") for key, changed in found)
    return rows


def in_warehouse(home: Path) -> Counter[tuple[str, str]]:
    """The same of what readers see."""
    text = """
        SELECT platform_id, source_key FROM vault.core_usage_event
        UNION ALL SELECT platform_id, source_key || strftime(changed_at, ' %Y-%m-%d %H:%M:%S') FROM vault.core_form
        UNION ALL SELECT platform_id, source_key || strftime(changed_at, ' %Y-%m-%d %H:%M:%S') FROM vault.core_case
    """
    with reader.connect(home) as con:
        return Counter(con.execute(text).fetchall())


def strays(home: Path) -> list[str]:
    """What no run leaves behind when it has ended well."""
    found = [p.name for p in home.iterdir() if p.name not in ROOMS]
    for room in ("landing", "conformed", "quality", "attempts", "published", "keys", "reports", "decisions"):
        for path in (home / room).rglob("*"):
            name = path.name
            if any(part in name for part in (".tmp", ".next", ".new", ".old", ".wal", ".before")) or name == "spill":
                found.append(str(path.relative_to(home)))
    received = {p.parent for p in (home / "landing").glob("*/*/landed.json")}
    found += [f"landing without a receipt: {p}" for p in (home / "landing").glob("*/*") if p not in received]
    kept = {p.name for p in places.published_folder(home).iterdir()}
    named = {"current", *(f"g{n:06d}" for n in places.generations(home))}
    found += sorted(kept - named)
    newest = places.current_generation(home) or 0
    found += [f"generation {n}" for n in places.generations(home) if not newest - KEEP < n <= newest]
    for folder in (places.generation_folder(home, n) for n in places.generations(home)):
        found += sorted({p.name for p in folder.iterdir()} - {*places.FILES.values(), places.REGISTER, MADE})
    return found


def wrong(settings: Settings, expected: dict[str, str]) -> list[str]:
    """What is not as it must be after a run that ended well: empty when all is well."""
    home, is_there = settings.home, content(settings.home)
    differing = [name for name, value in expected.items() if is_there.get(name) != value]
    found = [f"{name}: {is_there.get(name)} instead of {expected[name]}" for name in differing]
    if lost := in_sources(home) - in_warehouse(home):
        found.append(f"{sum(lost.values())} rows missing, first {sorted(lost)[0]}")
    if more := in_warehouse(home) - in_sources(home):
        found.append(f"{sum(more.values())} rows too many, first {sorted(more)[0]}")
    found += [f"audit: {i.platform_id} {i.stream} {i.law}" for i in audit(home)]
    found += [f"stray: {name}" for name in strays(home)]
    if settings.warehouse_url:
        from warehouse import postgres

        with reader.connect(home) as con:
            tables = table_checksums(con)
        if postgres.checksums(settings.warehouse_url) != tables:
            found.append("the PostgreSQL store holds something else")
    return found


def copy(source: Path, target: Path) -> None:
    """Put the bureau at ``source`` in the place of whatever is at ``target``."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(source, target, symlinks=True)
