"""Score: match weight of each pair in bits, probability, and grade after the FHIR convention."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, fields

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Codes, Flags, Floats, Ints, Levels
from transforms.match.compare import compare_pairs
from transforms.match.compare.kind import Level
from transforms.match.config import MatchConfig
from transforms.match.model import BITS, Model, pack, unpack
from transforms.match.normalise import Normalised

CHUNK = 250_000
"""Pairs that are compared or scored at once: what bounds the memory of these stages."""
WORKERS = 2
WORTH_A_THREAD = 5_000
"""Pairs from which comparing them side by side is faster."""
NEVER = -99.0
"""Weight of a pair with a hard contradiction."""

NO, POSSIBLE, PROBABLE, CERTAIN = range(4)
GRADES = ("no", "possible", "probable", "certain")
CONTRADICTION, MASKED, NEEDS_PROOF, PROOF, AGREES = 1, 2, 4, 8, 16
LEVELS = 1 << BITS


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs with their evidence.

    ``levels``: fields x pairs; ``against``: sum of the negative weights (bits); ``house``: how much better housemates
    explain the pair than strangers do (bits, capped); ``grade``: index into GRADES.
    """

    left: Codes
    right: Codes
    levels: Levels
    weight: Floats
    against: Floats
    house: Floats
    grade: NDArray[np.int8]

    def where(self, rows: Ints | Flags) -> Scored:
        """A choice of pairs."""
        return Scored(*(getattr(self, f.name)[..., rows] for f in fields(self)))

    @property
    def probability(self) -> Floats:
        """Probability that the two are one."""
        return probability(self.weight)


def probability(weight: Floats) -> Floats:
    """Probability of a match weight (posterior log2 odds)."""
    result: Floats = 1 / (1 + np.exp2(-np.clip(weight, -200, 200)))
    return result


def join(parts: list[Scored]) -> Scored:
    """Put scored pairs together."""
    return Scored(*(np.concatenate([getattr(p, f.name) for p in parts], axis=-1) for f in fields(Scored)))


class Scorer:
    """The model made ready for a set of nodes: logarithms of all levels, and of the chance of each value."""

    def __init__(self, nodes: Normalised, model: Model, config: MatchConfig) -> None:
        self.model, self.config = model, config
        self._look_at(nodes)
        self.match, self.house, self.stranger = (_table(t) for t in (model.m, model.house, model.stranger))
        self.flags = np.zeros((len(model.kinds), LEVELS), dtype=np.uint8)
        for f, kind in enumerate(model.kinds):
            self.flags[f, 1 : len(kind.levels) + 1] = [_flags(level) for level in kind.levels]
        self.implied = np.array(model.implied, dtype=np.int64).reshape(-1, 2)
        self.chances, self.starts = self._chances()
        shares = model.match_share, max(model.house_share, 1e-12), 1 - model.match_share
        self.priors = np.log2(np.array(shares))
        certain = config.certain_field
        self.certain = -1 if certain is None else config.field_index(certain)
        self.limits = np.array([config.possible_weight, config.link_weight, config.certain_weight])

    def at(self, rows: Ints) -> Scorer:
        """The same for a choice of nodes."""
        other = copy(self)
        other._look_at(self.nodes.at(rows))
        return other

    def _look_at(self, nodes: Normalised) -> None:
        self.nodes, self.codes = nodes, np.stack([c.codes for c in nodes.columns], axis=1)

    def _chances(self) -> tuple[Floats, Ints]:
        """Log chances of all values of all levels that go by frequency, and where those of each level begin."""
        starts = np.full((len(self.model.kinds), LEVELS), -1, dtype=np.int64)
        parts, at = [np.empty(0)], 0
        for f, of_level in enumerate(self.model.frequencies):
            for level, frequency in of_level.items():
                starts[f, level] = at
                parts.append(np.log2(frequency.chance(self.nodes.columns[f].features[frequency.feature])))
                at += len(parts[-1])
        return np.concatenate(parts), starts

    def patterns(self, left: Codes, right: Codes) -> Ints:
        """The packed levels of pairs of nodes, compared in chunks side by side."""
        nodes = self.nodes
        return compare_in_chunks(nodes, left, right)

    def score(self, left: Codes, right: Codes, patterns: Ints | None = None) -> Scored:
        """Score pairs of nodes (``patterns``: their packed levels, if they have been compared before)."""
        patterns = self.patterns(left, right) if patterns is None else patterns
        weight, against, house, grade = _weigh(
            patterns,
            left,
            self.codes,
            (self.match, self.house, self.stranger),
            self.priors,
            (self.chances, self.starts),
            self.flags,
            self.implied,
            self.certain,
            self.limits,
        )
        return Scored(left, right, unpack(patterns, len(self.model.kinds)), weight, against, house, grade)


