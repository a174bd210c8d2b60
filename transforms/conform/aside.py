"""Rows set aside: quarantined by a rule or dropped by name, kept whole so that their owner can be shown them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.tables.control import QUARANTINE
from transforms.conform.engine import engine
from transforms.conform.mapping import one_array
from transforms.quality.routing import Routing, reasons
from transforms.quality.rowchecks import Check

SCHEMA = arrow_schema(QUARANTINE)
LINEAGE = ("_row", "_unit", "_unit_row")


def rows_aside(
    landed: pa.Table,
    source_key: pa.Array,
    routing: Routing,
    checks: tuple[Check, ...],
    constants: dict[str, str],
) -> pa.Table:
    """The rows of ``ctl_quarantine`` for one stream, in landed order.

    ``source_key``: folded key of every landed row. ``constants``: platform_id, stream, batch_id.
    """
    if not len(routing.aside):
        return SCHEMA.empty_table()
    at = pa.array(routing.aside)
    rows = landed.take(at)
    disposition, first, every = reasons(routing.bits, checks)
    columns = {name: pa.repeat(pa.scalar(value, pa.string()), len(at)) for name, value in constants.items()} | {
        "landed_row": rows["_row"],
        "source_unit": rows["_unit"],
        "source_unit_row": rows["_unit_row"],
        "source_key": source_key.take(at),
        "disposition_code": disposition,
        "reason_code": first,
        "reason_codes": every,
        "raw_row": rows_as_json(rows.drop_columns(list(LINEAGE))),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def rows_as_json(rows: pa.Table) -> pa.Array:
    """Each row as one JSON object, source name -> text or null.

    The names travel as keys of a map: none, however odd, becomes an identifier or meets its twin in other case.
    """
    count, width = rows.num_rows, rows.num_columns
    values = pa.concat_arrays([one_array(column) for column in rows.columns])
    row_major = np.arange(count * width).reshape(width, count).T.ravel()
    keys = pa.array(rows.column_names, pa.string()).take(pa.array(np.tile(np.arange(width), count)))
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * width)
    maps = pa.MapArray.from_arrays(offsets, keys, pc.take(values, pa.array(row_major)))
    sql = "SELECT CAST(to_json(fields) AS VARCHAR) AS json FROM rows_aside"
    return one_array(engine().run_prepared(sql, "rows_aside", pa.table({"fields": maps}))["json"])
