"""DDL derived from the declared tables, one text for both stores.

Every declared type has the same name in DuckDB and PostgreSQL (varchar, bigint, double precision, boolean, date,
timestamp with time zone), so SQLAlchemy's PostgreSQL types serve both and the two stores can't drift apart. Keys are
checked when a generation is published, not by indexes: a generation is written once and read many times.
"""

from __future__ import annotations

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from schemas.columns import meta_of, table_meta

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_PREPARER = _DIALECT.identifier_preparer


def identifier(name: str) -> str:
    """Quote one identifier for either store, whatever it contains."""
    return str(_PREPARER.quote_identifier(name))


def qualified(tab: Table, schema: str | None = None) -> str:
    """The quoted two-part name of a table; ``schema`` defaults to its tier."""
    return f"{identifier(schema or table_meta(tab).tier.value)}.{identifier(tab.name)}"


def column_list(tab: Table, prefix: str = "") -> str:
    """The quoted columns of a table, in order, each behind ``prefix`` (such as ``c.``)."""
    return ", ".join(prefix + identifier(c.name) for c in tab.columns)


def column_type(col: Column[object]) -> str:
    """The type of a declared column, in the words both stores understand."""
    return str(col.type.compile(dialect=_DIALECT))


def create_table(tab: Table, schema: str | None = None) -> str:
    """``CREATE TABLE`` of a declared table in a schema (its tier unless told). Every name is quoted: what is a
    reserved word differs between the stores."""
    lines = [f"  {identifier(c.name)} {column_type(c)}{'' if c.nullable else ' NOT NULL'}" for c in tab.columns]
    return f"CREATE TABLE {qualified(tab, schema)} (\n" + ",\n".join(lines) + "\n)"


def comments(tab: Table, schema: str | None = None) -> list[str]:
    """``COMMENT ON`` statements carrying the titles in both languages, definition and unit, for whoever browses a
    store."""
    meta, name = table_meta(tab), qualified(tab, schema)
    columns = (f"COMMENT ON COLUMN {name}.{identifier(c.name)} IS {_literal(_describe(c))}" for c in tab.columns)
    return [f"COMMENT ON TABLE {name} IS {_literal(f'{meta.zh} | {meta.en}: {meta.grain}')}", *columns]


def _describe(col: Column[object]) -> str:
    meta = meta_of(col)
    parts = [f"{meta.zh} | {meta.en}", meta.definition, f"[{meta.unit}]" if meta.unit else ""]
    return "; ".join(p for p in parts if p)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
