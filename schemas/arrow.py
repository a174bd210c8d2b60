"""Arrow schemas derived from the declared tables."""

from __future__ import annotations

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, String, Table

from schemas.columns import ZONE

_TYPES: tuple[tuple[type, pa.DataType], ...] = (
    (String, pa.string()),
    (BigInteger, pa.int64()),
    (Double, pa.float64()),
    (Boolean, pa.bool_()),
    (DateTime, pa.timestamp("us", tz=ZONE)),
    (Date, pa.date32()),
)


def arrow_type(col: Column[object]) -> pa.DataType:
    """The Arrow type of a declared column."""
    for kind, arrow in _TYPES:
        if isinstance(col.type, kind):
            return arrow
    raise TypeError(f"column {col.name}: no Arrow type for {col.type!r}")


def arrow_schema(tab: Table) -> pa.Schema:
    """The Arrow schema of a declared table, in column order."""
    return pa.schema([pa.field(c.name, arrow_type(c)) for c in tab.columns])
