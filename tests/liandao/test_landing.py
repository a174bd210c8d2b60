"""Landing is the truth: whatever else of a home is lost, damaged or cut off, the next run brings it back from there, or
stops and says what is missing. What should be in the warehouse is counted from the sources' own files."""

from __future__ import annotations

import csv
import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from liandao import ingest, steps
from liandao.batches import read_positions, stopped_batches
from liandao.home import new_id
from liandao.settings import Settings, read_settings
from schemas.errors import DamagedFile, KeyLost, LiandaoError, PointerLost, RunInProgress
from schemas.receipts import Gated
from tests.projects import A_WHILE_AGO, LINE, PLATFORM, PLATFORM_FILE, write, write_log, write_project
from tests.warehouse.generation import in_child
from warehouse import places, reader
from warehouse.audit import audit
from warehouse.checksum import overall_checksum, table_checksums
from warehouse.lock import platform_lock
from warehouse.state import read_published

OTHER = "gate_log"
PLATFORMS = (PLATFORM, OTHER)
ROOMS = ("published", "conformed", "quality", "attempts")
SUBSETS = [s for size in range(1, len(ROOMS) + 1) for s in itertools.combinations(ROOMS, size)]
AWAY = [(rooms, (OTHER,)) for rooms in SUBSETS]
"""With a source away: what is lost can't be read from it again."""


def bring(settings: Settings, night: int, platforms: Iterable[str] = PLATFORMS) -> None:
    """Two more rows on each platform."""
    for name in platforms:
        write_log(settings.home / name, f"log_{night}.csv", 2, first=10 * night)
        os.utime(settings.home / name / f"log_{night}.csv", (A_WHILE_AGO, A_WHILE_AGO))


def read(settings: Settings, platforms: Iterable[str] = PLATFORMS) -> list[LiandaoError]:
    """Ingest platforms and judge their line in this process; returns what went wrong."""
    wrong: list[LiandaoError] = []
    for name in platforms:
        try:
            ingest.ingest_platform(settings, name)
        except LiandaoError as error:
            wrong.append(error)
    ingest.gate_line(settings, "grid")
    return wrong


def unify(settings: Settings) -> None:
    """Load, match, measure and publish in this process."""
    run_id = new_id("r")
    for step in (steps.load, steps.match, steps.measure, steps.publish):
        step(settings, run_id)


def night(settings: Settings, number: int) -> None:
    bring(settings, number)
    assert read(settings) == []
    unify(settings)


def in_sources(home: Path) -> Counter[tuple[str, str]]:
    """Platform and id of every row that the platforms ever sent."""
    return Counter(
        (name, row["id"])
        for name in PLATFORMS
        for path in (home / name).glob("log_*.csv")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    )


