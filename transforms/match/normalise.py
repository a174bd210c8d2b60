"""Normalise: read every configured column by its kind, rows in the order of their record ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from transforms.match.arrays import Ints, mix
from transforms.match.compare import kind_of
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig


@dataclass(frozen=True, slots=True)
class Normalised:
    """The input, read. ``order``: input row of each record, ascending by record id; columns follow that order."""

    order: Ints
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[Column, ...]

    def key(self, features: Sequence[str]) -> Ints:
        """One key for each row over features written ``field.feature``; ABSENT where one is absent."""
        return mix([self.feature(feature) for feature in features])

    def feature(self, written: str) -> Ints:
        """The codes of one feature for each row; raises ConfigurationError for an unknown one."""
        name, _, feature = written.partition(".")
        if name not in self.names or feature not in self.columns[self.names.index(name)].features:
            raise ConfigurationError(f"no such feature: {written}", where="match configuration")
        return self.columns[self.names.index(name)].feature(feature)

    def at(self, rows: Ints) -> Normalised:
        """The same for a choice of rows."""
        return Normalised(self.order[rows], self.names, self.kinds, tuple(c.at(rows) for c in self.columns))


def normalise(table: pa.Table, config: MatchConfig) -> Normalised:
    """Read ``table``. Raises ConfigurationError when a column is missing or a record id is null or met twice."""
    missing = [f.name for f in config.fields if f.name not in table.column_names]
    if config.record_id not in table.column_names or missing:
        raise ConfigurationError(
            "columns are missing", where="match input", expected=", ".join([config.record_id, *missing])
        )
    ids = table.column(config.record_id)
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)
    ordered = ids.take(pa.array(order)).combine_chunks()
    if ids.null_count or (len(ids) > 1 and pc.any(pc.equal(ordered[1:], ordered[:-1])).as_py()):
        raise ConfigurationError("record ids are null or not unique", where=f"match input, column {config.record_id}")
    kinds = tuple(kind_of(f.kind, f.options) for f in config.fields)
    columns = tuple(k.read(table.column(f.name)).at(order) for f, k in zip(config.fields, kinds, strict=True))
    return Normalised(order, tuple(f.name for f in config.fields), kinds, columns)
