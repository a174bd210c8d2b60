"""Normalise: every field read into codes of distinct values; the table itself is not needed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from transforms.match.arrays import ABSENT, Codes, Flags, Ints, mix
from transforms.match.compare import kind_of
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.shelf import IN_MEMORY, Shelf
from transforms.match.texts import encode, hash_texts

READERS = 2
"""Fields read side by side: Arrow and the kernels let go of the interpreter."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """Rows (records, or nodes after collapsing) as codes, one column for each field."""

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[Column, ...]

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.columns[0].codes)

    def key(self, features: Sequence[str]) -> Ints:
        """One key for each row over features written ``field.feature``; ABSENT where one is absent."""
        return mix([self.feature(feature) for feature in features])

    def feature(self, written: str) -> Ints:
        """The codes of one feature (or of several joined by ' + ') for each row; ConfigurationError if unknown."""
        if " + " in written:
            return self.key(written.split(" + "))
        name, _, feature = written.partition(".")
        if name not in self.names or feature not in self.columns[self.names.index(name)].features:
            raise ConfigurationError(f"no such feature: {written}", where="match configuration")
        return self.columns[self.names.index(name)].feature(feature)

    def states(self, written: str | None) -> Flags:
        """Which rows have a value in the field of a feature, whatever the feature makes of it; none without a field."""
        if written is None:
            return np.zeros(self.size, dtype=bool)
        result: Flags = self.columns[self.names.index(written.partition(".")[0])].codes >= 0
        return result

    def contradict_themselves(self) -> Flags:
        """Rows that can't be one with any row of the same values: those of a source that holds every entity once."""
        result = np.zeros(self.size, dtype=bool)
        for kind, column in zip(self.kinds, self.columns, strict=True):
            hard = np.array([False, *(level.is_contradiction for level in kind.levels)])
            if hard[column.equal_level].any():
                result |= np.append(hard[column.equal_level], False)[column.codes]
        return result

    def at(self, rows: Codes | Ints) -> Normalised:
        """The same for a choice of rows."""
        return Normalised(self.names, self.kinds, tuple(c.at(rows) for c in self.columns))


def normalise(table: pa.Table, config: MatchConfig, shelf: Shelf = IN_MEMORY) -> Normalised:
    """Read the fields of ``table``, each distinct value once. Raises ConfigurationError when a column is missing."""
    missing = [f.name for f in config.fields if f.name not in table.column_names]
    if missing:
        raise ConfigurationError("columns are missing", where="match input", expected=", ".join(missing))
    kinds = tuple(kind_of(f.kind, f.options) for f in config.fields)
    fields = {f.name: (table.column(f.name), kind) for f, kind in zip(config.fields, kinds, strict=True)}
    # Most text first: the last field to be begun should not be the longest.
    begun = sorted(fields, key=lambda name: -fields[name][0].nbytes)
    with ThreadPoolExecutor(READERS) as pool:
        columns = dict(zip(begun, pool.map(lambda name: shelf.keep(_read(*fields[name])), begun), strict=True))
    return Normalised(tuple(fields), kinds, tuple(columns[name] for name in fields))


def _read(values: pa.ChunkedArray, kind: Kind) -> Column:
    raw, distinct = encode(values)
    column = kind.read(distinct)
    return replace(column, codes=np.append(column.codes, np.int32(ABSENT))[raw])


def record_keys(table: pa.Table, config: MatchConfig) -> Ints:
    """A stable key for each record id. Raises ConfigurationError when ids are missing, null or met twice."""
    if config.record_id not in table.column_names:
        raise ConfigurationError("columns are missing", where="match input", expected=config.record_id)
    ids = table.column(config.record_id).cast(pa.string()).combine_chunks()
    keys = hash_texts(ids)
    ordered = np.sort(keys)
    if (keys < 0).any() or (ordered[1:] == ordered[:-1]).any():
        counted = pc.value_counts(ids)
        twice = counted.filter(pc.greater(counted.field("counts"), 1)).field("values").to_pylist()
        raise not_unique(config, len(twice), int((keys < 0).sum()))
    return keys


def not_unique(config: MatchConfig, twice: int, empty: int) -> ConfigurationError:
    """The error for record ids that do not identify: how many are met more than once, and how many are empty."""
    return ConfigurationError(
        "record ids are null or not unique",
        where=f"match input, column {config.record_id}",
        expected="one id for each record",
        found=f"{twice} ids more than once, {empty} empty",
        next_step="name a column whose values are unique as id",
    )
