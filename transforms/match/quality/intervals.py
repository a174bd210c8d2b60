"""Estimates with 95 % intervals. Draws are seeded: the same input gives the same interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Floats

LEVEL = 0.95
Z = 1.959964
"""Standard deviations on either side of 95 % of a normal distribution."""
DRAWS = 4000
SEED = 20260930


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio with its 95 % interval, and how it was had."""

    value: float
    lower: float
    upper: float
    method: str

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON, rounded."""
        parts = {"value": self.value, "lower": self.lower, "upper": self.upper}
        return {name: round(float(v), 6) for name, v in parts.items()} | {"method": self.method}


def draw_sum(mean: float, variance: float, generator: np.random.Generator) -> Floats:
    """Draws of a sum of independent 0/1 events with unequal sizes, as a gamma of the same mean and variance.

    Never negative and skewed to the right, as a small number of errors is; an empty sum is 0 throughout.
    """
    if mean <= 0 or variance <= 0:
        return np.full(DRAWS, max(mean, 0.0))
    drawn: Floats = generator.gamma(mean * mean / variance, variance / mean, DRAWS)
    return drawn


def quantiles(draws: Floats) -> tuple[float, float]:
    """Lower and upper end of the 95 % interval of the draws."""
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(lower), float(upper)
