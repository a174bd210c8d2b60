"""Which cleaning each canonical column gets, and the one SQL statement that cleans, types and checks a stream.

The cleaning itself is in ``macros/*.sql``. A statement names declared columns only; patterns of dates, the one thing
that comes from a platform file, are quoted literals.
"""

from __future__ import annotations

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Table

from schemas.columns import ZONE, Cleaning, meta_of
from schemas.project import per_project
from schemas.project_rules import rules_of
from schemas.rules import InRegions
from schemas.tables.intake_columns import FILLED_BY_US
from transforms.quality.rowchecks import (
    broken_bits_sql,
    compile_checks,
    is_converted,
    literal,
    quoted,
    text_name,
)

TEXT_CLEANERS = {
    Cleaning.NAME: "clean_name",
    Cleaning.IDENTITY_NUMBER: "clean_identity_number",
    Cleaning.PHONE: "clean_phone",
    Cleaning.ADDRESS: "clean_address",
    Cleaning.LIST: "clean_list",
}
"""What a text is -> the macro of its canonical form."""

SHIFTS = {"Asia/Shanghai": "INTERVAL 0 HOUR", "UTC": "INTERVAL 8 HOUR"}
"""What a time written without a zone lacks to be Beijing time."""


def cleaner(col: Column[object], zone: str = ZONE, pattern: str | None = None) -> str | None:
    """The SQL expression that turns a column's folded text into its canonical value; None when the text is it already.

    Times come out as Beijing wall clock without a zone. ``pattern``: declared strptime pattern, tried first.
    """
    source = quoted(col.name)
    shift = SHIFTS[zone]
    if isinstance(col.type, DateTime):
        return _patterned(source, pattern, shift, f"clean_moment({source}, {shift})")
    if isinstance(col.type, Date):
        return _patterned(source, pattern, SHIFTS[ZONE], f"clean_date({source}, {shift})", "::DATE")
    for kind, macro in ((BigInteger, "clean_integer"), (Double, "clean_number"), (Boolean, "clean_boolean")):
        if isinstance(col.type, kind):
            return f"{macro}({source})"
    if any(isinstance(rule, InRegions) for rule in rules_of(col)):
        return f"clean_region({source})"
    cleaning = meta_of(col).cleaning
    return f"{TEXT_CLEANERS[cleaning]}({source})" if cleaning is not None else None


def _patterned(source: str, pattern: str | None, shift: str, usual: str, cast: str = "") -> str:
    if pattern is None:
        return usual
    parsed = f"try_strptime({source}, {literal(pattern)})"
    local = f"{parsed} AT TIME ZONE '{ZONE}'" if "%z" in pattern or "%Z" in pattern else f"{parsed} + {shift}"
    return f"coalesce(moment_in_calendar({local}){cast}, {usual})"


@per_project
def columns_read(table: Table) -> tuple[str, ...]:
    """The columns that a table's statement reads: those that are cleaned or that a rule looks at."""
    looked_at = {name for check in compile_checks(table) for name in check.columns}
    return tuple(
        c.name for c in table.columns if c.name not in FILLED_BY_US and (c.name in looked_at or cleaner(c) is not None)
    )


@per_project
def relation_schema(table: Table) -> pa.Schema:
    """What the statement reads: ``_at`` (row number) and text under canonical names."""
    return pa.schema([("_at", pa.int64()), *((name, pa.string()) for name in columns_read(table))])


def relation_name(table: Table) -> str:
    """Name of the relation that the statement reads."""
    return f"folded_{table.name}"


def cleaning_sql(table: Table, zone: str, formats: dict[str, str]) -> str:
    """The statement that cleans, types and checks: a row for a row, in any order.

    Gives ``_at``, every column that cleaning changes, and ``_broken`` (bits of the broken checks of
    ``compile_checks``).
    """
    columns = [table.columns[name] for name in columns_read(table)]
    cleaned = {c.name: e for c in columns if (e := cleaner(c, zone, formats.get(c.name)))}
    inner = [f"{cleaned.get(c.name, quoted(c.name))} AS {quoted(c.name)}" for c in columns]
    inner += [f"{quoted(c.name)} AS {quoted(text_name(c))}" for c in columns if is_converted(c)]
    outer = ["_at", *map(quoted, cleaned), f"{broken_bits_sql(compile_checks(table))} AS _broken"]
    source = f"SELECT _at, {', '.join(inner)} FROM {quoted(relation_name(table))}"  # noqa: S608
    return f"SELECT {', '.join(outer)} FROM ({source})"  # noqa: S608
