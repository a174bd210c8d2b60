"""Layers: a table that a night changes without reading or writing what stays.

The lowest layer is what a full run wrote. Each night puts a layer on top that says anew what it says of its keys: rows,
or that there are none. Layers lie in mapped files that never change, so that a copy of a register is a link; small ones
are merged as they come (each layer is half as large again as the one above it, at least), so that there are always few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from schemas.durable import sync
from transforms.match.arrays import Flags, Ints, distinct
from transforms.match.register.index import Index, as_mapped

STEP = 1.5
"""How many times as large a layer is than the one above it, at least.

With nights of 1 % a row is written again about three times before the lowest layer takes it in, and four layers are
asked; with 4 it would be five times and three layers, and the lowest be written anew three times as often.
"""
COLUMN, SAID, BOUNDS, ENTRIES = "column", "said", "bounds", "entries"
"""What the arrays in a layer's file are called; all but ``said`` with the name of the column behind it."""


@dataclass(frozen=True, slots=True)
class TableKind:
    """What a table of a register is: its columns, the key that says which rows are replaced together, and the columns
    that rows are looked up by (columns of keys)."""

    schema: pa.Schema
    key: str
    indexed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """``rows``: what this layer holds; ``said``: the keys, ascending, of which lower layers don't count any more;
    ``indexes``: of each column that rows are looked up by, and of ``said`` (under this name)."""

    rows: pa.RecordBatch
    indexes: dict[str, Index]
    said: Ints

    @classmethod
    def of(cls, rows: pa.Table, kind: TableKind, said: Ints) -> Layer:
        """A layer in memory."""
        batch, said = as_batch(rows, kind.schema), as_mapped(said)
        indexes = {name: Index.of(numbers(batch, name)) for name in kind.indexed}
        return cls(batch, indexes | {SAID: Index.of(said)}, said)

    @property
    def size(self) -> int:
        """What it costs to write it again."""
        return max(len(self.rows), len(self.said))

    def write(self, path: Path) -> None:
        """Write it to a new file that only its owner may read: one row, in which every array is a list."""
        arrays = {f"{COLUMN} {name}": self.rows.column(name) for name in self.rows.schema.names}
        arrays[SAID] = pa.array(self.said)
        for name, index in self.indexes.items():
            arrays |= {f"{BOUNDS} {name}": pa.array(index.bounds), f"{ENTRIES} {name}": pa.array(index.entries)}
        lists = [pa.LargeListArray.from_arrays(pa.array([0, len(a)], pa.int64()), a) for a in arrays.values()]
        batch = pa.RecordBatch.from_arrays(lists, list(arrays))
        path.touch(mode=0o600)
        with pa.ipc.new_file(str(path), batch.schema) as writer:
            writer.write_batch(batch)
        sync(path)

    @classmethod
    def read(cls, path: Path, kind: TableKind) -> Layer:
        """A layer in a mapped file: only what is looked at is read."""
        with pa.memory_map(str(path)) as mapped:
            batch = pa.ipc.open_file(mapped).get_batch(0)
        columns = [batch.column(f"{COLUMN} {name}").values for name in kind.schema.names]
        indexes = {
            name: Index(*(batch.column(f"{part} {name}").values.to_numpy() for part in (BOUNDS, ENTRIES)))
            for name in (*kind.indexed, SAID)
        }
        return cls(
            pa.RecordBatch.from_arrays(columns, schema=kind.schema), indexes, batch.column(SAID).values.to_numpy()
        )


