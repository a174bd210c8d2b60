"""Comparison by levels, field by field. A field with few distinct values is compared once, as a table of levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numba
import numpy as np

from schemas.errors import ConfigurationError
from transforms.match.arrays import Codes, Levels
from transforms.match.compare.address import Address
from transforms.match.compare.address_zh import AddressZh
from transforms.match.compare.category import Category
from transforms.match.compare.date import Date
from transforms.match.compare.identifier import Identifier
from transforms.match.compare.identity_number import IdentityNumber
from transforms.match.compare.kind import NULL, Column, Kind
from transforms.match.compare.number import Number
from transforms.match.compare.person_name import PersonName
from transforms.match.compare.person_name_zh import PersonNameZh
from transforms.match.compare.phone import Phone
from transforms.match.compare.source import Source
from transforms.match.compare.text import Text

KINDS: dict[str, type[Kind]] = {
    "person_name_zh": PersonNameZh,
    "person_name": PersonName,
    "identity_number": IdentityNumber,
    "phone": Phone,
    "date": Date,
    "address_zh": AddressZh,
    "address": Address,
    "category": Category,
    "number": Number,
    "text": Text,
    "identifier": Identifier,
    "source": Source,
}
"""Kind by the word that a configuration uses."""


def kind_of(word: str, options: dict[str, object]) -> Kind:
    """The kind that a configuration names, with its options; raises ConfigurationError.

    Option ``m`` of any kind: level -> expected share among matches, where estimation starts from.
    """
    if word not in KINDS:
        raise ConfigurationError(
            f"no such kind of field: {word}", where="match configuration", expected=", ".join(KINDS)
        )
    kind = KINDS[word](**{name: value for name, value in options.items() if name != "m"})
    expected = options.get("m")
    if isinstance(expected, dict) and expected:
        levels = tuple(replace(level, m=expected.get(level.name, level.m)) for level in kind.levels)
        vars(kind)["levels"] = levels
    return kind


def compare_pairs(kinds: Sequence[Kind], columns: Sequence[Column], left: Codes, right: Codes) -> Levels:
    """Levels of pairs of rows: an array fields x pairs. Swapping left and right changes nothing."""
    levels = np.empty((len(kinds), len(left)), dtype=np.uint8)
    for f, (kind, column) in enumerate(zip(kinds, columns, strict=True)):
        table = _level_table(kind, column) if column.size**2 < len(left) else None
        levels[f] = _compare_field(kind, column, left, right, table)
    return levels


def _compare_field(kind: Kind, column: Column, left: Codes, right: Codes, table: Levels | None) -> Levels:
    levels, rest, low, high = _equal(column.codes, column.equal_level, left, right)
    levels[rest] = kind.compare(column, low, high) if table is None else table[low, high]
    return levels


@numba.njit(cache=True, nogil=True)
def _equal(codes: Codes, equal_level: Levels, left: Codes, right: Codes) -> tuple[Levels, Codes, Codes, Codes]:
    """Levels where values are equal or absent; the other pairs, with the codes of their values (low < high)."""
    levels = np.zeros(len(left), dtype=np.uint8)
    rest, low, high = np.empty(len(left), np.int32), np.empty(len(left), np.int32), np.empty(len(left), np.int32)
    count = 0
    for k in range(len(left)):
        a, b = codes[left[k]], codes[right[k]]
        if a < 0 or b < 0:
            continue
        if a == b:
            levels[k] = equal_level[a]
        else:
            rest[count], low[count], high[count] = k, min(a, b), max(a, b)
            count += 1
    return levels, rest[:count], low[:count], high[:count]


def _level_table(kind: Kind, column: Column) -> Levels:
    """The level of every pair of distinct values: for a field with few of them, cheaper than comparing each pair."""
    low, high = (side.astype(np.int32) for side in np.triu_indices(column.size, k=1))
    table = np.full((column.size, column.size), NULL, dtype=np.uint8)
    table[low, high] = kind.compare(column, low, high)
    return table
