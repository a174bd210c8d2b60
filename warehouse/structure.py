"""The tables of a build: made, brought up to the declarations, and the few that are carried over."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlalchemy import Table

from schemas import ddl
from schemas.arrow import arrow_schema
from schemas.catalogue import tables, tables_of
from schemas.columns import Tier, table_meta
from schemas.errors import StoreError
from warehouse.kept import require_kept
from warehouse.queries import query

CONTROL = "ctl_"


def literal(text: str) -> str:
    """A string literal, for the few statements that take no bound value (ATTACH, COPY)."""
    return "'" + text.replace("'", "''") + "'"


def seal(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Shut the engine in with what is attached to it: no other file, no network, no variable of this program, and no
    way to open any of these again. Its own files, their logs and what it spills stay writable."""
    con.execute("SET python_enable_replacements = false")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def prepare(con: duckdb.DuckDBPyConnection, tier: Tier) -> None:
    """Make every declared table of a tier exist as declared: create what is missing, rebuild what differs, drop the
    rest.

    Raises ConfigurationError before anything is touched when that would lose what a project's table holds.
    """
    held = held_columns(con, tier)
    declared = tables_of(tier)
    if tier is Tier.VAULT:
        require_kept(con, held)
    con.begin()  # one flush to disk instead of one per statement
    for name in held.keys() - {t.name for t in declared}:
        con.execute(f"DROP TABLE {tier.value}.{ddl.identifier(name)}")
    for tab in declared:
        if tab.name not in held:
            _create(con, tab)
        elif held[tab.name] != _declared_columns(tab):
            _rebuild(con, tab, set(held[tab.name]))
    con.commit()


def carry_control(con: duckdb.DuckDBPyConnection, previous: Path) -> None:
    """Copy the control tables of the warehouse tier from the published file."""
    con.execute(f"ATTACH {literal(str(previous))} AS previous (READ_ONLY)")
    held = held_columns(con, "previous")
    for tab in tables_of(Tier.WAREHOUSE):
        if tab.name.startswith(CONTROL) and tab.name in held:
            _copy(con, tab, f"previous.{ddl.identifier(tab.name)}", set(held[tab.name]))
    con.execute("DETACH previous")


def replace_table(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> int:
    """Replace the content of one declared table, all or nothing; columns are matched by name and cast to the declared
    types.

    Raises StoreError when a declared column is missing or an undeclared one has come.
    """
    tab = tables()[name]
    declared = [c.name for c in tab.columns]
    if set(rows.column_names) != set(declared):
        raise StoreError(
            "the columns of a result differ from the declared table",
            where=name,
            expected=", ".join(sorted(set(declared) - set(rows.column_names))) or "no further column",
            found=", ".join(sorted(set(rows.column_names) - set(declared))) or "nothing beyond it",
        )
    con.register("incoming_rows", rows.select(declared).cast(arrow_schema(tab)))
    con.begin()  # whoever is cut off between the two statements and tried again reads what was there before
    try:
        con.execute(query("truncate", table=ddl.qualified(tab)))
        columns = ddl.column_list(tab)
        con.execute(query("insert_rows", table=ddl.qualified(tab), columns=columns, source="incoming_rows"))
        con.commit()
    except BaseException:
        with suppress(duckdb.Error):
            con.rollback()
        raise
    con.unregister("incoming_rows")
    return int(rows.num_rows)


def held_columns(con: duckdb.DuckDBPyConnection, catalogue: str) -> dict[str, dict[str, tuple[str, bool]]]:
    """Table -> column -> (type, nullable), as the store holds them."""
    rows = con.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()"
        " WHERE database_name = ? ORDER BY table_name, column_index",
        [str(catalogue)],
    ).fetchall()
    held: dict[str, dict[str, tuple[str, bool]]] = {}
    for table_name, column_name, data_type, is_nullable in rows:
        held.setdefault(table_name, {})[column_name] = (data_type, is_nullable)
    return held


def _declared_columns(tab: Table) -> dict[str, tuple[str, bool]]:
    return {c.name: (_stored_type(ddl.column_type(c)), bool(c.nullable)) for c in tab.columns}


def _stored_type(declared: str) -> str:
    return {"DOUBLE PRECISION": "DOUBLE"}.get(declared, declared)


def _create(con: duckdb.DuckDBPyConnection, tab: Table) -> None:
    con.execute(";\n".join([ddl.create_table(tab), *ddl.comments(tab)]))


def _rebuild(con: duckdb.DuckDBPyConnection, tab: Table, held: set[str]) -> None:
    """Give a table of an earlier version its declared shape, keeping the columns that both have."""
    aside = ddl.identifier(f"{tab.name}~")  # a name that nobody can declare
    old = f"{table_meta(tab).tier.value}.{aside}"
    con.execute(f"ALTER TABLE {ddl.qualified(tab)} RENAME TO {aside}")
    _create(con, tab)
    _copy(con, tab, old, held)
    con.execute(f"DROP TABLE {old}")


def _copy(con: duckdb.DuckDBPyConnection, tab: Table, source: str, held: set[str]) -> None:
    shared = ", ".join(ddl.identifier(c.name) for c in tab.columns if c.name in held)
    con.execute(query("insert_rows", table=ddl.qualified(tab), columns=shared, source=source))
