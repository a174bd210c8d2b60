"""The tables of the run before, from which an update goes on: rows about what was touched are told apart by hashing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from liandao.match_ids import join_key
from transforms.match.arrays import Flags, Ints, among
from transforms.match.texts import hash_texts

SIDES = ("left_", "right_")
"""The two records that a row of pairs or review is about, by the prefix of their columns."""


class Before:
    """A table as it was, read part by part. What repeats in every row stays encoded: it is carried on as it is."""

    def __init__(self, out: Path, name: str, qualified: bool) -> None:
        path = out / f"{name}.parquet"
        coded = [n for n in pq.read_schema(path).names if n == "grade" or n.endswith(("_source", "_level"))]
        self.file = pq.ParquetFile(path, memory_map=True, pre_buffer=False, read_dictionary=coded)
        self.qualified = qualified

    def parts(self) -> Iterator[pa.Table]:
        """Its rows, a row group at a time; one part without rows where there are none."""
        for group in range(self.file.num_row_groups):
            yield self.file.read_row_group(group)
        if not self.file.num_row_groups:
            yield self.file.read()

    def carried(self, fresh: pa.Table, touched: Ints) -> Iterator[pa.Table]:
        """Rows about records that the update did not touch, then those of ``fresh`` about the others."""
        part = None
        for part in self.parts():
            yield part.filter(pa.array(~self.about(part, touched)))
        yield alike(fresh.filter(pa.array(self.about(fresh, touched))), part)

    def about(self, rows: pa.Table, records: Ints) -> Flags:
        """Whether each row, of a pair, is about one of these records (their keys)."""
        left, right = (among(keys_of(rows, side, self.qualified), records) for side in SIDES)
        return left | right


def keys_of(rows: pa.Table, side: str, qualified: bool) -> Ints:
    """The key of the record (of a side, or of clusters: no side) that each row is about; ``qualified``: records are
    known by source and id."""
    ids = rows.column(f"{side}id" if side else "record_id").cast(pa.string())
    texts = join_key(rows.column(f"{side}source").cast(pa.string()), ids) if qualified else ids
    return np.concatenate([np.empty(0, np.int64), *(hash_texts(chunk) for chunk in texts.chunks)])


def alike(table: pa.Table, before: pa.Table) -> pa.Table:
    """Columns in the order and of the types of a table that was there before."""
    columns = []
    for field in before.schema:
        column = table.column(field.name)
        coded = pa.types.is_dictionary(field.type)
        columns.append(column.cast(pa.string()).dictionary_encode() if coded else column.cast(field.type))
    return pa.table(columns, schema=before.schema)
