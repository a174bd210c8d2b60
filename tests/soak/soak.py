"""Nights with a server that fails one request in five and two crashes a night end as as many quiet ones do, and
neither memory nor disk grows but by what came. Ten in ``make test-heavy``, thirty in ``make test-soak``."""

from __future__ import annotations

import os
import random
import resource
import time
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from liandao.settings import Settings
from tests.crash.trial import in_child
from tests.soak.bureau import FAULTY, bring, live, make, serving
from warehouse.audit import audit

NIGHTS = int(os.environ.get("SOAK_NIGHTS", "10"))
CRASHES = 2
SEED = int(os.environ.get("SOAK_SEED", "20261130"))
EARLY = min(5, NIGHTS - 1)
"""From this night on memory and disk are held against that of the last."""
GROWTH = 1.25
KEY = b"k" * 32
CONTENT = ("core_", "fact_", "dim_", "link_person", "link_matter", "mart_")


def night(settings: Settings) -> dict[str, Any]:
    """Live a night; how it went, and the most memory that it took (MiB)."""
    failed = live(settings)
    return {"failed": failed, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def rows(home: Path) -> dict[str, list[str]]:
    """What readers see, table by table, without ids of batches and runs, by an engine of its own. Of the figures what
    depends on which night brought a row is none."""
    folder, found = home / "published" / (home / "published" / "current").readlink(), {}
    for tier in ("vault", "warehouse"):
        with duckdb.connect(str(folder / f"{tier}.duckdb"), read_only=True) as con:
            con.execute("SET TimeZone = 'Asia/Shanghai'")
            for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                if not name.startswith(CONTENT) or "_event" in name.removeprefix("core_usage_event"):
                    continue
                held = con.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [name]).fetchall()
                kept = [c for (c,) in held if c not in ("batch_id", "landed_row", "run_id")]
                columns = ", ".join(f'"{c}"' for c in kept)
                table = con.execute(f'SELECT {columns} FROM "{name}"').to_arrow_table()
                found[name] = sorted(map(repr, table.to_pylist()))
    return found


def sizes(home: Path) -> dict[str, int]:
    """Files by room."""
    rooms = ("conformed", "quality", "published", "attempts", "locks", "landing")
    return {room: sum(1 for p in (home / room).rglob("*") if p.is_file()) for room in rooms}


@pytest.mark.parametrize("nights", [NIGHTS])
def test_stormy_nights_end_as_quiet_ones(tmp_path: Path, nights: int) -> None:
    chance, told, memory, disk = random.Random(SEED), [], [], []  # noqa: S311
    with serving(0.0, SEED) as calm, serving(FAULTY, SEED) as shop:
        quiet, stormy = make(tmp_path / "quiet", calm, KEY), make(tmp_path / "stormy", shop, KEY)
        bring(quiet, calm, 0)
        night(quiet)  # in this process: what it imports and compiles, its children are born with
        for number in range(nights):
            if number:
                bring(quiet, calm, number)
            bring(stormy, shop, number)
            started = time.monotonic()
            calm_night = in_child(partial(night, quiet))
            seconds = time.monotonic() - started
            assert (calm_night.status, calm_night.told["failed"]) == (0, []), calm_night
            kills = [in_child(partial(night, stormy), kill_after=chance.uniform(0.0, seconds)) for _ in range(CRASHES)]
            last = in_child(partial(night, stormy))
            assert last.status == 0, last
            told.append((sum(k.killed for k in kills), last.told["failed"]))
            memory.append(last.told["mib"])
            disk.append(sizes(stormy.home))
        shop.faulty = 0.0
        assert in_child(partial(night, stormy)).told["failed"] == []
    crashes, failed = sum(n for n, _ in told), sum(bool(f) for _, f in told)
    print(  # noqa: T201 - what was lived is to be read, not only that it passed
        f"\nseed {SEED}: {nights} nights, {crashes} kills, {shop.faults} faulty of {shop.requests} requests,"
        f" {failed} nights with a platform missing; MiB {memory[EARLY]:.0f} -> {memory[-1]:.0f};"
        f" files {disk[EARLY]} -> {disk[-1]}"
    )
    assert crashes > nights
    assert shop.faults
    assert audit(stormy.home) == []
    calm_rows, stormy_rows = rows(quiet.home), rows(stormy.home)
    differing = [name for name in calm_rows if calm_rows[name] != stormy_rows.get(name)]
    assert differing == []
    assert sum(map(len, calm_rows.values())) > 15 * nights
    assert memory[-1] <= memory[EARLY] * GROWTH
    for room in ("conformed", "quality", "published", "attempts", "locks"):
        assert max(d[room] for d in disk[EARLY:]) <= max(d[room] for d in disk[: EARLY + 1]) * GROWTH, room
