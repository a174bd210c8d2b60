"""Verify every SQL file against the declared tables, without a row of data: it is bound on an empty warehouse.

Nothing else is there: neither the vault nor a way to a file, so what is bound here reads the warehouse tier alone.
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
from transforms.measure.load import NEXT_STEP, Measure, Query, Statement, load_measures, writes_figures
from transforms.measure.order import in_order
from transforms.measure.values import bound, load_macros, parameters_of

FIGURE_COLUMNS = frozenset(
    {"part", "grain", "grain_key", "value", "numerator", "denominator", "lower", "upper", "note"}
)
"""What a figure step may give; the rest of ``mart_figure`` is the same for all figures of a measure."""

_GAP = r"(?:\s|--[^\n]*\n|/\*.*?\*/|\*/)*"
"""What may stand between a name and what follows it: spaces and comments."""
REFUSED_FUNCTIONS = re.compile(
    rf"\b(query|query_table|current_setting|set_config|getenv|read_\w+|parquet_\w+|glob|sniff_csv|duckdb_\w+|pragma_\w+"
    rf"|which_secret|json_execute_serialized_sql)\"?{_GAP}\(|\b(vault|landing)\"?{_GAP}\.",
    re.IGNORECASE | re.DOTALL,
)
"""What reaches beyond the warehouse tier, or tells this empty one from the one that a run computes on: a SELECT could
otherwise be harmless here and read the vault there."""
_MART = re.compile(r"\bwarehouse\.(mart_[a-z0-9_]+)")
_ANY_WINDOW = (date(2026, 7, 1), date(2026, 9, 30))


def verify_own_measures() -> None:
    """Verify the measures of the project in use, each among all others; raises ConfigurationError.

    A project's SQL runs beside the vault: that it reads none of it is seen here, so this comes before it is run.
    """
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
        rows = con.execute(statement.query.sql, _values(statement.measure, statement.query)).to_arrow_table()
        given = statement.function(rows, parameters_of(statement.measure)).column_names
    allowed = FIGURE_COLUMNS if writes_figures(statement) else {c.name for c in _table(statement).columns}
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise _error("a step gives columns that its table does not have", statement.where,
                     ", ".join(sorted(allowed)), ", ".join(unknown))  # fmt: skip


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


def _bind(con: duckdb.DuckDBPyConnection, file: MeasureFile, query: Query) -> list[str]:
    try:
        kinds = [statement.type for statement in con.extract_statements(query.sql)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise _error("an SQL file is not one SELECT", str(query.path), "one SELECT", f"{len(kinds)} statements")
        if file.id in project_measure_ids() and (beyond := REFUSED_FUNCTIONS.search(query.sql)):
            raise _error("an SQL file reaches beyond the warehouse", str(query.path),
                         "tables of the warehouse and functions of values", beyond.group().strip(" ("))  # fmt: skip
        rows = con.execute(f"DESCRIBE {query.sql}", _values(file, query)).fetchall()
    except duckdb.Error as broken:
        raise _error("an SQL file does not fit the declared tables", str(query.path),
                     "declared tables and columns",
                     str(broken).splitlines()[0]) from None  # fmt: skip
    return [str(row[0]) for row in rows]


def _values(file: MeasureFile, query: Query) -> dict[str, Any]:
    return bound(parameters_of(file), *_ANY_WINDOW, query)


def _error(message: str, where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(message, where=where, expected=expected, found=found, next_step=NEXT_STEP)
