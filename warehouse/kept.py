"""What a project declared once and rows rest in since: it stays declared, or a build would lose them without a word.

A table may gain columns, and a column may become a type that holds all its values. A kind that is read no longer stays
declared while its streams leave the platform files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
from sqlalchemy import Table

from schemas import ddl
from schemas.catalogue import PROGRAM_TABLES, tables
from schemas.columns import Tier, table_meta
from schemas.errors import ConfigurationError

Columns = Mapping[str, tuple[str, bool]]
"""Column -> (type, nullable), as a store holds a table."""
VAULT = Tier.VAULT.value


def require_kept(con: duckdb.DuckDBPyConnection, held: Mapping[str, Columns]) -> None:
    """Raise ConfigurationError where the vault on ``con`` holds rows that no declaration speaks of any more.

    ``held``: the vault's tables. Tables and columns of the program itself are left to its own versions.
    """
    losses = [loss for name, columns in sorted(held.items()) for loss in _losses(con, name, columns)]
    if losses:
        raise ConfigurationError(
            "the project no longer declares what published rows are; going on would lose them",
            where="tables/ of the project",
            expected="every table and column that holds rows; what is read no longer leaves the platform files only",
            found="; ".join(losses),
            next_step="put it back as it was (git shows it), or begin a new home, which reads everything again",
        )


def _losses(con: duckdb.DuckDBPyConnection, name: str, columns: Columns) -> Iterator[str]:
    declared = tables().get(name)
    if declared is None:
        rows = _count(con, f"SELECT count(*) FROM {VAULT}.{ddl.identifier(name)}") if name.startswith("core_") else 0  # noqa: S608
        if rows:
            yield f"{name}: {rows} rows"
    elif name not in PROGRAM_TABLES and table_meta(declared).tier is Tier.VAULT:
        yield from _lost_values(con, declared, columns)


def _lost_values(con: duckdb.DuckDBPyConnection, declared: Table, held: Columns) -> Iterator[str]:
    for name in held:
        column, fits = ddl.identifier(name), "false"
        if name in declared.columns:
            fits = f"try_cast({column} AS {ddl.column_type(declared.columns[name])}) IS NOT NULL"
        text = f"SELECT count(*) FROM {ddl.qualified(declared)} WHERE {column} IS NOT NULL AND NOT ({fits})"  # noqa: S608
        if values := _count(con, text):
            yield f"{declared.name}.{name}: {values} values"


def _count(con: duckdb.DuckDBPyConnection, text: str) -> int:
    row = con.execute(text).fetchone()
    return int(row[0]) if row else 0
