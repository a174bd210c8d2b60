"""The PostgreSQL store: the published generation again, for readers who need a server and roles.

``follow`` copies the generation that ``published/current`` names into schemas of its own (``vault_g7_3fa1``,
``warehouse_g7_3fa1``), which nobody reads, and then lets the views of the schemas ``vault`` and ``warehouse`` show them
(:mod:`warehouse.postgres_views`). The views stay from one generation to the next, and so do grants on them and views of
other people that stand on them. It may be killed anywhere and called again: a half-made copy is dropped and made anew,
a finished switch is recognised by the run it carries.

Role ``liandao_analyst`` (no login; grant it to people) reads the warehouse tier and nothing else.
"""

from __future__ import annotations

import os
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
from warehouse.postgres_views import ANALYST, drop_others, switch
from warehouse.queries import guarded, query

LOCK_KEY = 43_132_027
"""Advisory lock: one copy at a time in a database."""
BATCH_ROWS = 100_000
CONNECT_S = 10
"""Seconds for a server to answer at all; without it a silent one would hold the run for ever."""
TAKE_OVER = "LIANDAO_TAKE_OVER"
"""Set to let this home publish over what another one did, as after a restore of an older backup."""


def follow(home: Path, url: str) -> int:
    """Bring the store at ``url`` up to the published generation; returns its number. Does nothing when it is there
    already.

    Raises StoreError when the server can't be reached, another copy is under way, a schema in the way is not ours,
    another home publishes there, or readers hold the views for too long.
    """
    generation = places.current_generation(home)
    if generation is None:
        raise reader.nothing_published(home)
    with reader.connect(home) as source, _connected(url) as con, guarded("copy into PostgreSQL", "liandao run"):
        _require_ours(con)
        held, run_id = _held_run(con), _published_run(source, generation)
        schemas = {tier: f"{tier.value}_g{generation}_{run_id[-4:]}" for tier in Tier}
        if held != run_id:
            _require_own_home(con, source, home, held)
            _copy(source, con, url, schemas)
            switch(con, schemas)
        drop_others(con, schemas.values())
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
        con = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)
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


def _published_run(source: duckdb.DuckDBPyConnection, generation: int) -> str:
    row = source.execute("SELECT run_id FROM warehouse.ctl_run WHERE generation = ?", [generation]).fetchone()
    return str(row[0]) if row else ""


def _require_own_home(
    con: psycopg.Connection[Any], source: duckdb.DuckDBPyConnection, home: Path, held: str | None
) -> None:
    """What is in the store came from this home: it was made with its key, by a run that the home knows. A copy of the
    home, as for a test, has the same key and knows nothing of the runs since."""
    if held is None or os.environ.get(TAKE_OVER):
        return
    text = "SELECT value FROM warehouse.ctl_setting WHERE name = 'key_fingerprint'"
    keys = [store.execute(text).fetchone() for store in (con, source)]
    known = source.execute("SELECT 1 FROM warehouse.ctl_run WHERE run_id = ?", [held]).fetchone()
    if keys[0] == keys[1] and (known or places.receipt_path(home, held).exists()):
        return
    raise StoreError(
        "another home publishes into this database",
        where="LIANDAO_WAREHOUSE",
        expected="what this home published",
        found=f"run {held}",
        next_step=f"give each home a database of its own; after a restore: {TAKE_OVER}=1 liandao run",
    )


def _copy(source: duckdb.DuckDBPyConnection, con: psycopg.Connection[Any], url: str, schemas: dict[Tier, str]) -> None:
    con.execute(query("analyst_role", role=ANALYST))
    for tier, schema in schemas.items():
        con.execute(f"DROP SCHEMA IF EXISTS {ddl.identifier(schema)} CASCADE")  # half made: nobody could build on it
        con.execute(f"CREATE SCHEMA {ddl.identifier(schema)}")
        con.execute(f"REVOKE ALL ON SCHEMA {ddl.identifier(schema)} FROM PUBLIC")
        con.execute("; ".join(ddl.create_table(tab, schema) for tab in tables_of(tier)))
        _ingest(source, url, tables_of(tier), schema)
        _index(con, tables_of(tier), schema)


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


def _index(con: psycopg.Connection[Any], tables: list[Table], schema: str) -> None:
    """Index the keys, once rows are in, and let the planner know the tables."""
    texts = []
    for tab in tables:
        name, key = ddl.qualified(tab, schema), ", ".join(map(ddl.identifier, table_meta(tab).key))
        texts += [f"CREATE UNIQUE INDEX ON {name} ({key})", f"ANALYZE {name}"]
    con.execute("; ".join(texts))
