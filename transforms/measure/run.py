"""Run every declared measure on a warehouse connection: the ``measure`` step of the flow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from schemas.errors import ConfigurationError, Unbalanced
from schemas.measure_file import FIGURES, MeasureFile
from transforms.measure.describe import describe
from transforms.measure.figures import complete
from transforms.measure.load import NEXT_STEP, Measure, Query, Statement, load_measures, writes_figures
from transforms.measure.order import in_order
from transforms.measure.values import Overrides, bound, load_macros, parameters_of


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of measures came to. ``failed``: measure id -> why it has no figure."""

    ids: list[str]
    failed: dict[str, ConfigurationError]


def measure(
    con: duckdb.DuckDBPyConnection,
    window_start: date,
    window_end: date,
    overrides: Overrides | None = None,
    measures: dict[str, Measure] | None = None,
    optional: Collection[str] = (),
) -> Measured:
    """Compute every declared measure for the days ``window_start..window_end`` (both included).

    ``con`` has a catalog ``warehouse`` with the declared tables and the time zone Asia/Shanghai. Reads ``fact_*``,
    ``dim_*``, ``link_matter`` and ``link_person``; replaces the content of the ``mart_*`` tables. ``overrides`` sets
    parameters otherwise than declared; ``measures`` is the catalogue to run (by default all); ``optional``: ids of
    those that are left out, with whatever needs their tables, when they don't fit.

    Raises ConfigurationError when a measure that is not optional does not fit the tables or states a figure twice,
    Unbalanced when a check finds that figures do not add up.
    """
    catalogue = load_measures() if measures is None else measures
    run = Run(con, window_start, window_end, overrides or {})
    load_macros(con)
    con.execute(f"DELETE FROM warehouse.{FIGURES}")  # noqa: S608 (declared name)
    failed = run.execute_all(in_order(catalogue.values()), optional)
    done = [each for each in catalogue.values() if each.file.id not in failed]
    for each in done:
        for check in each.checks:
            run.verify(each.file, check)
    run.store("mart_measure", pa.Table.from_pylist(describe(overrides, catalogue)).drop_columns("definition"))
    return Measured([each.file.id for each in done], failed)


class Run:
    """One run: the connection, the window, and parameters set otherwise than declared."""

    def __init__(self, con: duckdb.DuckDBPyConnection, start: date, end: date, overrides: Overrides) -> None:
        self.con, self.start, self.end, self.overrides = con, start, end, overrides

    def execute_all(
        self, statements: Iterable[Statement], optional: Collection[str]
    ) -> dict[str, ConfigurationError]:
        """Run steps in their order; returns the measures that failed, of those that may."""
        failed: dict[str, ConfigurationError] = {}
        spoiled: dict[str, ConfigurationError] = {}
        for statement in statements:
            measure_id, step = statement.measure.id, statement.step
            cause = failed.get(measure_id) or next((spoiled[t] for t in step.needs if t in spoiled), None)
            try:
                if cause is not None:
                    raise cause
                self.execute(statement)
                self.refuse_doubles(measure_id)
            except ConfigurationError as error:
                if measure_id not in optional:
                    raise
                failed[measure_id] = error
                self.forget(measure_id)
                if not writes_figures(statement):
                    spoiled[step.writes] = error
        return failed

    def forget(self, measure_id: str) -> None:
        """Take the figures of a measure out again."""
        self.con.execute(
            f"DELETE FROM warehouse.{FIGURES} WHERE measure_id = $id OR starts_with(measure_id, $id || '.')",  # noqa: S608
            {"id": measure_id},
        )

    def execute(self, statement: Statement) -> None:
        """Run one step and store its rows. Table names are declared ones, values are bound."""
        try:
            if statement.function is None and not writes_figures(statement):
                self._fill(statement)
            else:
                self._compute(statement)
        except duckdb.Error as broken:
            raise ConfigurationError(
                "a measure does not fit the warehouse", where=statement.where, expected="the declared tables",
                found=type(broken).__name__, next_step=NEXT_STEP,
            ) from broken  # fmt: skip

    def _fill(self, statement: Statement) -> None:
        """Let the engine fill a table straight from the SELECT."""
        self._empty(statement)
        insert = f"INSERT INTO warehouse.{statement.step.writes} BY NAME {statement.query.sql}"
        self.con.execute(insert, self._values(statement.measure, statement.query))

    def _compute(self, statement: Statement) -> None:
        """Take the rows out, let the step's function and the measure's constants complete them, and store them."""
        rows = self.con.execute(statement.query.sql, self._values(statement.measure, statement.query)).to_arrow_table()
        if statement.function is not None:
            rows = statement.function(rows, parameters_of(statement.measure, self.overrides))
        if writes_figures(statement):
            self._insert(FIGURES, complete(statement, rows, self.start, self.end))
        else:
            self._empty(statement)
            self._insert(statement.step.writes, rows)

    def _empty(self, statement: Statement) -> None:
        delete = f"DELETE FROM warehouse.{statement.step.writes}"  # noqa: S608
        if statement.step.keeps_other_windows:
            self.con.execute(f"{delete} WHERE window_start = ? AND window_end = ?", [self.start, self.end])
        else:
            self.con.execute(delete)

    def store(self, table: str, rows: pa.Table) -> None:
        """Replace a table's content by rows that have its columns."""
        self.con.execute(f"DELETE FROM warehouse.{table}")  # noqa: S608
        self._insert(table, rows)

    def _insert(self, table: str, rows: pa.Table) -> None:
        self.con.register("_rows", rows)
        self.con.execute(f"INSERT INTO warehouse.{table} BY NAME SELECT * FROM _rows")  # noqa: S608
        self.con.unregister("_rows")

    def refuse_doubles(self, measure_id: str) -> None:
        """Raise ConfigurationError when two rows of a measure state the same figure."""
        doubles = self.con.execute(
            f"SELECT measure_id, grain, grain_key, count(*) FROM warehouse.{FIGURES} "  # noqa: S608 (declared name)
            "WHERE measure_id = $id OR starts_with(measure_id, $id || '.') "
            "GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL",
            {"id": measure_id},
        ).fetchall()
        if doubles:
            figure, grain, key, count = doubles[0]
            raise ConfigurationError(
                "a measure states the same figure more than once", where=f"{figure} at {grain} {key}",
                expected="one row for each part, grain and key",
                found=f"{count} rows; {len(doubles)} figures in all", next_step=NEXT_STEP,
            )  # fmt: skip

    def verify(self, file: MeasureFile, check: Query) -> None:
        """Raise Unbalanced when a check finds a row."""
        found = self.con.execute(check.sql, self._values(file, check)).fetchall()
        if found:
            raise Unbalanced(
                "figures of a measure do not add up", where=str(check.path), expected="no row",
                found=f"{len(found)} rows, the first {found[0]}", next_step="liandao metrics --rules",
            )  # fmt: skip

    def _values(self, file: MeasureFile, query: Query) -> dict[str, Any]:
        return bound(parameters_of(file, self.overrides), self.start, self.end, query)
