"""The gate: one line's accepted rows against the suites of their tables. The only module that knows Great Expectations.

The library is imported inside the functions (it costs seconds), its telemetry is off, it builds no Data Docs, and its
results are asked for in a form that holds counts and no value of any record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Table

from schemas.arrow import arrow_schema
from schemas.catalogue import tables
from schemas.durable import sync
from schemas.project import per_project
from schemas.receipts import Conformed, Gated
from schemas.tables.control import QUALITY_RESULT
from transforms.quality.helpers import helper_columns
from transforms.quality.suites import Expected, suite_of

RESULT_FORMAT: dict[str, Any] = {
    "result_format": "BASIC",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}
"""Counts only. BASIC is the least form that has counts; without ``exclude_unexpected_values`` it would hold samples."""
MANY_LANDED = 50
"""From so many landed rows on, none accepted means that something is wrong with all of them."""
_SCHEMA = arrow_schema(QUALITY_RESULT)


def gate_line(line_id: str, conformed: list[Conformed], home: Path, gate_id: str) -> Gated:
    """Judge the accepted rows of a line's batches, table by table.

    Writes ``quality/<line_id>/<gate_id>.parquet`` (rows of ``ctl_quality_result``) and, last, ``<gate_id>.json``. A
    table with no accepted row is judged only when many rows were landed for it: one late row in quarantine is no
    reason to hold back a line, all rows of a day are. ``passed`` is false when an expectation marked stop fails. What a
    gate that was cut off left behind is removed: the caller holds the line's lock.
    """
    _sweep(home / "quality" / line_id)
    results = [row for name, rows in _tables(conformed, home) for row in judge(tables()[name], rows)]
    data = pa.Table.from_pylist([{"gate_id": gate_id, "line_id": line_id} | row for row in results], schema=_SCHEMA)
    path = f"quality/{line_id}/{gate_id}.parquet"
    _write(home / path, data)
    failed = {severity: _failed(results, severity) for severity in ("stop", "warn")}
    receipt = Gated(
        line_id=line_id,
        gate_id=gate_id,
        batch_ids=sorted({c.batch_id for c in conformed}),
        passed=not failed["stop"],
        evaluated=len(results),
        failed_stop=failed["stop"],
        failed_warn=failed["warn"],
        results_path=path,
    )
    receipt.write(home / "quality" / line_id / f"{gate_id}.json")
    return receipt


def judge(table: Table, rows: pa.Table) -> list[dict[str, Any]]:
    """Run one table's suite over accepted rows; rows of ``ctl_quality_result`` without gate and line.

    Expectations about columns that hold nothing (no platform of the line sends them) are left out.
    """
    outcome = validate(table, rows, RESULT_FORMAT)
    found = {result.expectation_config.meta["check_id"]: result for result in outcome.results}
    return [_result_row(table, e, found[e.check_id]) for e in suite_of(table) if e.check_id in found]


def validate(table: Table, rows: pa.Table, result_format: dict[str, Any]) -> Any:
    """What the library says of the rows (its ``ExpectationSuiteValidationResult``)."""
    import great_expectations as gx

    batch = _batch_definition(table.name, os.getpid()).get_batch({"dataframe": data_frame(table, rows)})
    judged = [_expectation(table, e.check_id) for e in suite_of(table) if _can_be_judged(e, rows)]
    return batch.validate(gx.ExpectationSuite(name=table.name, expectations=judged), result_format=result_format)


def _can_be_judged(expected: Expected, rows: pa.Table) -> bool:
    if expected.kind == "ExpectColumnValuesToNotBeNull" or not expected.columns:
        return True
    return all(name in rows.column_names and rows[name].null_count < rows.num_rows for name in expected.columns)


def data_frame(table: Table, rows: pa.Table) -> Any:
    """The rows as a pandas frame. Columns that no expectation looks at are there by name only, and hold nothing: every
    expectation copies the frame, and no value should go where it isn't needed."""
    import pandas as pd

    looked_at = {name for expected in suite_of(table) if expected.helper is None for name in expected.columns}
    frame = rows.select([name for name in rows.column_names if name in looked_at]).to_pandas(date_as_object=False)
    blank = pd.DataFrame(False, index=frame.index, columns=[n for n in rows.column_names if n not in looked_at])
    helped = pd.DataFrame(helper_columns(table, rows), index=frame.index)
    return pd.concat([frame, blank, helped], axis=1)


@per_project
def _expectation(table: Table, check_id: str) -> Any:
    from great_expectations import expectations

    (expected,) = (e for e in suite_of(table) if e.check_id == check_id)
    meta = {"check_id": check_id, "dimension": expected.dimension.value, "severity": expected.severity}
    return getattr(expectations, expected.kind)(**expected.arguments, meta=meta)


@cache
def _context(_pid: int) -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


@cache
def _batch_definition(name: str, pid: int) -> Any:
    source = _context(pid).data_sources.add_pandas(name)
    return source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)


def _result_row(table: Table, expected: Expected, result: Any) -> dict[str, Any]:
    found = result.result or {}
    count = found.get("element_count")
    skipped = 0 if expected.kind == "ExpectColumnValuesToNotBeNull" else found.get("missing_count") or 0
    evaluated = None if count is None else count - skipped
    unexpected = found.get("unexpected_count")
    return {
        "table_name": table.name,
        "check_id": expected.check_id,
        "dimension": expected.dimension.value,
        "severity_code": expected.severity,
        "expectation_type": result.expectation_config.type,
        "success": bool(result.success),
        "element_count": evaluated,
        "unexpected_count": unexpected,
        "unexpected_rate": unexpected / evaluated if evaluated and unexpected is not None else None,
        "observed_value": _observed(expected, result),
    }


def _observed(expected: Expected, result: Any) -> str | None:
    if _raised(result.exception_info or {}):
        return "raised an exception"
    return str(result.result.get("observed_value")) if expected.kind == "ExpectTableRowCountToBeBetween" else None


def _raised(info: dict[str, Any]) -> bool:
    """True when the expectation, or any metric that it needs, raised (the library nests the latter by metric)."""
    nested = [inner for inner in info.values() if isinstance(inner, dict)]
    return bool(info.get("raised_exception")) or any(inner.get("raised_exception") for inner in nested)


def _tables(conformed: Iterable[Conformed], home: Path) -> Iterator[tuple[str, pa.Table]]:
    """Canonical table and its accepted rows over all batches, one after another, for those that are to be judged."""
    streams = [stream for c in conformed for stream in c.streams]
    for name in sorted({name for stream in streams for name in stream.tables}):
        of_table = [stream for stream in streams if name in stream.tables]
        parts = [pq.ParquetFile(home / stream.tables[name]).read() for stream in of_table]
        rows = pa.concat_tables(parts, promote_options="default")
        if rows.num_rows or sum(stream.landed for stream in of_table) >= MANY_LANDED:
            yield name, rows


def _failed(results: list[dict[str, Any]], severity: str) -> list[str]:
    return [r["check_id"] for r in results if not r["success"] and r["severity_code"] == severity]


def _sweep(folder: Path) -> None:
    """Remove results that no receipt names, and files that were never finished."""
    for path in [*folder.glob("*.tmp"), *(p for p in folder.glob("*.parquet") if not p.with_suffix(".json").exists())]:
        path.unlink()


def _write(path: Path, data: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".parquet.tmp")
    with temporary.open("wb") as handle:
        pq.write_table(data, handle)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync(path.parent)  # the receipt, which comes next, must not outlast it
