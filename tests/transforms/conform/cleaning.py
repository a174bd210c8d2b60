"""Run a cleaning macro over a table of inputs."""

from __future__ import annotations

import pyarrow as pa

from transforms.conform.engine import engine


def clean(expression: str, values: list[str | None]) -> list[str | None]:
    """The values of an SQL expression over the column ``x``, as text, in order."""
    rows = pa.table({"place": pa.array(range(len(values)), pa.int64()), "x": pa.array(values, pa.string())})
    sql = f"SELECT CAST({expression} AS VARCHAR) AS y FROM cleaned_in_test ORDER BY place"
    found: list[str | None] = engine().run_prepared(sql, "cleaned_in_test", rows)["y"].to_pylist()
    return found


def check(expression: str, table: list[tuple[str, str | None]]) -> None:
    """Assert that an expression gives what the table says, row by row."""
    inputs, expected = [row[0] for row in table], [row[1] for row in table]
    assert dict(zip(inputs, clean(expression, list(inputs)), strict=True)) == dict(zip(inputs, expected, strict=True))
