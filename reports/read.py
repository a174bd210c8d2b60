"""What the pages read: each query is a file of ``reports/sql``, answered as dictionaries."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

SQL = Path(__file__).parent / "sql"
Row = dict[str, Any]


@cache
def _text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def rows(con: duckdb.DuckDBPyConnection, name: str, **values: object) -> list[Row]:
    """Run one of the queries with its values bound."""
    cursor = con.execute(_text(name), values or None)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rows_by(found: list[Row], key: str) -> dict[str, list[Row]]:
    """Rows grouped by one column, order kept."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        grouped[row[key]].append(row)
    return grouped


def percent(value: float | None, digits: int = 1) -> str:
    """A ratio as a percentage; a dash when there is none."""
    return "–" if value is None else f"{value:.{digits}%}"


def number(value: float | None) -> str:
    """A number as people write it: whole ones without decimals, a dash when there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}"


def figure(row: Row) -> Row:
    """A figure's cells as text: ratios as percentages, everything else as numbers."""
    show = percent if row["unit"] == "ratio" else number
    known = row["lower"] is not None and row["upper"] is not None
    interval = f"{show(row['lower'])} – {show(row['upper'])}" if known else ""
    cells = {"value": show(row["value"]), "interval": interval, "note": row["note"] or ""}
    return row | cells | {"numerator": number(row["numerator"]), "denominator": number(row["denominator"])}
