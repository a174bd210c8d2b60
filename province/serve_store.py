"""Where rendered rows wait to be served: one memory-mapped Arrow file per platform and stream under ``province/data``.

Rows of HTTP platforms are kept as the JSON text they will be sent as, so that a page is a slice of bytes; rows of all
others are kept as columns of text.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from province.rendering import OWN
from province.rendering_text import Column

JSON = "_json"
NEEDS_ESCAPE = r'["\\\x00-\x1f]'
Moments: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"


def save_rows(rows: pa.Table, path: Path, *, as_json: bool) -> None:
    """Keep one rendered stream (see :func:`province.rendering.render`)."""
    kept = _with_json(rows) if as_json else rows
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, kept.schema) as writer:
        writer.write_table(kept.combine_chunks())


def load_rows(path: Path, as_of: datetime) -> pa.Table:
    """The rows that a platform shows at ``as_of``: every key's version of that moment, in order of change.

    Memory-mapped: costs no memory as long as no key has two versions.
    """
    table = _mapped(path)
    rows = table.slice(0, _count_until(table, as_of))
    is_shown = _numbers(rows, "_until") > _microseconds(as_of)
    return rows if is_shown.all() else rows.filter(_bits(is_shown))


def load_history(path: Path, as_of: datetime) -> pa.Table:
    """Every version of every row changed up to ``as_of`` (files keep what was written into them)."""
    table = _mapped(path)
    return table.slice(0, _count_until(table, as_of))


def own_fields(rows: pa.Table) -> pa.Table:
    """The platform's own fields alone."""
    return rows.drop_columns([c for c in OWN if c in rows.column_names])


def _mapped(path: Path) -> pa.Table:
    with pa.memory_map(str(path), "r") as source:
        return pa.ipc.open_file(source).read_all()


def _count_until(table: pa.Table, as_of: datetime) -> int:
    return int(np.searchsorted(moments_of(table), _microseconds(as_of), side="right"))


def moments_of(table: pa.Table) -> Moments:
    """Change times in microseconds since 1970, ascending."""
    return _numbers(table, "_at")


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


# The two below go by the buffers: pa.array(), pa.scalar() and to_numpy() would each bring in pandas, which costs the
# server a second and a half of start-up and a hundred megabytes.


def _numbers(table: pa.Table, name: str) -> Moments:
    numbers = table.column(name).combine_chunks()
    return np.frombuffer(numbers.buffers()[1], np.int64)[numbers.offset :][: len(numbers)]


def _bits(mask: np.ndarray) -> pa.BooleanArray:
    packed = pa.py_buffer(np.packbits(mask, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.bool_(), len(mask), [None, packed])


def _with_json(rows: pa.Table) -> pa.Table:
    fields = own_fields(rows)
    pieces: list[Column] = []
    for number, name in enumerate(fields.column_names):
        pieces.append(("{" if number == 0 else ",") + orjson.dumps(name).decode() + ":")
        pieces.append(_json_values(fields.column(name).combine_chunks(), may_be_one=number > 0))
    written = pc.binary_join_element_wise(*pieces, "},", "") if rows.num_rows else pa.nulls(0, pa.string())
    # Servers cut pages by 32-bit offsets; a stream rendered from large strings has 64-bit ones until here.
    return pa.table({name: rows.column(name) for name in OWN} | {JSON: pc.cast(written, pa.string())})


def _json_values(values: Column, *, may_be_one: bool) -> Column:
    """Each text as JSON; a single one, where allowed, when they are all the same."""
    if may_be_one and len(values) and pc.all(pc.equal(values, values[0]), skip_nulls=False).as_py():
        return orjson.dumps(values[0].as_py()).decode()
    if pc.any(pc.match_substring_regex(values, NEEDS_ESCAPE), min_count=0).as_py():
        return pa.array([orjson.dumps(v).decode() for v in values.to_pylist()], pa.string())
    return pc.fill_null(pc.binary_join_element_wise('"', values, '"', ""), "null")
