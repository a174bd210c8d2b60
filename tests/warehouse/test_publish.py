"""Publishing is one step that readers can see: all of a generation or none, whenever the publisher is killed."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from schemas.errors import StoreError
from tests.warehouse.batches import Batch, sample, usage
from tests.warehouse.generation import Pair, build_up, grow, in_child, publish_and_die, rows
from warehouse import places, reader, state
from warehouse.build import reopen_build
from warehouse.publish import publish

STEPS = [
    ("check_integrity", False),
    ("_write_run", True),
    ("seal", True),
    ("install", True),
    ("prune", False),
    ("prune", True),
]
"""A step of ``publish`` and whether the kill comes after it."""


def second_batch(home: Path) -> Pair:
    return Batch("alpha", "b2", {"usage": [usage("u4", "acc9"), usage("u1", "acc2", 5)]}).write(home)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one generation published and the next one built; copy it before using it."""
    home = tmp_path_factory.mktemp("ready")
    grow(home, "r1", sample().write(home))
    build_up(home, "r2", second_batch(home))
    return home


@pytest.fixture(scope="module")
def undisturbed(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checksum that two generations end with when nobody is killed."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    shutil.copytree(ready, home, symlinks=True)
    with reopen_build(home, "r2") as build:
        return publish(build).checksum


@pytest.mark.parametrize(("step", "after"), STEPS)
def test_killed_anywhere_and_run_again(home: Path, ready: Path, undisturbed: str, step: str, after: bool) -> None:
    shutil.copytree(ready, home, symlinks=True, dirs_exist_ok=True)
    assert in_child(publish_and_die_at, home, step, after) == -9
    with reader.connect(home) as con:
        last = rows(con, "SELECT max(generation) AS g FROM warehouse.ctl_run")[0]["g"]
        held = rows(con, "SELECT count(*) AS n FROM warehouse.fact_usage")[0]["n"]
    assert (last, held) in {(1, 3), (2, 4)}, "a reader sees one generation whole"
    assert (last == 2) == (step == "prune")
    assert (state.published_batches(home) == {"b1", "b2"}) == (last == 2)
    again = grow(home, "r3", second_batch(home))
    assert (again.generation, again.checksum) == (last + 1, undisturbed)
    kept = sorted(p.name for p in places.published_folder(home).iterdir())
    assert kept == ["current", *(f"g{n:06d}" for n in range(1, last + 2))]
    assert not places.build_folder(home).exists()
    assert {p.name for p in places.generation_folder(home, last + 1).iterdir()} == set(places.FILES.values())


def publish_and_die_at(home: Path, step: str, after: bool) -> None:
    """Spawned: a kill inside ``publish``."""
    publish_and_die(home, "r2", "publish", step, after=after)


def test_a_polling_reader_sees_whole_generations(home: Path) -> None:
    """Generation n holds n + 2 usage rows, in the vault and in the warehouse."""
    first = Batch("alpha", "b0", {"usage": [usage("u-2", "a"), usage("u-1", "a"), usage("u0", "a")]})
    grow(home, "r1", first.write(home))
    seen: set[int] = set()
    torn: list[tuple[int, int, int]] = []
    done = threading.Event()

    def poll() -> None:
        while not done.is_set():
            with reader.connect(home) as con:
                found = con.execute(
                    "SELECT max(generation), (SELECT count(*) FROM warehouse.fact_usage),"
                    " (SELECT count(*) FROM vault.core_usage_event) FROM warehouse.ctl_run"
                ).fetchone()
            assert found is not None
            seen.add(found[0])
            if not found[0] + 2 == found[1] == found[2]:
                torn.append(found)
            time.sleep(0.01)

    polling = threading.Thread(target=poll)
    polling.start()
    for number in range(2, 4):
        grow(
            home, f"r{number}", Batch("alpha", f"b{number}", {"usage": [usage(f"u{number}", "a")]}).write(home), keep=2
        )
    done.set()
    polling.join()
    assert torn == []
    assert len(seen) >= 2, "the reader must have looked while generations changed"
    assert places.generations(home) == [2, 3]


def test_a_reader_keeps_the_generation_it_opened(home: Path, ready: Path) -> None:
    """Through several publications, though its files are gone from the second on."""
    shutil.copytree(ready, home, symlinks=True, dirs_exist_ok=True)
    with reader.connect(home) as con:
        with reopen_build(home, "r2") as build:
            publish(build, keep=1)
        for number in (3, 4):
            batch = Batch("alpha", f"b{number}", {"usage": [usage(f"n{number}", "a")]})
            grow(home, f"r{number}", batch.write(home), keep=1)
            assert rows(con, "SELECT count(*) AS n FROM warehouse.fact_usage") == [{"n": 3}]
            assert rows(con, "SELECT max(generation) AS g FROM warehouse.ctl_run") == [{"g": 1}]
        assert places.generations(home) == [4]


def test_the_vault_is_for_its_owner_alone(home: Path, ready: Path) -> None:
    shutil.copytree(ready, home, symlinks=True, dirs_exist_ok=True)
    assert places.build_folder(home).stat().st_mode & 0o777 == 0o700
    with reopen_build(home, "r2") as build:
        publish(build)
    folder = places.generation_folder(home, 2)
    assert (folder / "vault.duckdb").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o777 == 0o755


def test_the_same_input_has_the_same_checksum(home: Path, undisturbed: str) -> None:
    """Other run ids, and both batches in one generation instead of two."""
    published = grow(home, "other", sample().write(home), second_batch(home))
    assert published.checksum == undisturbed


BROKEN = [
    ("INSERT INTO vault.core_form SELECT * FROM vault.core_form", "core_form: 2 key"),
    ("DELETE FROM warehouse.fact_usage WHERE source_key = 'u1'", "fact_usage: 2 rows for 3"),
    ("DELETE FROM warehouse.link_person", "person record without a person"),
    ("INSERT INTO warehouse.link_matter VALUES ('nobody', 'm', NULL, NULL, NULL)", "matter link without its case"),
    ("UPDATE vault.core_entry_event SET record_id = 'nobody'", "entry event without its form"),
]


@pytest.mark.parametrize(("damage", "told"), BROKEN)
def test_a_broken_generation_is_not_published(loaded: Path, damage: str, told: str) -> None:
    with reopen_build(loaded, "r1") as build:
        build.con.begin()
        build.con.execute(damage)
        with pytest.raises(StoreError) as caught:
            publish(build)
        build.con.rollback()
    assert told in caught.value.found
    assert not reader.is_published(loaded)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a build ready to be published."""
    home = tmp_path_factory.mktemp("loaded")
    build_up(home, "r1", sample().write(home))
    return home
