"""Verify every SQL file against the declared tables, without a row of data: it is bound on an empty warehouse.

Nothing else is there, neither the vault nor a way to a file, as in the run itself (a sealed build): SQL that reaches
beyond the warehouse tier fails here, before a run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

import duckdb

from schemas.catalogue import tables
from schemas.errors import ConfigurationError
from schemas.measure_file import FIGURES, MeasureFile, project_measure_ids
from transforms.measure.blank import blank_warehouse
from transforms.measure.load import NEXT_STEP, Function, Measure, Query, Statement, load_measures, writes_figures
from transforms.measure.order import in_order
from transforms.measure.values import bound, load_macros, parameters_of

FIGURE_NUMBERS = ("value", "numerator", "denominator", "lower", "upper")
FIGURE_COLUMNS = frozenset({"part", "grain", "grain_key", *FIGURE_NUMBERS, "note"})
"""What a figure step may give; the rest of ``mart_figure`` is the same for all figures of a measure."""

_NUMBER = re.compile(r'U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|FLOAT$|DOUBLE$|DECIMAL|"?NULL"?$')
"""Types of the engine that are stored as a number without loss of meaning; NULL where a column is always empty."""
_MART = re.compile(r"\bwarehouse\.(mart_[a-z0-9_]+)")
_ANY_WINDOW = (date(2026, 7, 1), date(2026, 9, 30))


def verify_own_measures() -> None:
    """Verify the measures of the project in use, each among all others; raises ConfigurationError."""
    if own := project_measure_ids():
        verify_measures(load_measures().values(), own)


def verify_measures(measures: Iterable[Measure], ids: Collection[str] | None = None) -> None:
    """Bind every step and check on an empty warehouse; only those of the measures ``ids``, where they are given.

    Raises ConfigurationError at the first SQL file that is more than one SELECT, names an unknown table or column,
    reads a mart it does not declare, or gives columns that its table does not have.
    """
    measures = list(measures)
    chosen = {m.file.id for m in measures} if ids is None else set(ids)
    with blank_warehouse() as con:
        load_macros(con)
        con.execute("SET enable_external_access = false")
        for statement in in_order(measures):
            if statement.measure.id in chosen:
                _verify_statement(con, statement)
        for measure in measures:
            for check in measure.checks if measure.file.id in chosen else ():
                _bind(con, measure.file, check)


def _verify_statement(con: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    given = _bind(con, statement.measure, statement.query)
    _verify_reads(statement)
    if statement.function is not None:
        given = _apply(con, statement, statement.function)
    allowed = FIGURE_COLUMNS if writes_figures(statement) else {c.name for c in _table(statement).columns}
    unknown = sorted(given.keys() - set(allowed))
    if unknown:
        raise _error("a step gives columns that its table does not have", statement.where,
                     ", ".join(sorted(allowed)), ", ".join(unknown))  # fmt: skip
    if writes_figures(statement):
        _verify_figures(statement, given)


def _apply(con: duckdb.DuckDBPyConnection, statement: Statement, function: Function) -> dict[str, str]:
    """The columns that a step's function gives, with their types, when it is called with no rows."""
    rows = con.execute(statement.query.sql, _values(statement.measure, statement.query)).to_arrow_table()
    try:
        result = function(rows, parameters_of(statement.measure))
    except (KeyError, TypeError, ValueError) as broken:  # Arrow's errors are ValueErrors and KeyErrors
        raise _error("a step's rows or parameters do not fit its function", statement.where,
                     f"what {statement.step.then} takes (docs/measures.md)", str(broken)) from None  # fmt: skip
    con.register("_given", result)
    columns = _columns(con, "SELECT * FROM _given", {})
    con.unregister("_given")
    return columns


def _verify_figures(statement: Statement, given: dict[str, str]) -> None:
    absent = [name for name in ("grain", "grain_key", "value") if name not in given]
    if absent:
        raise _error("a step gives figures without the columns that every figure has", statement.where,
                     "grain, grain_key, value", f"no {', '.join(absent)}")  # fmt: skip
    texts = [f"{name} ({given[name]})" for name in FIGURE_NUMBERS if not _NUMBER.match(given.get(name, "NULL"))]
    if texts:
        raise _error("a step gives figures that are no numbers", statement.where, "a number in each of these columns",
                     ", ".join(texts))  # fmt: skip


def _table(statement: Statement) -> Any:
    name = statement.step.writes
    if name not in tables():
        raise _error(
            "a step fills a table that is not declared", statement.where, "a table of schemas.tables.mart", name
        )
    return tables()[name]


def _verify_reads(statement: Statement) -> None:
    """What a step reads of the marts is what it declares; so the order of steps can be trusted."""
    marts = set(_MART.findall(statement.query.sql))
    declared = set(statement.step.needs) | set(statement.step.previous)
    if marts != declared or FIGURES in marts:
        raise _error("a step reads other marts than it declares", statement.where,
                     f"needs and previous: {', '.join(sorted(marts - {FIGURES})) or 'none'}",
                     ", ".join(sorted(declared)) or "none")  # fmt: skip


def _bind(con: duckdb.DuckDBPyConnection, file: MeasureFile, query: Query) -> dict[str, str]:
    """Names and types of the columns that a query gives."""
    try:
        kinds = [statement.type for statement in con.extract_statements(query.sql)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise _error("an SQL file is not one SELECT", str(query.path), "one SELECT", f"{len(kinds)} statements")
        return _columns(con, query.sql, _values(file, query))
    except duckdb.Error as broken:
        raise _error("an SQL file does not fit the declared tables", str(query.path),
                     "declared tables and columns",
                     str(broken).splitlines()[0]) from None  # fmt: skip


def _columns(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in con.execute(f"DESCRIBE {sql}", values).fetchall()}


def _values(file: MeasureFile, query: Query) -> dict[str, Any]:
    return bound(parameters_of(file), *_ANY_WINDOW, query)


def _error(message: str, where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(message, where=where, expected=expected, found=found, next_step=NEXT_STEP)
