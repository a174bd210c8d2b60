"""Comparison by levels, field by field. A field with few distinct values is compared once, as a table of levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.errors import ConfigurationError
from transforms.match.arrays import Ints, Levels
from transforms.match.compare.address_zh import AddressZh
from transforms.match.compare.category import Category
from transforms.match.compare.date import Date
from transforms.match.compare.identity_number import IdentityNumber
from transforms.match.compare.kind import NULL, Column, Kind
from transforms.match.compare.person_name_zh import PersonNameZh
from transforms.match.compare.phone import Phone

BATCH = 65_536
"""Pairs compared at once: few enough for their characters to stay in the cache."""

KINDS: dict[str, type[Kind]] = {
    "person_name_zh": PersonNameZh,
    "identity_number": IdentityNumber,
    "phone": Phone,
    "date": Date,
    "address_zh": AddressZh,
    "category": Category,
}
"""Kind by the word that a configuration uses."""


def kind_of(word: str, options: dict[str, object]) -> Kind:
    """The kind that a configuration names, with its options; raises ConfigurationError."""
    if word not in KINDS:
        raise ConfigurationError(
            f"no such kind of field: {word}", where="match configuration", expected=", ".join(KINDS)
        )
    return KINDS[word](**options)


def compare_pairs(kinds: Sequence[Kind], columns: Sequence[Column], left: Ints, right: Ints) -> Levels:
    """Levels of pairs of rows: an array fields x pairs. Swapping left and right changes nothing."""
    levels = np.empty((len(kinds), len(left)), dtype=np.uint8)
    for f, (kind, column) in enumerate(zip(kinds, columns, strict=True)):
        table = _level_table(kind, column) if column.size**2 < len(left) else None
        for start in range(0, len(left), BATCH):
            part = slice(start, start + BATCH)
            levels[f, part] = _compare_field(kind, column, column.codes[left[part]], column.codes[right[part]], table)
    return levels


def _compare_field(kind: Kind, column: Column, left: Ints, right: Ints, table: Levels | None) -> Levels:
    levels = np.full(len(left), NULL, dtype=np.uint8)
    low, high = np.minimum(left, right), np.maximum(left, right)
    same = (low == high) & (low >= 0)
    levels[same] = column.equal_level[low[same]]
    rest = np.flatnonzero((low >= 0) & (low < high))
    levels[rest] = kind.compare(column, low[rest], high[rest]) if table is None else table[low[rest], high[rest]]
    return levels


def _level_table(kind: Kind, column: Column) -> Levels:
    """The level of every pair of distinct values: for a field with few of them, cheaper than comparing each pair."""
    low, high = np.triu_indices(column.size, k=1)
    table = np.full((column.size, column.size), NULL, dtype=np.uint8)
    table[low, high] = kind.compare(column, low.astype(np.int64), high.astype(np.int64))
    return table
