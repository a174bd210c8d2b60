"""The tables of the run before, from which an update goes on: rows about what was touched are told apart by hashing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from liandao.match_ids import join_key
from transforms.match.arrays import Flags, Ints, among, hash_texts

SIDES = {"clusters": ("",), "pairs": ("left_", "right_"), "review": ("left_", "right_")}
"""The records that a row of each table is about, by the prefix of their columns."""


@dataclass(frozen=True, slots=True)
class Before:
    """A table as it was. ``keys``: for each record that a row is about, the key of what stands for it."""

    rows: pa.Table
    keys: tuple[Ints, ...]

    def about(self, records: Ints) -> Flags:
        """Whether each row is about one of these records (their keys)."""
        found: Flags = np.any([among(keys, records) for keys in self.keys], axis=0)
        return found

    def carried(self, fresh: pa.Table, touched: Ints, sides: Sequence[str], qualified: bool) -> pa.Table:
        """Rows about records that the update did not touch, and those of ``fresh`` about the others."""
        anew = Before(fresh, keys_of(fresh, sides, qualified)).about(touched)
        kept = self.rows.filter(pa.array(~self.about(touched)))
        return pa.concat_tables([kept, alike(fresh.filter(pa.array(anew)), self.rows)])


def read_before(out: Path, name: str, qualified: bool) -> Before:
    """A table of the run before. What repeats in every row stays encoded: it is carried on as it is."""
    path = out / f"{name}.parquet"
    coded = [n for n in pq.read_schema(path).names if n == "grade" or n.endswith(("_source", "_level"))]
    rows = pq.read_table(path, memory_map=True, pre_buffer=False, read_dictionary=coded)
    return Before(rows, keys_of(rows, SIDES[name], qualified))


def keys_of(rows: pa.Table, sides: Sequence[str], qualified: bool) -> tuple[Ints, ...]:
    """The keys of the records that each row is about; ``qualified``: they are known by source and id."""
    return tuple(_key(rows, side, qualified) for side in sides)


def _key(rows: pa.Table, side: str, qualified: bool) -> Ints:
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
