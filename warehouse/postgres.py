"""The PostgreSQL store: the published generation again, for readers who need a server and roles.

``follow`` copies the generation that ``published/current`` names into schemas of its own (``vault_g7``,
``warehouse_g7``), which nobody reads, and then renames them to ``vault`` and ``warehouse`` in one transaction. It
may be killed anywhere and called again: a half-made copy is dropped and made anew, a finished switch is recognised
by the run it carries.

Role ``liandao_analyst`` (no login; grant it to people) reads the warehouse tier and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from schemas import ddl
from schemas.catalogue import tables, tables_of
from schemas.columns import ZONE, Tier, table_meta
from schemas.errors import StoreError
from warehouse import places, reader
from warehouse.checksum import table_checksums
from warehouse.queries import guarded, query

ANALYST = "liandao_analyst"
LOCK_KEY = 43_132_027
"""Advisory lock: one copy at a time in a database."""
BATCH_ROWS = 100_000
DROP_TIMEOUT = "2s"


def follow(home: Path, url: str) -> int:
    """Bring the store at ``url`` up to the published generation; returns its number. Does nothing when it is there
    already.

    Raises StoreError when the server can't be reached, another copy is under way, or a schema in the way is not ours.
    """
    generation = places.current_generation(home)
    if generation is None:
        raise reader.nothing_published(home)
    with reader.connect(home) as source, _connected(url) as con, guarded("copy into PostgreSQL", "liandao run"):
        _require_ours(con)
        if _held_run(con) != _published_run(source, generation):
            _copy(source, con, url, generation)
            _switch(con, generation)
        _drop_others(con)
    return generation


def checksums(url: str) -> dict[str, str]:
    """Content checksums of the store's tables, made by the statement that sums the file warehouse."""
    con = duckdb.connect(":memory:")
    con.execute(f"SET TimeZone = '{ZONE}'")
    con.execute("SET enable_progress_bar = false")
    for tier in Tier:
        con.execute(f"ATTACH ':memory:' AS {tier.value}")
    with dbapi.connect(url) as store, store.cursor() as cursor, guarded("PostgreSQL content"):
        for tab in tables().values():
            con.execute(ddl.create_table(tab))
            cursor.execute(query("select_rows", table=ddl.qualified(tab), columns=ddl.column_list(tab)))
            con.register("pulled", cursor.fetch_record_batch())
            text = query("insert_rows", table=ddl.qualified(tab), columns=ddl.column_list(tab), source="pulled")
            con.execute(text)
        return table_checksums(con)


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        con = psycopg.connect(url, autocommit=True)
    except psycopg.Error as error:
        raise _refused(error) from None
    with con:
        row = con.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
        if row != (True,):
            raise StoreError("another copy into this database is under way", where="LIANDAO_WAREHOUSE")
        try:
            yield con
        except psycopg.Error as error:
            raise _refused(error) from None


def _refused(error: psycopg.Error) -> StoreError:
    return StoreError(
        "the PostgreSQL store refused",
        where="LIANDAO_WAREHOUSE",
        found=f"{type(error).__name__} {error.sqlstate or ''}".strip(),
        next_step="check the server, the address and the rights of its user; the file warehouse is published",
    )


def _require_ours(con: psycopg.Connection[Any]) -> None:
    """A schema called vault or warehouse that holds no table of ours belongs to somebody else."""
    for tier in Tier:
        row = con.execute(
            "SELECT count(*), count(*) FILTER (WHERE table_name = ANY(%s)) FROM information_schema.tables"
            " WHERE table_schema = %s",
            [[t.name for t in tables_of(tier)], tier.value],
        ).fetchone()
        if row is not None and row[0] and not row[1]:
            raise StoreError(
                "a schema in the way is not Liandao's",
                where=f"schema {tier.value}",
                next_step="give Liandao a database of its own",
            )


