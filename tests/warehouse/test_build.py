"""A build: who may hold it, what survives a process, what is swept, and how older tables are brought up to date."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from schemas.columns import Tier
from schemas.errors import RunInProgress, StoreError
from tests.warehouse.batches import KEY, sample
from tests.warehouse.generation import build_up, grow, in_child, rows
from warehouse import facts, places, reader
from warehouse import lock as lock_module
from warehouse.build import open_build, reopen_build
from warehouse.checksum import table_checksums
from warehouse.load import load_batches
from warehouse.lock import build_lock
from warehouse.publish import publish


def hold_and_report(home: Path, answer: Path) -> None:
    """Try to open a build that another process holds."""
    lock_module._held.clear()  # what this process inherited is not what it holds
    try:
        open_build(home, "second")
    except RunInProgress as error:
        answer.write_text(error.found, encoding="utf-8")


def load_and_die(home: Path) -> None:
    """Be killed while loading."""
    build = open_build(home, "r2")
    build.con.execute("DELETE FROM vault.core_form")
    os.kill(os.getpid(), 9)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("once")
    grow(home, "r1", sample().write(home))
    return home


@pytest.fixture
def published(home: Path, once: Path) -> Path:
    """A home with one generation, to be changed at will."""
    shutil.copytree(once, home, symlinks=True, dirs_exist_ok=True)
    return home


def published_checksums(home: Path) -> dict[str, str]:
    with reader.connect(home) as con:
        return table_checksums(con)


def test_a_second_process_is_told_who_holds_the_build(home: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    lock = build_lock(home)
    in_child(hold_and_report, home, answer)
    lock.release()
    assert answer.read_text(encoding="utf-8") .startswith(f"process {os.getpid()} on ")


def test_a_second_build_in_the_same_process_is_refused(home: Path) -> None:
    with open_build(home, "r1"), pytest.raises(RunInProgress):
        open_build(home, "r2")
    with open_build(home, "r2"):
        pass


def test_a_loaded_build_is_reopened_by_its_run_alone(home: Path) -> None:
    with open_build(home, "r1") as build:
        load_batches(build, [sample().write(home)])
    with pytest.raises(StoreError, match="no loaded build"):
        reopen_build(home, "r2")
    with reopen_build(home, "r1") as build:
        assert rows(build, "SELECT count(*) AS n FROM vault.core_form") == [{"n": 2}]
        assert build.generation == 1


BEYOND = [
    "SELECT * FROM vault.core_form",
    "SELECT * FROM read_csv('/etc/passwd', header = false)",
    "SELECT * FROM '/etc/hosts.csv'",
    "SELECT * FROM query('SELECT * FROM vault.core_form')",
    "ATTACH '{vault}' AS vault (READ_ONLY)",
    "COPY (SELECT 1) TO '{out}'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SELECT * FROM values_of_this_program",
    "INSTALL httpfs",
]


@pytest.mark.parametrize("sql", BEYOND)
def test_a_sealed_build_reaches_the_warehouse_alone(published: Path, tmp_path: Path, sql: str) -> None:
    build_up(published, "r2")
    values_of_this_program = pa.table({"a": [1]})
    assert values_of_this_program.num_rows == 1
    vault = places.build_folder(published) / places.FILES[Tier.VAULT]
    with reopen_build(published, "r2", sealed=True) as build:
        assert rows(build, "SELECT count(*) AS n FROM warehouse.fact_form") == [{"n": 2}]
        with pytest.raises(duckdb.Error):
            build.con.execute(sql.format(vault=vault, out=tmp_path / "out.csv"))


def test_what_a_sealed_build_wrote_is_published(published: Path) -> None:
    build_up(published, "r2")
    with reopen_build(published, "r2", sealed=True) as build:
        build.con.execute("INSERT INTO warehouse.ctl_setting (name, value) VALUES ('seal', 'kept')")
    with reopen_build(published, "r2") as build:
        publish(build)
    with reader.connect(published) as con:
        assert con.execute("SELECT value FROM warehouse.ctl_setting WHERE name = 'seal'").fetchall() == [("kept",)]


def test_a_failed_load_is_not_gone_on_with(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_build(home, "r1"):
        raise ZeroDivisionError
    with pytest.raises(StoreError, match="no loaded build"):
        reopen_build(home, "r1")


def test_a_build_killed_while_loading_is_swept(published: Path) -> None:
    before = published_checksums(published)
    assert in_child(load_and_die, published) == -9
    with pytest.raises(StoreError):
        reopen_build(published, "r2")
    with open_build(published, "r3") as build:
        core = {name: value for name, value in table_checksums(build.con).items() if name.startswith("core_")}
    assert core == {name: before[name] for name in core}


def test_a_generation_never_published_is_swept(published: Path) -> None:
    orphan = places.generation_folder(published, 2)
    orphan.mkdir()
    with open_build(published, "r2") as build:
        assert build.generation == 2
        assert not orphan.exists()


def test_a_fresh_build_starts_from_nothing(published: Path) -> None:
    with open_build(published, "r2", fresh=True) as build:
        assert build.generation == 2
        assert rows(build, "SELECT count(*) AS n FROM vault.core_form") == [{"n": 0}]
        assert load_batches(build, [sample().write(published)]).counts["inserted"] == 12


def test_steps_may_be_repeated(home: Path) -> None:
    pair = sample().write(home)
    build_up(home, "r1", pair)
    with reopen_build(home, "r1") as build:
        once = table_checksums(build.con)
    build_up(home, "r1", pair)
    with reopen_build(home, "r1") as build:
        assert table_checksums(build.con) == once


def die_between_facts(home: Path) -> None:
    """Be killed when some fact tables are filled and others are not."""
    fill, filled = facts._fill, list[int]()

    def deadly(*words: Any) -> int:
        if len(filled) == 3:
            os.kill(os.getpid(), 9)
        filled.append(fill(*words))
        return filled[-1]

    setattr(facts, "_fill", deadly)  # noqa: B010 - a function is replaced on purpose
    with reopen_build(home, "r1") as build:
        facts.build_facts(build, KEY)


def test_a_step_killed_halfway_is_done_again(home: Path) -> None:
    build_up(home, "r1", sample().write(home))
    with reopen_build(home, "r1") as build:
        undisturbed = table_checksums(build.con)
    assert in_child(die_between_facts, home) == -9
    with reopen_build(home, "r1") as build:
        facts.build_facts(build, KEY)
        assert table_checksums(build.con) == undisturbed


def test_tables_of_an_earlier_version_are_brought_up_to_date(published: Path) -> None:
    folder = places.current_folder(published)
    assert folder is not None
    with duckdb.connect(folder / "vault.duckdb") as old:
        old.execute("ALTER TABLE core_form DROP COLUMN health_code")
        old.execute("ALTER TABLE core_form ADD COLUMN left_over VARCHAR")
        old.execute("CREATE TABLE core_forgotten (a INTEGER)")
    with duckdb.connect(folder / "warehouse.duckdb") as old:
        old.execute("ALTER TABLE ctl_batch DROP COLUMN key_field")
    with open_build(published, "r2") as build:
        columns = [c for c in rows(build, "SELECT * FROM vault.core_form")[0] if c in ("health_code", "left_over")]
        names = {r["table_name"] for r in rows(build, "SELECT table_name FROM duckdb_tables()")}
        batches = rows(build, "SELECT count(*) AS n, count(key_field) AS known FROM warehouse.ctl_batch")
    assert columns == ["health_code"]
    assert not {"core_forgotten", "core_form~"} & names
    assert batches == [{"n": 6, "known": 0}]


def test_a_spoilt_generation_says_so(published: Path) -> None:
    folder = places.current_folder(published)
    assert folder is not None
    (folder / "vault.duckdb").write_bytes(b"spoilt" * 1000)
    with pytest.raises(StoreError, match="can't be carried on"):
        open_build(published, "r2")
    with pytest.raises(StoreError, match="no loaded build"):
        reopen_build(published, "r2")
