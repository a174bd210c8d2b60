"""What people built on the PostgreSQL store stays: grants, views of their own, queries that are under way."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from loopback.postgresql import PostgresServer
from schemas.errors import StoreError
from tests.warehouse.batches import Batch, sample, usage
from tests.warehouse.conftest import new_database
from tests.warehouse.generation import grow
from tests.warehouse.test_engines import assert_one_generation, schemas_of
from warehouse import places, postgres, postgres_views, reader
from warehouse.checksum import table_checksums

COUNT = "SELECT count(*) FROM warehouse.fact_usage"
DASHBOARD = f"CREATE VIEW bi.usage AS {COUNT}"


@pytest.fixture(scope="module")
def prepared(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with one generation in both stores; copy both before changing them."""
    home, url = tmp_path_factory.mktemp("prepared"), new_database(server)
    grow(home, "r1aaa1", sample().write(home), warehouse_url=url)
    return home, url


@pytest.fixture
def store(home: Path, server: PostgresServer, prepared: tuple[Path, str]) -> tuple[Path, str]:
    shutil.copytree(prepared[0], home, symlinks=True, dirs_exist_ok=True)
    return home, new_database(server, template=prepared[1])


def next_night(home: Path, url: str, number: int) -> None:
    rows = [usage(f"n{number}", "a")]
    grow(home, f"r{number}aaa{number}", Batch("alpha", f"b{number}", {"usage": rows}).write(home), warehouse_url=url)


def value(url: str, text: str, role: str = "") -> object:
    with psycopg.connect(url, autocommit=True) as con:
        if role:
            con.execute(f"SET ROLE {role}")
        row = con.execute(text).fetchone()
        return row[0] if row else None


def test_a_dashboard_and_its_grants_outlive_generations(store: tuple[Path, str]) -> None:
    home, url = store
    before = value(url, COUNT)
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("DO $$ BEGIN CREATE ROLE dashboards; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        con.execute("CREATE SCHEMA bi")
        con.execute(DASHBOARD)
        con.execute("GRANT USAGE ON SCHEMA bi, warehouse TO dashboards; GRANT SELECT ON bi.usage TO dashboards")
        con.execute("GRANT SELECT ON warehouse.dim_platform TO dashboards")
    for number in (2, 3):
        next_night(home, url, number)
    assert value(url, "SELECT * FROM bi.usage", "dashboards") == before + 2  # type: ignore[operator]
    assert value(url, "SELECT count(*) FROM warehouse.dim_platform", "dashboards") is not None
    assert_one_generation(url)
    with reader.connect(home) as con:
        assert postgres.checksums(url) == table_checksums(con)


def test_a_view_in_the_way_of_a_change_is_named_and_nothing_is_dropped(store: tuple[Path, str]) -> None:
    """The view was made when the table had another column: it stands on what the new generation has no more."""
    home, url = store
    with psycopg.connect(url, autocommit=True) as con:
        columns = con.execute("SELECT pg_get_viewdef('warehouse.fact_usage'::regclass)").fetchone()
        assert columns is not None
        con.execute("CREATE SCHEMA bi")
        con.execute("CREATE VIEW bi.usage AS SELECT count(*) AS usages FROM warehouse.fact_usage")
        con.execute("GRANT SELECT ON warehouse.fact_ticket TO PUBLIC")
    with psycopg.connect(url, autocommit=True) as con:  # as a version with one more column would have left it
        for table in ("fact_usage", "fact_ticket"):
            text = con.execute(f"SELECT pg_get_viewdef('warehouse.{table}'::regclass)").fetchone()
            assert text is not None
            body = text[0].rstrip(";").replace("\n   FROM", ", 1 AS formerly FROM")
            con.execute(f"CREATE OR REPLACE VIEW warehouse.{table} AS {body}")
    with pytest.raises(StoreError, match=r"bi\.usage"):
        next_night(home, url, 2)
    assert value(url, "SELECT usages FROM bi.usage") is not None, "readers keep what they had"
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("DROP VIEW bi.usage")
    assert postgres.follow(home, url) == 2
    grants = "SELECT has_table_privilege('liandao_analyst', 'warehouse.fact_ticket', 'SELECT')"
    assert value(url, grants), "a view that is made anew keeps its grants"
    assert "=r/" in str(value(url, "SELECT relacl FROM pg_class WHERE oid = 'warehouse.fact_ticket'::regclass"))
    assert_one_generation(url)


def test_whoever_holds_the_views_is_named_and_readers_are_never_ended(
    store: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, url = store
    before = value(url, COUNT)
    monkeypatch.setattr(postgres_views.switch, "__defaults__", (1.0,))
    with psycopg.connect(url) as reading:
        assert reading.execute(COUNT).fetchone() == (before,)
        with pytest.raises(StoreError, match=f"process {reading.info.backend_pid} of"):
            next_night(home, url, 2)
        assert reading.execute("SELECT count(*) FROM warehouse.fact_ticket").fetchone() is not None
    assert postgres.follow(home, url) == 2
    assert value(url, COUNT) == before + 1  # type: ignore[operator]


def test_leftovers_of_every_kind_are_cleared_before_they_block(store: tuple[Path, str]) -> None:
    home, url = store
    with psycopg.connect(url, autocommit=True) as con:
        for name in ("vault_before_g2", "warehouse_before_g2", "warehouse_g2", "vault_g2_aaa2"):
            con.execute(f"CREATE SCHEMA {name}; CREATE TABLE {name}.core_form (a int)")
    next_night(home, url, 2)
    assert_one_generation(url)


def test_tables_of_an_earlier_version_make_room(home: Path, server: PostgresServer) -> None:
    url = new_database(server)
    grow(home, "r1aaa1", sample().write(home), warehouse_url=url)
    with psycopg.connect(url, autocommit=True) as con:  # as version 0.1.0 left it: tables, no views
        con.execute("DROP SCHEMA vault CASCADE; DROP SCHEMA warehouse CASCADE")
        for name in schemas_of(url):
            con.execute(f"ALTER SCHEMA {name} RENAME TO {name.partition('_')[0]}")
        con.execute("CREATE SCHEMA warehouse_before_g0")
    next_night(home, url, 2)
    assert_one_generation(url)
    with reader.connect(home) as con:
        assert postgres.checksums(url) == table_checksums(con)


@pytest.mark.parametrize("is_copy", [True, False], ids=["a copy of the home", "a home of its own"])
def test_two_homes_never_publish_into_one_database(
    store: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_copy: bool
) -> None:
    home, url = store
    other = tmp_path / "other"
    if is_copy:
        shutil.copytree(home, other, symlinks=True)
        next_night(home, url, 2)
    else:
        grow(other, "r9aaa9", sample().write(other))
    with pytest.raises(StoreError, match="another home publishes"):
        next_night(other, url, 3)
    assert places.current_generation(other) == 2, "its files are published all the same"
    monkeypatch.setenv("LIANDAO_TAKE_OVER", "1")
    assert postgres.follow(other, url) == 2
    monkeypatch.delenv("LIANDAO_TAKE_OVER")
    with pytest.raises(StoreError, match="another home publishes"):
        postgres.follow(home, url)
