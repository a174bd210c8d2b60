"""Comparison by levels: values are compared once per distinct pair, records only look the result up."""

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
        raise ConfigurationError(f"no such kind of field: {word}", where="match configuration", expected=", ".join(KINDS))
    return KINDS[word](**options)


def compare_pairs(kinds: Sequence[Kind], columns: Sequence[Column], left: Ints, right: Ints) -> Levels:
    """Levels of pairs of rows: an array fields x pairs. Swapping left and right changes nothing."""
    levels = np.empty((len(kinds), len(left)), dtype=np.uint8)
    for f, (kind, column) in enumerate(zip(kinds, columns, strict=True)):
        levels[f] = _compare_field(kind, column, column.codes[left], column.codes[right])
    return levels


def _compare_field(kind: Kind, column: Column, left: Ints, right: Ints) -> Levels:
    levels = np.full(len(left), NULL, dtype=np.uint8)
    low, high = np.minimum(left, right), np.maximum(left, right)
    same = (low == high) & (low >= 0)
    levels[same] = column.equal_level[low[same]]
    rest = np.flatnonzero((low >= 0) & (low < high))
    if len(rest):
        distinct, inverse = np.unique(low[rest] * column.size + high[rest], return_inverse=True)
        levels[rest] = kind.compare(column, distinct // column.size, distinct % column.size)[inverse]
    return levels
