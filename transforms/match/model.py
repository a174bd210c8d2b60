"""The model that estimation learns and scoring applies: Fellegi–Sunter with two kinds of non-match.

A pair of records is a match (M), two members of one household (H) or two strangers (S). Given its kind, fields are
taken as independent; what household members share (address, telephone, a twin's birthday) is thereby explained without
being counted as evidence of identity. Match weight = log2 of P(M | levels) / P(not M | levels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from transforms.match.arrays import Floats, Ints, Levels
from transforms.match.compare.kind import NULL, Kind

FLOOR = 1e-7
"""No chance is smaller: nothing that was learnt from a sample can be worth more."""
MOST_FIELDS = 16
BITS = 4
"""Bits of a level in a packed pattern."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many entities hold each value of a feature. ``keys``: values held by several (ascending), ``holders``: how
    many; ``unseen``: expected further holders of a value held by one; ``entities``: all entities."""

    feature: str
    keys: Ints
    holders: Ints
    unseen: float
    entities: int

    def chance(self, values: Ints) -> Floats:
        """The probability that a stranger shares each value."""
        place = np.minimum(np.searchsorted(self.keys, values), max(len(self.keys) - 1, 0))
        others = np.zeros(len(values))
        if len(self.keys):
            others = np.where(self.keys[place] == values, self.holders[place] - 1.0, 0.0)
        return np.clip((others + self.unseen) / max(self.entities, 1), FLOOR, 1.0)


@dataclass(frozen=True, slots=True)
class Model:
    """``m``, ``house``, ``stranger``: per field the probability of each level (index 0, the null level, is 1).

    ``frequencies``: per field, level -> how often its values are held, where the level's worth goes by that.
    ``match_share``, ``house_share``: shares of all pairs that are matches and housemates.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    m: tuple[Floats, ...]
    house: tuple[Floats, ...]
    stranger: tuple[Floats, ...]
    frequencies: tuple[dict[int, Frequency], ...]
    implied: tuple[tuple[int, int], ...]
    match_share: float
    house_share: float
    entities: int

    def readable(self) -> list[dict[str, object]]:
        """One entry for each level of each field: m, u and the weight in bits, rounded."""
        rows: list[dict[str, object]] = []
        for name, kind, m, house, u in zip(self.names, self.kinds, self.m, self.house, self.stranger, strict=True):
            rows.extend(
                {
                    "field": name,
                    "level": level.name,
                    "m": round(float(m[i]), 6),
                    "u": float(f"{u[i]:.3g}"),
                    "household": float(f"{house[i]:.3g}"),
                    "weight": round(float(np.log2(m[i] / u[i])), 2),
                    "by_frequency": level.by is not None,
                }
                for i, level in enumerate(kind.levels, start=1)
            )
        return rows


@numba.njit(cache=True, nogil=True)
def pack(levels: Levels) -> Ints:
    """One integer for each pair's levels (fields x pairs; at most 15 levels a field and 16 fields)."""
    packed = np.zeros(levels.shape[1], dtype=np.int64)
    for k in range(levels.shape[1]):
        for f in range(levels.shape[0]):
            packed[k] = packed[k] << BITS | levels[f, k]
    return packed


@numba.njit(cache=True, nogil=True)
def unpack(packed: Ints, fields: int) -> Levels:
    """The levels (fields x pairs) of packed patterns."""
    levels = np.empty((fields, len(packed)), dtype=np.uint8)
    for k in range(len(packed)):
        for f in range(fields):
            levels[f, k] = packed[k] >> (BITS * (fields - 1 - f)) & 15
    return levels


def distinct_patterns(packed: Ints, fields: int) -> tuple[Levels, Ints]:
    """Distinct patterns (fields x patterns) and how often each occurs: a few thousand stand for millions of pairs."""
    ordered = np.sort(packed)
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else np.empty(0, np.int64)
    return unpack(ordered[first], fields), np.diff(np.append(first, len(ordered))).astype(np.int64)


def leave_out_implied(levels: Levels, kinds: tuple[Kind, ...], implied: tuple[tuple[int, int], ...]) -> Levels:
    """A copy in which implied fields are null wherever the implying field agrees: such pairs can't teach their m."""
    kept = levels.copy()
    for source, target in implied:
        agreeing = np.array([False, *(level.agrees for level in kinds[source].levels)])
        kept[target, agreeing[levels[source]]] = NULL
    return kept