class Layered:
    """A table in layers, lowest first; the first ``kept`` of them are on disk already."""

    def __init__(self, kind: TableKind, layers: Sequence[Layer] = ()) -> None:
        self.kind = kind
        self.layers = list(layers)
        self.kept = len(self.layers)

    def meet(self, name: str, wanted: Ints, columns: Sequence[str] | None = None) -> tuple[Ints, pa.Table]:
        """Rows whose ``name`` (an indexed column) is wanted: the place of each in ``wanted``, ascending, and they."""
        names = list(columns) if columns is not None else self.kind.schema.names
        places, parts = [np.empty(0, np.int64)], [self.kind.schema.empty_table().select(names)]
        for depth, layer in enumerate(self.layers):
            place, row = layer.indexes[name].meet(numbers(layer.rows, name), wanted)
            counts = self._counts(depth, row)
            if counts is not None:
                place, row = place[counts], row[counts]
            places.append(place)
            parts.append(_taken(layer.rows, names, row))
        place, rows = np.concatenate(places), pa.concat_tables(parts).combine_chunks()
        if sum(part.num_rows > 0 for part in parts) > 1:
            order = np.argsort(place, kind="stable")
            place, rows = place[order], rows.take(pa.array(order))
        return place, rows

    def where(self, name: str, wanted: Ints, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows whose ``name`` is wanted, in the order of wanted keys, again where a key is wanted again."""
        return self.meet(name, wanted, columns)[1]

    def holds(self, keys: Ints) -> Flags:
        """Whether there are rows with each of these keys."""
        held = np.zeros(len(keys), dtype=bool)
        held[self.meet(self.kind.key, keys, [self.kind.key])[0]] = True
        return held

    def all(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Every row: for what concerns everything."""
        names = list(columns) if columns is not None else self.kind.schema.names
        parts = [self.kind.schema.empty_table().select(names)]
        for depth, layer in enumerate(self.layers):
            counts = self._counts(depth, np.arange(layer.rows.num_rows))
            whole = pa.table({name: layer.rows.column(name) for name in names})
            parts.append(whole if counts is None else whole.filter(pa.array(counts)))
        return pa.concat_tables(parts)

    @property
    def size(self) -> int:
        """What it takes to write all layers again."""
        return sum(layer.size for layer in self.layers)

    def put(self, rows: pa.Table) -> None:
        """Add rows; they take the place of all rows with their keys."""
        if rows.num_rows:
            keys = rows.column(self.kind.key).to_numpy()
            self.layers.append(Layer.of(rows, self.kind, distinct(keys) if self.layers else np.empty(0, np.int64)))

    def remove(self, keys: Ints) -> None:
        """Take all rows with these keys away."""
        if len(keys) and self.layers:
            self.layers.append(Layer.of(self.kind.schema.empty_table(), self.kind, distinct(keys)))

    def merge(self) -> int:
        """Merge what came since the table was opened, and lower layers that are too small to stay beneath it; returns
        how many layers stay as they are."""
        if len(self.layers) > self.kept:
            size = sum(layer.size for layer in self.layers[self.kept :])
            while self.kept and self.layers[self.kept - 1].size < STEP * size:
                self.kept -= 1
                size += self.layers[self.kept].size
            self.layers[self.kept :] = [self._merged(self.kept)]
        return self.kept

    def _counts(self, depth: int, rows: Ints) -> Flags | None:
        """Which rows of a layer no higher layer speaks of; None for all of them."""
        above = [layer for layer in self.layers[depth + 1 :] if len(layer.said)]
        if not above or not len(rows):
            return None
        keys, counts = numbers(self.layers[depth].rows, self.kind.key)[rows], np.ones(len(rows), dtype=bool)
        for layer in above:
            counts &= ~layer.indexes[SAID].holds(layer.said, keys)
        return counts

    def _merged(self, lowest: int) -> Layer:
        upper = Layered(self.kind, self.layers[lowest:])
        if len(upper.layers) == 1:
            return upper.layers[0]
        said = distinct(np.concatenate([layer.said for layer in upper.layers])) if lowest else np.empty(0, np.int64)
        return Layer.of(upper.all(), self.kind, said)


def numbers(rows: pa.RecordBatch, name: str) -> Ints:
    """A column of keys as it lies in memory or in its file."""
    column: Ints = rows.column(name).to_numpy()
    return column


def as_batch(rows: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """A table as one batch of the columns of ``schema``."""
    columns = [rows.column(name).combine_chunks().cast(schema.field(name).type) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _taken(rows: pa.RecordBatch, names: list[str], places: Ints) -> pa.Table:
    which = pa.array(places)
    return pa.table({name: rows.column(name).take(which) for name in names})

