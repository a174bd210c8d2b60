"""Bands: all compared pairs by match weight, counted chunk by chunk before most are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Floats, Ints

LOWEST, HIGHEST = -40, 60
"""Bits; what lies beyond is counted in the outermost band. A band is one bit wide."""
FORBIDDEN = -99.0
"""The weight that a hard contradiction has; such pairs are counted apart."""


@dataclass(frozen=True, slots=True)
class Bands:
    """``pairs``: pairs in each band from LOWEST up; ``expected``: matches expected among them (sum of probabilities);
    ``contradictory``: pairs with a hard contradiction, which are in no band."""

    pairs: Ints
    expected: Floats
    contradictory: int

    def __add__(self, other: Bands) -> Bands:
        """Both counted together."""
        return Bands(self.pairs + other.pairs, self.expected + other.expected, self.contradictory + other.contradictory)

    def rows(self) -> Iterator[tuple[int, int, float]]:
        """Lowest weight, pairs and expected matches of each band that has pairs."""
        for row in np.flatnonzero(self.pairs).tolist():
            yield LOWEST + row, int(self.pairs[row]), float(self.expected[row])

    def expected_below(self, weight: float) -> float:
        """Matches expected among pairs below a weight (whole bits)."""
        return float(self.expected[: max(int(np.floor(weight)) - LOWEST, 0)].sum())


def bands_of(weight: Floats) -> Bands:
    """Count pairs by weight."""
    known = weight[weight > FORBIDDEN]
    index = np.clip(np.floor(known).astype(np.int64), LOWEST, HIGHEST - 1) - LOWEST
    count = HIGHEST - LOWEST
    chance = 1 / (1 + np.exp2(-np.clip(known, -200, 200)))
    pairs = np.bincount(index, minlength=count).astype(np.int64)
    expected = np.bincount(index, chance, count).astype(np.float64)
    return Bands(pairs, expected, len(weight) - len(known))
