"""A sampling plan for clerical review: how many pairs of which weight a person must look at, and what follows from it.

Pairs are divided into strata by match weight and by whether they were linked. Within the linked ones the answers give
precision, within the others they give what was missed. Draws are allocated after Neyman (1934), in proportion to
N_h S_h, for the number that a half-width asks for (Cochran 1977, Sampling Techniques, sections 5.5 and 5.9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from transforms.match.arrays import Flags, Floats, Ints
from transforms.match.quality.intervals import Estimate, Z

EDGES = (-1.0, 1.0, 3.17, 5.0, 7.0, 10.0, 15.0)
LEAST_DOUBT = 0.02
"""A stratum is never believed to be purer than this, or nobody would look where the model is surest of itself."""
LEAST_DRAWN = 15
HALF_WIDTHS = (0.005, 0.01, 0.02, 0.05)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Pairs of one weight band (``lowest`` up to, but without, ``highest``; None: open), linked or not: how many there
    are, the share that the model expects to match, and how many to draw."""

    linked: bool
    lowest: float | None
    highest: float | None
    population: int
    expected_share: float
    draw: int

    @property
    def deviation(self) -> float:
        """Standard deviation of one answer, as believed beforehand."""
        share = min(max(self.expected_share, LEAST_DOUBT), 1 - LEAST_DOUBT)
        return float(np.sqrt(share * (1 - share)))

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def needed(strata: Sequence[tuple[int, float]], half_width: float, of: float) -> int:
    """Draws for which the estimated count has a 95 % half-width of ``half_width * of`` under Neyman allocation.

    ``strata``: (population N, deviation S). n = (sum N S)^2 / ((half_width of / z)^2 + sum N S^2).
    """
    spread = sum(n * s for n, s in strata)
    return int(np.ceil(spread**2 / ((half_width * of / Z) ** 2 + sum(n * s * s for n, s in strata)))) if spread else 0


def allocate(strata: Sequence[tuple[int, float]], total: int) -> list[int]:
    """Neyman: draws in proportion to N S, at least LEAST_DRAWN and at most the population of a stratum."""
    spread = sum(n * s for n, s in strata)
    return [min(n, max(LEAST_DRAWN, int(np.ceil(total * n * s / spread)))) if spread else 0 for n, s in strata]


def stratum_of(weight: Floats, linked: Flags) -> Ints:
    """Index of the stratum of each pair: bands of weight, first of those apart, then of those linked."""
    band: Ints = np.searchsorted(EDGES, weight, side="right") + linked * (len(EDGES) + 1)
    return band.astype(np.int64)


def plan(weight: Floats, probability: Floats, linked: Flags, half_width: float = 0.01) -> list[Stratum]:
    """The strata that have pairs, with the draws that bring precision (among the linked) and recall (by what is missed
    among the others, measured against the number linked) within ``half_width``."""
    of = stratum_of(weight, linked)
    count = np.bincount(of, minlength=2 * len(EDGES) + 2)
    share = np.bincount(of, probability, len(count)) / np.maximum(count, 1)
    empty = [_stratum(i, int(count[i]), float(share[i]), 0) for i in range(len(count)) if count[i]]
    base = max(int(linked.sum()), 1)
    filled = []
    for side in (False, True):
        group = [s for s in empty if s.linked is side]
        sizes = [(s.population, s.deviation) for s in group]
        draws = allocate(sizes, needed(sizes, half_width, base))
        filled += [
            Stratum(s.linked, s.lowest, s.highest, s.population, s.expected_share, d)
            for s, d in zip(group, draws, strict=True)
        ]
    return filled


def _stratum(index: int, population: int, share: float, draw: int) -> Stratum:
    linked, band = divmod(index, len(EDGES) + 1)
    lowest = EDGES[band - 1] if band else None
    highest = EDGES[band] if band < len(EDGES) else None
    return Stratum(bool(linked), lowest, highest, population, round(share, 4), draw)


def draw_pairs(strata: Sequence[Stratum], of: Ints, keys: Ints) -> Ints:
    """Rows of the drawn pairs. Which are drawn depends on their record ids alone: neither on chance nor on order.

    ``of``: stratum of each pair (:func:`stratum_of`); ``keys``: of each pair, made of its record ids.
    """
    order = np.lexsort((keys, of))
    starts = np.searchsorted(of[order], np.arange(2 * len(EDGES) + 3))
    chosen = []
    for stratum in strata:
        band = 0 if stratum.lowest is None else EDGES.index(stratum.lowest) + 1
        start = starts[band + stratum.linked * (len(EDGES) + 1)]
        chosen.append(order[start : start + stratum.draw])
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def share_from_answers(answers: Sequence[tuple[int, int, int]]) -> Estimate:
    """Share of matching pairs over strata from answers: (population, drawn, said to match) of each.

    p = sum N_h p_h / N; variance sum (N_h / N)^2 (1 - n_h / N_h) p (1 - p) / (n_h - 1) with p = (y + 1) / (n + 2), so
    that a stratum in which all answers agree is not taken to be without doubt.
    """
    whole = sum(n for n, _, _ in answers)
    value = sum(n * yes / drawn for n, drawn, yes in answers if drawn) / max(whole, 1)
    variance = 0.0
    for population, drawn, yes in answers:
        rate = (yes + 1) / (drawn + 2)
        variance += (population / whole) ** 2 * (1 - drawn / population) * rate * (1 - rate) / max(drawn - 1, 1)
    half = Z * float(np.sqrt(variance))
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), "clerical review, stratified (Cochran 1977)")
