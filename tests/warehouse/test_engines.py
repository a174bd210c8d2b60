"""DuckDB and PostgreSQL hold the same; PostgreSQL keeps analysts out of the vault and switches in one step."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import psycopg
import pytest

from loopback.postgresql import PostgresServer
from schemas.catalogue import PROGRAM_TABLES
from schemas.errors import StoreError
from tests.warehouse.batches import Batch, sample, usage
from tests.warehouse.conftest import new_database
from tests.warehouse.generation import build_up, grow, in_child, publish_and_die
from warehouse import places, postgres, reader
from warehouse.build import reopen_build
from warehouse.checksum import table_checksums
from warehouse.publish import Published, publish
from warehouse.state import published_batches


def schemas_of(url: str) -> set[str]:
    with psycopg.connect(url) as con:
        rows = con.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^(vault|warehouse)'").fetchall()
    return {name for (name,) in rows}


def assert_one_generation(url: str) -> None:
    """Views, and behind them the tables of one generation: no copy half made, none of before."""
    tiers = sorted(name.partition("_")[0] for name in schemas_of(url) - {"vault", "warehouse"})
    assert tiers == ["vault", "warehouse"]


@pytest.fixture(scope="module")
def ready(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Published]:
    """A home with one generation in both stores and the next one built; copy both before changing them."""
    home, url = tmp_path_factory.mktemp("ready"), new_database(server)
    first = grow(home, "r1", sample().write(home), sample("beta", "b1b").write(home), warehouse_url=url)
    build_up(home, "r2", Batch("alpha", "b2", {"usage": [usage("u9", "a")]}).write(home))
    return home, url, first


def test_every_table_is_equal(ready: tuple[Path, str, Published]) -> None:
    home, database, published = ready
    held = postgres.checksums(database)
    assert held == published.tables
    assert set(held) == set(PROGRAM_TABLES) - {"ctl_run", "ctl_run_step"}
    assert not held["fact_entry"].startswith("0:")
    with reader.postgres(database) as con, reader.connect(home) as file:
        text = "SELECT generation, run_id, checksum FROM warehouse.ctl_run"
        assert con.execute(text).fetchall() == file.execute(text).fetchall()


def test_analysts_read_the_warehouse_and_nothing_else(ready: tuple[Path, str, Published]) -> None:
    with psycopg.connect(ready[1], autocommit=True) as con:
        con.execute(f"SET ROLE {postgres.ANALYST}")
        assert con.execute("SELECT count(*) FROM warehouse.fact_form").fetchone() == (4,)
        for text in (
            "SELECT * FROM vault.core_form",
            "DELETE FROM warehouse.fact_form",
            "CREATE TABLE warehouse.mine (a int)",
            "DROP VIEW warehouse.fact_form",
            "SELECT * FROM vault.link_person_record",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                con.execute(text)
    with reader.postgres(ready[1]) as con, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        con.execute("DELETE FROM warehouse.fact_form")


@pytest.mark.parametrize(
    ("step", "after"), [("_copy", False), ("_ingest", True), ("switch", False), ("switch", True)]
)
def test_killed_on_the_way_it_catches_up(
    home: Path, server: PostgresServer, ready: tuple[Path, str, Published], step: str, after: bool
) -> None:
    shutil.copytree(ready[0], home, symlinks=True, dirs_exist_ok=True)
    database = new_database(server, template=ready[1])
    assert in_child(publish_and_die_at, home, database, step, after) == -9
    assert published_batches(home) == {"b1", "b1b", "b2"}, "the file warehouse decides, and it is published"
    switched = (step, after) == ("switch", True)
    assert (postgres.checksums(database) != ready[2].tables) == switched
    assert postgres.follow(home, database) == 2
    with reader.connect(home) as con:
        assert postgres.checksums(database) == table_checksums(con)
    assert_one_generation(database)


def publish_and_die_at(home: Path, url: str, step: str, after: bool) -> None:
    """Spawned: a kill inside ``postgres.follow``."""
    publish_and_die(home, "r2", "postgres", step, after=after, url=url)


def test_a_polling_reader_sees_whole_generations(home: Path, database: str) -> None:
    first = Batch("alpha", "b0", {"usage": [usage("u-1", "a"), usage("u0", "a")]})
    grow(home, "r0", first.write(home), warehouse_url=database)
    torn: list[tuple[int, ...]] = []
    seen: set[int] = set()
    done = threading.Event()

    def poll() -> None:
        text = "SELECT max(generation), (SELECT count(*) FROM warehouse.fact_usage) FROM warehouse.ctl_run"
        with psycopg.connect(database, autocommit=True) as con:
            while not done.is_set():
                found = con.execute(text).fetchone()
                assert found is not None
                seen.add(found[0])
                if found[0] + 1 != found[1]:
                    torn.append(found)
                time.sleep(0.002)

    polling = threading.Thread(target=poll)
    polling.start()
    for number in range(1, 3):
        pair = Batch("alpha", f"b{number}", {"usage": [usage(f"u{number}", "a")]}).write(home)
        grow(home, f"r{number}", pair, warehouse_url=database)
    done.set()
    polling.join()
    assert torn == []
    assert seen == {1, 2, 3}
    with reader.connect(home) as con:
        assert postgres.checksums(database) == table_checksums(con)
    assert postgres.follow(home, database) == 3, "following again changes nothing"
    assert_one_generation(database)


def test_somebody_elses_schema_is_left_alone(home: Path, database: str, ready: tuple[Path, str, Published]) -> None:
    shutil.copytree(ready[0], home, symlinks=True, dirs_exist_ok=True)
    with psycopg.connect(database, autocommit=True) as con:
        con.execute("CREATE SCHEMA warehouse")
        con.execute("CREATE TABLE warehouse.theirs (a int)")
    with pytest.raises(StoreError, match="not Liandao's"), reopen_build(home, "r2") as build:
        publish(build, warehouse_url=database)
    assert places.current_generation(home) == 2, "the file warehouse is published all the same"
    with psycopg.connect(database) as con:
        assert con.execute("SELECT count(*) FROM warehouse.theirs").fetchone() == (0,)


def test_a_server_that_is_not_there(ready: tuple[Path, str, Published]) -> None:
    with pytest.raises(StoreError, match="refused"):
        postgres.follow(ready[0], "postgresql://nobody@127.0.0.1:1/none")
