"""What is bound in a measure's SQL: its parameters and the window; and the formulas it may call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from schemas.measure_file import MeasureFile, Value
from transforms.measure.load import Query

MACROS = Path(__file__).parent / "macros.sql"

Overrides = Mapping[str, Mapping[str, Value]]
"""Measure id -> parameter -> value to use instead of the declared one."""


def parameters_of(file: MeasureFile, overrides: Overrides | None = None) -> dict[str, Value]:
    """The parameters of a measure by name, as declared or as overridden."""
    declared = {name: parameter.value for name, parameter in file.parameters.items()}
    return {**declared, **(overrides or {}).get(file.id, {})}


def bound(parameters: Mapping[str, Value], start: date, end: date, query: Query) -> dict[str, Value | date]:
    """The values that one query binds, and no others (DuckDB refuses superfluous ones)."""
    values = {**parameters, "window_start": start, "window_end": end}
    return {name: values[name] for name in query.binds}


def load_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Define the shared formulas (``macros.sql``) on a connection, for its lifetime."""
    con.execute(MACROS.read_text(encoding="utf-8"))