def in_warehouse(home: Path) -> Counter[tuple[str, str]]:
    with reader.connect(home) as con:
        rows = con.execute("SELECT platform_id, record_id FROM warehouse.fact_usage").fetchall()
    return Counter((platform, record_id.rpartition(":")[2]) for platform, record_id in rows)


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two platforms after two nights; copy it before changing it."""
    root = tmp_path_factory.mktemp("landing") / "bureau"
    write_project(root, endpoints={name: f"file:{name}" for name in PLATFORMS})
    write(root / "sources" / "grid" / "_line.yml", LINE)
    for name in PLATFORMS:
        text = PLATFORM_FILE.replace("endpoint: log", f"endpoint: {name}")
        write(root / "sources" / "grid" / f"{name}.yml", text)
    settings = read_settings(project=root)
    night(settings, 0)
    night(settings, 1)
    return root


@pytest.fixture
def settings(two_nights: Path, tmp_path: Path) -> Settings:
    root = tmp_path / "bureau"
    shutil.copytree(two_nights, root, symlinks=True)
    return read_settings(project=root)


def landed(home: Path) -> list[str]:
    return sorted(p.parent.name for p in (home / "landing").glob("*/*/landed.json"))


@pytest.mark.parametrize(("rooms", "away"), [*AWAY, (ROOMS, ()), (ROOMS[:1], ())], ids=repr)
def test_a_partial_restore_heals_from_landing(
    settings: Settings, rooms: tuple[str, ...], away: tuple[str, ...]
) -> None:
    home, before = settings.home, landed(settings.home)
    for room in rooms:
        shutil.rmtree(home / room)
    sources = in_sources(home)
    for name in away:
        (home / name).rename(home / f"{name} away")
    wrong = read(settings)
    unify(settings)
    assert len(wrong) == len(away)
    assert set(before) <= set(landed(home)), "no run deletes of landing"
    assert in_warehouse(home) == sources
    assert audit(home) == []


def test_what_died_before_its_gate_is_judged_though_its_source_is_away(settings: Settings) -> None:
    home = settings.home
    bring(settings, 2)
    for name in PLATFORMS:
        ingest.ingest_platform(settings, name)
    shutil.rmtree(home / "conformed" / OTHER / landed(home)[-1], ignore_errors=True)
    sources = in_sources(home)
    (home / OTHER).rename(home / "away")
    assert len(read(settings)) == 1
    unify(settings)
    assert in_warehouse(home) == sources


def test_a_run_beside_another_that_publishes_takes_nothing_from_it(settings: Settings) -> None:
    """What `liandao run` stands on was read before Airflow's tasks read, judged and published."""
    home = settings.home
    ground = ingest.read_ground(settings)
    bring(settings, 2)
    assert read(settings) == []
    unify(settings)
    bring(settings, 3)
    for name in PLATFORMS:
        assert ingest.ingest_platform(settings, name, ground).extracted == 2, "only what is new since"
    ingest.gate_line(settings, "grid")
    unify(settings)
    assert in_warehouse(home) == in_sources(home)
    assert audit(home) == []


def test_a_night_without_news_leaves_no_file_and_the_same_content(settings: Settings) -> None:
    home = settings.home

    def kept() -> list[Path]:
        return sorted(p for room in ("landing", "conformed", "quality") for p in (home / room).rglob("*"))

    def content() -> str:
        with reader.connect(home) as con:
            return overall_checksum(table_checksums(con))

    before, held = content(), kept()
    assert read(settings) == []
    unify(settings)
    assert content() == before
    assert set(kept()) < set(held), "what the last night had conformed goes, and nothing comes"
    with reader.connect(home) as con:
        assert con.execute("SELECT count(*) FROM warehouse.ctl_platform_state WHERE is_stale").fetchone() == (0,)


def hold(home: Path, ready: Path) -> None:
    with platform_lock(home, PLATFORM):
        ready.touch()
        os.kill(os.getpid(), 9)


def test_one_run_reads_a_platform_at_a_time(settings: Settings, tmp_path: Path) -> None:
    bring(settings, 2)
    with platform_lock(settings.home, PLATFORM):
        (error,) = read(settings)
        assert isinstance(error, RunInProgress)
        assert str(os.getpid()) in error.found
    assert json.loads((settings.home / "attempts" / f"{PLATFORM}.json").read_text())["ok"], "nobody's failure"
    in_child(hold, settings.home, tmp_path / "ready")
    assert (tmp_path / "ready").exists()
    assert read(settings) == [], "a dead owner's lock is free"
    unify(settings)
    assert in_warehouse(settings.home) == in_sources(settings.home)


def stop(settings: Settings) -> None:
    """What a gate that finds too much wrong says of the newest batches."""
    path = max((settings.home / "quality").glob("grid/*.json"))
    gated = Gated.read(path).to_dict()
    Gated.from_dict(gated | {"passed": False}).write(path)