def _held_run(con: psycopg.Connection[Any]) -> str | None:
    row = con.execute("SELECT to_regclass('warehouse.ctl_run')").fetchone()
    if row is None or row[0] is None:
        return None
    held = con.execute("SELECT run_id FROM warehouse.ctl_run ORDER BY generation DESC LIMIT 1").fetchone()
    return held[0] if held else None


def _published_run(source: duckdb.DuckDBPyConnection, generation: int) -> str | None:
    row = source.execute("SELECT run_id FROM warehouse.ctl_run WHERE generation = ?", [generation]).fetchone()
    return row[0] if row else None


def _schema(tier: Tier, generation: int) -> str:
    return f"{tier.value}_g{generation}"


def _copy(source: duckdb.DuckDBPyConnection, con: psycopg.Connection[Any], url: str, generation: int) -> None:
    con.execute(query("analyst_role", role=ANALYST))
    for tier in Tier:
        schema = _schema(tier, generation)
        con.execute(f"DROP SCHEMA IF EXISTS {ddl.identifier(schema)} CASCADE")
        con.execute(f"CREATE SCHEMA {ddl.identifier(schema)}")
        con.execute("; ".join(text for tab in tables_of(tier) for text in _definition(tab, schema)))
        _ingest(source, url, tables_of(tier), schema)
        _index(con, tables_of(tier), schema)
        con.execute(query(f"rights_{tier.value}", schema=ddl.identifier(schema), role=ANALYST))


def _ingest(source: duckdb.DuckDBPyConnection, url: str, tables: list[Table], schema: str) -> None:
    """Stream the tables through Arrow into binary COPY; one transaction for all of them."""
    try:
        with dbapi.connect(url) as store, store.cursor() as cursor:
            for tab in tables:
                text = query("select_rows", table=ddl.qualified(tab), columns=ddl.column_list(tab))
                rows = source.execute(text).to_arrow_reader(BATCH_ROWS)
                cursor.adbc_ingest(tab.name, rows, mode="append", db_schema_name=schema)
            store.commit()
    except dbapi.Error as error:
        raise StoreError(
            "the PostgreSQL store refused rows",
            where=schema,
            found=f"{type(error).__name__} {getattr(error, 'sqlstate', '') or ''}".strip(),
            next_step="check the server's disk and log; the file warehouse is published",
        ) from None


def _definition(tab: Table, schema: str) -> list[str]:
    return [ddl.create_table(tab, schema), *ddl.comments(tab, schema)]


def _index(con: psycopg.Connection[Any], tables: list[Table], schema: str) -> None:
    """Index the keys, once rows are in, and let the planner know the tables."""
    texts = []
    for tab in tables:
        name, key = ddl.qualified(tab, schema), ", ".join(map(ddl.identifier, table_meta(tab).key))
        texts += [f"CREATE UNIQUE INDEX ON {name} ({key})", f"ANALYZE {name}"]
    con.execute("; ".join(texts))


def _switch(con: psycopg.Connection[Any], generation: int) -> None:
    """Rename the new schemas into place; readers see the old ones or the new ones."""
    with con.transaction():
        for tier in Tier:
            old = ddl.identifier(f"{tier.value}_before_g{generation}")
            if con.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [tier.value]).fetchone():
                con.execute(f"ALTER SCHEMA {tier.value} RENAME TO {old}")
            con.execute(f"ALTER SCHEMA {ddl.identifier(_schema(tier, generation))} RENAME TO {tier.value}")


def _drop_others(con: psycopg.Connection[Any]) -> None:
    """Drop earlier generations and half-made copies; one that a long query still reads is left for the next time."""
    rows = con.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^(vault|warehouse)(_before)?_g[0-9]+$'")
    for (name,) in rows.fetchall():
        try:
            with con.transaction():
                con.execute(f"SET LOCAL lock_timeout = '{DROP_TIMEOUT}'")
                con.execute(f"DROP SCHEMA {ddl.identifier(name)} CASCADE")
        except psycopg.errors.LockNotAvailable:
            continue
