"""The views of the PostgreSQL store: what people read, and may build upon, whatever generation is behind.

``vault`` and ``warehouse`` hold one view for each table. To show another generation they are replaced, all in one
transaction, so that a statement sees one generation. Nothing of anybody else is dropped: grants on the views and views
that stand on them stay. Where a column has gone or changed its type and somebody's view stands on it, the switch is
refused with the name of that view, and readers keep the generation before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count
from time import monotonic, sleep
from typing import Any

import psycopg
from sqlalchemy import Table

from schemas import ddl
from schemas.catalogue import tables_of
from schemas.columns import Tier
from schemas.errors import StoreError
from warehouse.queries import query

ANALYST = "liandao_analyst"
LOCK_TIMEOUT = "400ms"
"""Shorter than the second after which the server looks for deadlocks: whoever waits for whom, no reader is ended."""
PATIENCE = 300.0
"""Seconds for which a switch is tried while queries hold the views; between two attempts everybody reads on."""
DROP_TIMEOUT = "2s"
GENERATIONS = "^(vault|warehouse)(_before)?_g[0-9]+(_[0-9a-z]+)?$"
Cursor = psycopg.Connection[Any]


def switch(con: Cursor, schemas: Mapping[Tier, str], patience: float = PATIENCE) -> None:
    """Let the views show the tables of these schemas, in one transaction. Raises StoreError when a view of somebody
    else stands in the way, or queries hold the views for longer than ``patience`` seconds."""
    until = monotonic() + patience
    while True:
        try:
            with con.transaction():
                con.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                _replace(con, schemas)
            return
        except psycopg.errors.LockNotAvailable:
            if monotonic() > until:
                raise _held_by_readers(con) from None
            sleep(0.05)


def _replace(con: Cursor, schemas: Mapping[Tier, str]) -> None:
    for tier in Tier:
        _make_room(con, tier)
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {tier.value}")
    con.execute(f"GRANT USAGE ON SCHEMA {Tier.WAREHOUSE.value} TO {ANALYST}")
    held = {tier: _columns(con, tier.value) for tier in Tier}
    views = [f"{tier.value}.{ddl.identifier(name)}" for tier in Tier for name in sorted(held[tier])]
    if views:
        con.execute(f"LOCK TABLE {', '.join(views)} IN ACCESS EXCLUSIVE MODE")
    for tier, schema in schemas.items():
        declared = {tab.name: tab for tab in tables_of(tier)}
        for name in held[tier].keys() - declared.keys():
            _drop_view(con, tier, name)
        wanted = _columns(con, schema)
        for name, tab in declared.items():
            _show(con, tier, tab, schema, held[tier].get(name), wanted[name])


def _make_room(con: Cursor, tier: Tier) -> None:
    """Earlier versions kept the tables themselves where the views are now."""
    text = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
    if con.execute(text, [tier.value]).fetchone():
        names = {name for (name,) in con.execute("SELECT nspname FROM pg_namespace").fetchall()}
        free = next(f"{tier.value}_before_g{n}" for n in count() if f"{tier.value}_before_g{n}" not in names)
        con.execute(f"ALTER SCHEMA {tier.value} RENAME TO {free}")


def _columns(con: Cursor, schema: str) -> dict[str, list[tuple[str, str]]]:
    """Table or view of ours -> names and types of its columns, in order."""
    rows = con.execute(query("postgres_columns"), [schema]).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        found.setdefault(table, []).append((column, kind))
    ours = {tab.name for tier in Tier for tab in tables_of(tier)} | _views_of_ours(con, schema)
    return {table: columns for table, columns in found.items() if table in ours}


def _views_of_ours(con: Cursor, schema: str) -> set[str]:
    """Views of tables that a project declared once: they show a schema of a generation."""
    return {name for (name,) in con.execute(query("postgres_views_of_ours"), [schema, GENERATIONS]).fetchall()}


def _show(
    con: Cursor, tier: Tier, tab: Table, schema: str, before: list[tuple[str, str]] | None, now: list[tuple[str, str]]
) -> None:
    """One view. PostgreSQL replaces a view only where columns are added at its end; else it is made anew, with the
    grants that it had."""
    grants: list[str] = []
    if before is not None and now[: len(before)] != before:
        grants = [text for (text,) in con.execute(query("postgres_grants"), [tier.value, tab.name]).fetchall()]
        _drop_view(con, tier, tab.name)
    view = ddl.qualified(tab, tier.value)
    columns = ", ".join(ddl.identifier(name) for name, _ in now)
    con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {columns} FROM {ddl.qualified(tab, schema)}")  # noqa: S608
    if now != before:
        con.execute("; ".join([*_comments(tab, tier), *grants]))
    if before is None and tier is Tier.WAREHOUSE:  # nobody but its owner reads the vault
        con.execute(f"GRANT SELECT ON {view} TO {ANALYST}")


def _comments(tab: Table, tier: Tier) -> Iterator[str]:
    for text in ddl.comments(tab, tier.value):
        yield text.replace("COMMENT ON TABLE", "COMMENT ON VIEW", 1)


def _drop_view(con: Cursor, tier: Tier, name: str) -> None:
    try:
        con.execute(f"DROP VIEW {tier.value}.{ddl.identifier(name)}")
    except psycopg.errors.DependentObjectsStillExist as error:
        names = (error.diag.message_detail or "").splitlines()
        raise StoreError(
            "a view of somebody else stands on columns that have changed",
            where=f"{tier.value}.{name}",
            expected="nothing but Liandao's own on it",
            found="; ".join(names)[:400],
            next_step="let its owner drop it, then: liandao run; readers keep the generation before",
        ) from None


def _held_by_readers(con: Cursor) -> StoreError:
    rows = con.execute(query("postgres_holders"), [[tier.value for tier in Tier]]).fetchall()
    return StoreError(
        "queries hold the views, so that they can't show the new generation",
        where="LIANDAO_WAREHOUSE",
        found=", ".join(f"process {pid} of {user} since {since:%H:%M}" for pid, user, since in rows)[:400],
        next_step="end those transactions; the next run catches up",
    )


def drop_others(con: Cursor, kept: Collection[str]) -> None:
    """Drop earlier generations and half-made copies. One that a long query still reads, or that somebody has built
    upon, is left for the next time."""
    rows = con.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ %s", [GENERATIONS])
    for (name,) in rows.fetchall():
        if name in kept:
            continue
        try:
            with con.transaction():
                con.execute(f"SET LOCAL lock_timeout = '{DROP_TIMEOUT}'")
                tables = con.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [name]).fetchall()
                if tables:
                    listed = ", ".join(f"{ddl.identifier(name)}.{ddl.identifier(table)}" for (table,) in tables)
                    con.execute(f"DROP TABLE {listed}")
                con.execute(f"DROP SCHEMA {ddl.identifier(name)}")
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist):
            continue