def test_what_was_read_on_from_a_stopped_batch_is_read_again(settings: Settings) -> None:
    home = settings.home
    bring(settings, 2)
    assert read(settings) == []
    bring(settings, 3)
    ground = ingest.read_ground(settings)
    assert ingest.ingest_platform(settings, PLATFORM, ground).extracted == 2
    stop(settings)  # judged by another run, after that one was read
    ingest.gate_line(settings, "grid")
    unify(settings)
    late = {(name, str(10 * 2 + n)) for name in PLATFORMS for n in range(2)}
    assert not late & set(in_warehouse(home)), "stopped, and no cursor ran ahead of it"
    bring(settings, 4)
    assert read(settings) == []
    unify(settings)
    assert in_warehouse(home) == in_sources(home)
    night(settings, 5)
    assert in_warehouse(home) == in_sources(home)
    assert len(stopped_batches(home)) == 2
    positions = read_positions(home)
    assert positions.cursors == read_published(home).cursors


@pytest.mark.parametrize("damage", [b"", b'{"batch_ids": 3}', b"\xff\xfe"], ids=repr)
@pytest.mark.parametrize("kind", ["conformed", "gate", "attempt"])
def test_a_damaged_receipt_that_can_be_made_again_is(settings: Settings, kind: str, damage: bytes) -> None:
    home = settings.home
    bring(settings, 2)
    assert read(settings) == []
    folder, pattern = {"conformed": ("conformed", "*/*/*.json"), "gate": ("quality", "*/*.json"),
                       "attempt": ("attempts", "*.json")}[kind]  # fmt: skip
    newest = max((home / folder).glob(pattern), key=lambda p: p.stat().st_mtime_ns)
    newest.write_bytes(damage)
    assert read(settings) == []
    unify(settings)
    assert in_warehouse(home) == in_sources(home)
    assert audit(home) == []


def test_a_damaged_landed_receipt_is_its_platforms_failure(settings: Settings) -> None:
    home = settings.home
    bring(settings, 2)
    for name in PLATFORMS:
        ingest.ingest_platform(settings, name)
    receipt = max((home / "landing" / OTHER).glob("*/landed.json"))
    whole = receipt.read_bytes()
    receipt.write_bytes(whole[:40])
    (error,) = read(settings)
    assert isinstance(error, DamagedFile)
    assert error.where == str(receipt)
    unify(settings)
    missing = in_sources(home) - in_warehouse(home)
    assert set(missing) == {(OTHER, "20"), (OTHER, "21")}
    receipt.write_bytes(whole)
    assert read(settings) == []
    unify(settings)
    assert in_warehouse(home) == in_sources(home)


@pytest.mark.parametrize("loss", ["gone", "a folder", "dangling"])
def test_without_a_pointer_nothing_is_swept(settings: Settings, loss: str) -> None:
    link = places.current_link(settings.home)
    target = link.resolve()
    link.unlink()
    if loss == "a folder":
        shutil.copytree(target, link)
    elif loss == "dangling":
        link.symlink_to("g000099")
    for attempt in (lambda: night(settings, 2), lambda: reader.connect(settings.home)):
        with pytest.raises(PointerLost) as caught:
            attempt()
        assert "g000001, g000002" in caught.value.found
    assert target.is_dir()
    assert os.system(caught.value.next_step) == 0  # noqa: S605 - the command that a person is told to run
    night(settings, 2)
    assert in_warehouse(settings.home) == in_sources(settings.home)


def test_a_home_with_data_never_gets_a_new_key(settings: Settings) -> None:
    key = settings.home / "keys" / "hmac.key"
    kept = key.read_bytes()
    key.unlink()
    for rooms in ((), ("published",)):
        for room in rooms:
            (settings.home / room).rename(settings.home / f"{room} away")
        with pytest.raises(KeyLost, match="missing"):
            ingest.read_ground(settings)
        assert not key.exists()
    (settings.home / "published away").rename(settings.home / "published")
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    with pytest.raises(KeyLost, match="not the one"):
        ingest.read_ground(settings)
    key.write_bytes(kept)
    night(settings, 2)
    assert in_warehouse(settings.home) == in_sources(settings.home)
