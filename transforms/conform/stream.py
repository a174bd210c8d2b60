"""One landed stream to canonical tables: map, clean, type, check and route, each once over all rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Table

from schemas.arrow import arrow_schema
from schemas.columns import ZONE
from schemas.errors import Unbalanced
from schemas.platform_file import Platform, StreamFile
from schemas.receipts import ConformedStream, LandedStream
from schemas.streams import stream_tables
from schemas.tables.intake import ENTRY_EVENT, FORM
from transforms.conform.aside import rows_aside
from transforms.conform.cleaning import cleaning_sql, relation_name, relation_schema
from transforms.conform.engine import engine
from transforms.conform.entries import entry_events
from transforms.conform.files import stream_folder, write_table
from transforms.conform.mapping import TextColumns, change_time_source, map_fields
from transforms.quality.routing import Bits, Routing, route
from transforms.quality.rowchecks import compile_checks

_FEW_ROWS = 20_000
"""Below this, starting threads costs more than it saves."""


@dataclass(frozen=True, slots=True)
class ConformedRows:
    """What became of one stream's rows, in memory. ``accepted``: the stream's canonical table, in landed order;
    ``entries``: entry events of an accepted form, else None; ``aside``: rows of ``ctl_quarantine``."""

    accepted: pa.Table
    entries: pa.Table | None
    aside: pa.Table
    routing: Routing


def conform_stream(platform: Platform, landed: LandedStream, home: Path) -> ConformedStream:
    """Conform one landed stream and write its tables; one without rows has none. Raises Unbalanced when rows are
    missing or too many."""
    if not landed.files:
        return ConformedStream(platform.platform_id, landed.stream, landed.batch_id, 0, 0, {}, {}, {}, {}, "")
    data = read_landed(landed, home)
    rows = conform_rows(platform, landed.stream, landed.batch_id, data)
    folder = stream_folder(platform.platform_id, landed.batch_id, landed.stream)
    table = stream_tables()[landed.stream].name
    outputs = {table: rows.accepted, "quarantine": rows.aside}
    if rows.entries is not None:
        outputs[ENTRY_EVENT.name] = rows.entries
    paths = _write_all(home, folder, outputs)
    return ConformedStream(
        platform_id=platform.platform_id,
        stream=landed.stream,
        batch_id=landed.batch_id,
        landed=data.num_rows,
        accepted=rows.accepted.num_rows,
        quarantined=rows.routing.quarantined,
        dropped=rows.routing.dropped,
        flagged=rows.routing.flagged,
        quarantine_path=paths.pop("quarantine"),
        tables=paths,
    )


def read_landed(landed: LandedStream, home: Path) -> pa.Table:
    """The landed rows of a stream, in order. Raises Unbalanced when the files hold other counts than the receipt."""
    files = [pq.ParquetFile(home / f.path).read(use_threads=f.rows >= _FEW_ROWS) for f in landed.files]
    empty = pa.schema([("_row", pa.int64()), ("_unit", pa.string()), ("_unit_row", pa.int64())])
    fields = empty if files else pa.schema([*empty, *((name, pa.string()) for name in landed.fields)])
    data = pa.concat_tables([fields.empty_table(), *files], promote_options="default")
    if data.num_rows != landed.landed:
        raise Unbalanced(
            "landed files do not hold the rows that their receipt says",
            where=f"{landed.platform_id} {landed.stream} {landed.batch_id}",
            expected=f"{landed.landed} rows",
            found=f"{data.num_rows} rows",
            next_step="extract the platform again",
        )
    return data


def conform_rows(platform: Platform, stream: str, batch_id: str, landed: pa.Table) -> ConformedRows:
    """Conform landed rows in memory; see :class:`ConformedRows`. Landed = accepted + aside, or Unbalanced is raised."""
    file, table = platform.file.streams[stream], stream_tables()[stream]
    where = f"{platform.platform_id} {stream} {batch_id}"
    columns = _with_change_time(map_fields(landed, file, table, where), file, stream)
    checks = compile_checks(table)
    cleaned, bits = clean_and_check(table, columns, platform.file.timezone, _formats(file, stream))
    routing = route(bits, checks)
    constants = {"platform_id": platform.platform_id, "stream": stream, "batch_id": batch_id}
    aside = rows_aside(landed, columns.text["source_key"], routing, checks, constants)
    canonical = _canonical(table, landed, columns.text | cleaned, constants)
    accepted = canonical.take(pa.array(routing.accepted)) if len(routing.aside) else canonical
    if accepted.num_rows + aside.num_rows != landed.num_rows:
        raise Unbalanced(
            "conform lost or made rows", where=where, next_step="report it: this is a fault of the program"
        )
    entries = _entries(accepted, columns, routing, file) if table is FORM else None
    return ConformedRows(accepted, entries, aside, routing)


def _with_change_time(columns: TextColumns, file: StreamFile, stream: str) -> TextColumns:
    source = change_time_source(file, stream)
    if "changed_at" in columns.text or source not in columns.text:
        return columns
    return TextColumns(columns.rows, columns.raw, columns.text | {"changed_at": columns.text[source]})


def _formats(file: StreamFile, stream: str) -> dict[str, str]:
    source = change_time_source(file, stream)
    return file.formats | {"changed_at": file.formats[source]} if source in file.formats else file.formats


def clean_and_check(
    table: Table, columns: TextColumns, zone: str, formats: dict[str, str]
) -> tuple[dict[str, pa.Array], Bits]:
    """Clean and type the text columns of a stream, and say which checks each row breaks.

    Returns the columns that cleaning changes (typed; times with their zone) and the bits of ``compile_checks(table)``.
    """
    schema, at = relation_schema(table), np.arange(columns.rows)
    missing = pa.nulls(columns.rows, pa.string())
    rows = pa.table([at, *(columns.text.get(name, missing) for name in schema.names[1:])], schema=schema)
    sql, run = cleaning_sql(table, zone, formats), engine().run if formats else engine().run_prepared
    result = run(sql, relation_name(table), rows)
    if not np.array_equal(result["_at"].to_numpy(), at):
        result = result.sort_by("_at")
    bits = result["_broken"].to_numpy().astype(np.int64, copy=False)
    typed = result.drop_columns(["_at", "_broken"])
    return {name: _one(column) for name, column in zip(typed.column_names, typed.columns, strict=True)}, bits


def _one(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    if pa.types.is_timestamp(joined.type):
        return pc.assume_timezone(joined, ZONE, ambiguous="earliest", nonexistent="earliest")
    return joined


def _canonical(table: Table, landed: pa.Table, columns: dict[str, pa.Array], constants: dict[str, str]) -> pa.Table:
    schema, rows = arrow_schema(table), landed.num_rows
    ours = {
        "platform_id": pa.repeat(pa.scalar(constants["platform_id"], pa.string()), rows),
        "batch_id": pa.repeat(pa.scalar(constants["batch_id"], pa.string()), rows),
        "landed_row": landed["_row"],
        "record_id": pc.binary_join_element_wise(
            f"{constants['platform_id']}:{constants['stream']}", columns["source_key"], ":"
        ),
    }
    filled = columns | ours
    return pa.table([filled[f.name] if f.name in filled else pa.nulls(rows, f.type) for f in schema], schema=schema)


def _entries(accepted: pa.Table, columns: TextColumns, routing: Routing, file: StreamFile) -> pa.Table:
    at = pa.array(routing.accepted) if len(routing.aside) else None
    raw, text = (
        {name: column.take(at) if at is not None else column for name, column in found.items() if name in columns.raw}
        for found in (columns.raw, columns.text)
    )
    return entry_events(accepted, raw, text, dict(file.fields))


def _write_all(home: Path, folder: str, outputs: dict[str, pa.Table]) -> dict[str, str]:
    """Write the tables of a stream; large ones side by side, since encoding doesn't hold the interpreter's lock."""
    if sum(data.num_rows for data in outputs.values()) < _FEW_ROWS:
        return {name: write_table(home, folder, name, data) for name, data in outputs.items()}
    with ThreadPoolExecutor(max_workers=len(outputs)) as pool:
        written = pool.map(lambda item: write_table(home, folder, *item), outputs.items())
        return dict(zip(outputs, written, strict=True))
