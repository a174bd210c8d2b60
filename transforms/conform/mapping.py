"""From the source's fields to the canonical columns: still text, folded, with the platform's codes translated.

Source names stay Arrow column names throughout; none ever becomes part of an SQL statement.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Table

from schemas.errors import ContractBroken
from schemas.platform_file import StreamFile
from schemas.streams import event_time
from transforms.conform.text import fold


@dataclass(frozen=True, slots=True)
class TextColumns:
    """Canonical column -> text, all of one length. ``raw``: as landed, for mapped columns only. ``text``: folded and
    translated, constants included; null where blank."""

    rows: int
    raw: dict[str, pa.Array]
    text: dict[str, pa.Array]


def map_fields(landed: pa.Table, file: StreamFile, table: Table, where: str) -> TextColumns:
    """Bring landed fields under their canonical names. Raises ContractBroken when a mapped field was not landed."""
    missing = [source for source in file.fields if source not in landed.column_names]
    if missing:
        raise ContractBroken(
            "mapped fields are not in the landed batch",
            where=where,
            expected=", ".join(file.fields),
            found="missing: " + ", ".join(missing),
            next_step="correct the platform file, then extract again",
        )
    raw = {column: one_array(landed[source]) for source, column in file.fields.items()}
    text = {name: _text(name, column, file.codes.get(name)) for name, column in raw.items()}
    constants = {n: pa.repeat(v, landed.num_rows).cast(pa.string()) for n, v in file.constants.items() if n not in text}
    ordered = {c.name: (text | constants)[c.name] for c in table.columns if c.name in text or c.name in constants}
    return TextColumns(landed.num_rows, raw, ordered)


def change_time_source(file: StreamFile, stream: str) -> str:
    """The column that says when a row changed: its own, or the event's time when the source sends no other."""
    sent = {*file.fields.values(), *file.constants}
    return "changed_at" if "changed_at" in sent else event_time(stream)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column as one contiguous array of text."""
    plain = column if column.type == pa.string() else column.cast(pa.string())
    joined = plain.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def _text(name: str, column: pa.Array, codes: dict[str, str] | None) -> pa.Array:
    folded = fold(column, keep_width=name.endswith("_text"))
    return translate_codes(folded, codes) if codes else folded


def translate_codes(column: pa.Array, codes: dict[str, str]) -> pa.Array:
    """Replace source values by canonical codes; a value that isn't listed stays (the row checks judge it).

    The listed values are folded like the data, so that a file may write them as the platform shows them.
    """
    keys = fold(pa.array(list(codes), pa.string()))
    at = pc.index_in(column, value_set=keys, skip_nulls=True)
    if at.null_count == len(at):
        return column
    return pc.coalesce(pc.take(pa.array(list(codes.values()), pa.string()), at), column)