def compare_in_chunks(nodes: Normalised, left: Codes, right: Codes) -> Ints:
    """The packed levels of pairs of nodes."""
    step = int(np.clip(-(-len(left) // WORKERS), WORTH_A_THREAD, CHUNK))
    spans = [slice(i, i + step) for i in range(0, max(len(left), 1), step)]
    with ThreadPoolExecutor(WORKERS) as pool:
        packed = pool.map(lambda s: pack(compare_pairs(nodes.kinds, nodes.columns, left[s], right[s])), spans)
        return np.concatenate(list(packed))


def _table(levels_of: tuple[Floats, ...]) -> Floats:
    table = np.zeros((len(levels_of), LEVELS))
    for f, chances in enumerate(levels_of):
        table[f, : len(chances)] = np.log2(chances)
    return table


def _flags(level: Level) -> int:
    said = CONTRADICTION * level.is_contradiction | MASKED * level.is_masked | NEEDS_PROOF * level.needs_proof
    return int(said | PROOF * (level.agrees and (level.is_proof or not level.is_masked)) | AGREES * level.agrees)


@numba.njit(cache=True, nogil=True)
def _weigh(
    patterns: Ints,
    left: Codes,
    codes: Codes,
    tables: tuple[Floats, Floats, Floats],
    priors: Floats,
    by_value: tuple[Floats, Ints],
    flags: NDArray[np.uint8],
    implied: Ints,
    certain: int,
    limits: Floats,
) -> tuple[Floats, Floats, Floats, NDArray[np.int8]]:
    """Weight, weight against, excess of housemates over strangers, and grade of each pair."""
    count, width = len(patterns), codes.shape[1]
    weight, against, house = np.empty(count), np.zeros(count), np.empty(count)
    grade = np.zeros(count, dtype=np.int8)
    level, counted = np.empty(width, dtype=np.int64), np.empty(width, dtype=np.int64)
    for k in range(count):
        said = 0
        for f in range(width):
            level[f] = counted[f] = patterns[k] >> (BITS * (width - 1 - f)) & 15
            said |= flags[f, level[f]]
        for i in range(len(implied)):
            if flags[implied[i, 0], level[implied[i, 0]]] & AGREES and counted[implied[i, 1]] == 1:
                counted[implied[i, 1]] = 0  # its agreement is contained in the other's
        match, home, stranger = priors[0], priors[1], priors[2]
        for f in range(width):
            start = by_value[1][f, counted[f]]
            chance = tables[2][f, counted[f]] if start < 0 else by_value[0][start + codes[left[k], f]]
            match += tables[0][f, counted[f]]
            home += tables[1][f, counted[f]]
            stranger += chance
            against[k] += min(tables[0][f, counted[f]] - chance, 0.0)
        high, low = max(home, stranger), min(home, stranger)
        weight[k] = match - high - np.log2(1.0 + 2.0 ** (low - high))
        house[k] = min(max(home - stranger, -50.0), 50.0)
        is_proven = certain >= 0 and flags[certain, level[certain]] & PROOF
        if said & NEEDS_PROOF and not is_proven:
            weight[k] = min(weight[k], limits[1] - 1.0)
        if said & CONTRADICTION:
            weight[k] = NEVER
        grade[k] = (weight[k] >= limits[0]) + (weight[k] >= limits[1] and weight[k] >= limits[0])
        if certain >= 0 and level[certain] == 1 and weight[k] >= limits[2] and not said & MASKED:
            grade[k] = CERTAIN
    return weight, against, house, grade


def is_masked(levels: Levels, model: Model) -> Flags:
    """Whether any field agrees on visible positions only."""
    found = np.zeros(levels.shape[1], dtype=bool)
    for f, kind in enumerate(model.kinds):
        found |= np.array([False, *(level.is_masked for level in kind.levels)])[levels[f]]
    return found
