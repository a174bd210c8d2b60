"""The model that estimation learns and scoring applies: Fellegi–Sunter with two kinds of non-match.

A pair of records is a match (M), two members of one household (H) or two strangers (S). Given its kind, fields are
taken as independent; what household members share (address, telephone, a twin's birthday) is thereby explained without
being counted as evidence of identity. Match weight = log2 of P(M | levels) / P(not M | levels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Floats, Ints, Levels
from transforms.match.compare.kind import NULL, Kind
from transforms.match.normalise import Normalised


@dataclass(frozen=True, slots=True)
class Model:
    """``m``, ``house``, ``stranger``: per field the probability of each level (index 0, the null level, is 1).

    ``others``: per field, level -> for each distinct value the probability that a stranger agrees at that level
    by chance. ``shares``: shares of pairs that are matches and housemates.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    m: tuple[Floats, ...]
    house: tuple[Floats, ...]
    stranger: tuple[Floats, ...]
    others: tuple[dict[int, Floats], ...]
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


def count_once(levels: Levels, kinds: tuple[Kind, ...], implied: tuple[tuple[int, int], ...]) -> Levels:
    """Set the agreement of implied fields to null where the implying field agrees (in place); returns ``levels``."""
    for source, target in implied:
        agreeing = np.array([False, *(level.agrees for level in kinds[source].levels)])
        levels[target, agreeing[levels[source]] & (levels[target] == 1)] = NULL
    return levels


def pack(levels: Levels) -> Ints:
    """One integer for each pair's levels (at most 15 levels a field and 15 fields: 4 bits each)."""
    packed = np.zeros(levels.shape[1], dtype=np.int64)
    for field_levels in levels:
        packed = packed << 4 | field_levels
    return packed


def distinct_patterns(levels: Levels) -> tuple[Levels, Ints]:
    """Distinct columns of fields x pairs and how often each occurs (a few thousand stand for millions of pairs)."""
    found, counts = np.unique(pack(levels), return_counts=True)
    shifts = np.arange(len(levels) - 1, -1, -1)[:, None] * 4
    return (found[None, :] >> shifts & 15).astype(np.uint8), counts.astype(np.int64)


def leave_out_implied(levels: Levels, kinds: tuple[Kind, ...], implied: tuple[tuple[int, int], ...]) -> Levels:
    """A copy in which implied fields are null wherever the implying field agrees: such pairs can't teach their m."""
    kept = levels.copy()
    for source, target in implied:
        agreeing = np.array([False, *(level.agrees for level in kinds[source].levels)])
        kept[target, agreeing[levels[source]]] = NULL
    return kept


def stranger_chance(model: Model, nodes: Normalised, field: int, levels: Levels, left: Ints) -> Floats:
    """P(level | strangers) of one field for each pair, by the frequency of the value where the level says so."""
    chance = model.stranger[field][levels]
    codes = nodes.columns[field].codes
    for level, of_value in model.others[field].items():
        rows = np.flatnonzero(levels == level)
        chance[rows] = of_value[codes[left[rows]]]
    return chance
