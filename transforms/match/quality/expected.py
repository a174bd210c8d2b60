"""Precision and recall as the model expects them, over pairs of records.

Right pairs are summed over merges (see :mod:`transforms.match.quality.merges`). Missed pairs are those across clusters
that may be one after all, copies that were left apart, candidates too weak to be kept, and what blocking never saw; or,
where that is more, the records that stand alone because they say too little (:mod:`transforms.match.quality.sparse`).

The 95 % intervals are the widest of several: each is the quantiles of draws in which a merge is right or wrong as a
whole, with every weight multiplied by 0.75 to 1.25 and moved by a bit either way, with all errors that the model
predicts still there or those gone that refusing ambiguous pairs accounts for, and with refusals for better reasons than
weight (ambiguous, lent numbers) doubted or believed. Both ways to count missed pairs lie within.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Flags, Floats
from transforms.match.quality.capture import Capture
from transforms.match.quality.evidence import AS_SAID, Belief, Evidence, chance_of, wrong_and_variance
from transforms.match.quality.intervals import DRAWS, LEVEL, SEED, Estimate, Z, draw_sum, quantiles

BELIEFS = (AS_SAID, Belief(0.75, -1), Belief(0.75, 1), Belief(1.25, -1), Belief(1.25, 1))
"""Fields are never quite independent: weights may be a quarter too large or too small, the prior off by 2."""
METHOD = "match probabilities by merge; widest of weights times 0.75 to 1.25, -1 to +1 bit, before and after refusals"
SIZE_CLASSES = ((2, 2), (3, 3), (4, 4), (5, 6), (7, 10), (11, 20), (21, None))


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Clusters of ``smallest`` to ``largest`` records (None: any above): record pairs within, precision expected."""

    smallest: int
    largest: int | None
    pairs: int
    precision: Estimate


@dataclass(frozen=True, slots=True)
class Expected:
    """Record pairs said to match and expected to be right; expected to be missed, by why; the two ratios."""

    said: float
    wrong: float
    missed: dict[str, float]
    precision: Estimate
    recall: Estimate
    by_size: tuple[SizeClass, ...]

    @property
    def right(self) -> float:
        """Record pairs expected to be right."""
        return self.said - self.wrong

    @property
    def true(self) -> float:
        """Record pairs of one entity that there are, found or missed."""
        return self.right / self.recall.value if self.recall.value > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which merges and copies are judged."""

    merges: Flags
    copies: Flags


def expect(seen: Evidence, capture: Capture | None) -> Expected:
    """Estimate precision and recall, overall and by size of cluster."""
    everything = _Choice(np.ones(len(seen.merges.pairs), bool), ~seen.is_split)
    said, wrong, precision = _precision(seen, everything)
    why = _missed(seen, AS_SAID, capture)
    by_model = sum(mean for mean, _ in why.values())
    missed = {name: mean for name, (mean, _) in why.items()} | {"say_too_little": seen.sparse.missed}
    lost = max(by_model, seen.sparse.missed)
    recall = _recall(seen, capture, said, said - wrong, lost)
    return Expected(said, wrong, missed, precision, recall, _by_size(seen))


def _precision(seen: Evidence, choice: _Choice) -> tuple[float, float, Estimate]:
    """Record pairs said, expected wrong ones (midway between before and after refusal), and the estimate."""
    said = float(seen.merges.pairs[choice.merges].sum() + seen.copies[choice.copies].sum())
    wrong = _wrong(seen, AS_SAID, choice)[0] * (1 + left_after_refusal(seen, AS_SAID)) / 2
    if said <= 0:
        return 0.0, 0.0, Estimate(1.0, 0.0, 1.0, "no pair to judge")
    ends = [end for belief in BELIEFS for end in _ends(seen, belief, choice)]
    lower, upper = (min(max(1 - e / said, 0.0), 1.0) for e in (max(ends), min(ends)))
    return said, wrong, Estimate(1 - wrong / said, lower, upper, METHOD)


def _ends(seen: Evidence, belief: Belief, choice: _Choice) -> tuple[float, float]:
    """Smallest and largest number of wrong pairs: after refusal (none, if so few errors are expected that none at all
    is within 95 %), before it."""
    left = left_after_refusal(seen, belief, Z)
    low, high = quantiles(draw_sum(*_wrong(seen, belief, choice), np.random.default_rng(SEED)))
    errors = np.sum(1 - chance_of(seen.merges.support[choice.merges], belief))
    errors += np.sum(1 - chance_of(seen.own[choice.copies], belief))
    return (0.0 if np.exp(-errors * left) > (1 - LEVEL) / 2 else low * left), high


def _recall(seen: Evidence, capture: Capture | None, said: float, right: float, lost: float) -> Estimate:
    if right + lost <= 0:
        return Estimate(1.0, 0.0, 1.0, "no pair to judge")
    draws = [
        np.sum(_missed_draws(seen, belief, capture, doubted), axis=0) for belief in BELIEFS for doubted in (True, False)
    ]
    sparse = np.random.default_rng(SEED).normal(seen.sparse.most, seen.sparse.deviation, DRAWS)
    ends = [quantiles(d) for d in [*draws, np.maximum(sparse, 0) + _identified(seen)]]
    few = max(seen.sparse.missed - Z * seen.sparse.deviation, 0.0) if seen.sparse.alone else ends[0][0]
    low, high = min([few, *(e[0] for e in ends[:-1])]), max(e[1] for e in ends)
    value = right / (right + lost)
    return Estimate(value, min(right / (right + high), value), max(said / max(said + low, 1e-9), value), METHOD)


def _identified(seen: Evidence) -> float:
    """Missed pairs among records that say enough: what the model refused beyond the records that say too little."""
    return float(np.sum(seen.refused.pairs * seen.refused.chance()))


def _missed_draws(seen: Evidence, belief: Belief, capture: Capture | None, doubted: bool) -> list[Floats]:
    generator = np.random.default_rng(SEED)
    parts = _missed(seen, belief, capture, doubted)
    return [draw_sum(mean, variance, generator) for mean, variance in parts.values()]


def _wrong(seen: Evidence, belief: Belief, choice: _Choice) -> tuple[float, float]:
    """Mean and variance of the wrong record pairs of a choice of merges and copies."""
    support, own = seen.merges.support[choice.merges], seen.own[choice.copies]
    by_merge = wrong_and_variance(seen.merges.pairs[choice.merges], chance_of(support, belief))
    by_copy = wrong_and_variance(seen.copies[choice.copies], chance_of(own, belief))
    return by_merge[0] + by_copy[0], by_merge[1] + by_copy[1]


def left_after_refusal(seen: Evidence, belief: Belief, sides: float = 0.0) -> float:
    """Share of the predicted wrong merges that remains once the refused pairs have been taken off.

    The model predicts errors among all pairs above the threshold; refusing the ambiguous ones removes many. ``sides``:
    how many standard deviations more to take off.
    """
    refused = seen.refused
    chance = refused.chance(belief)
    removed = float(np.sum((chance_of(refused.weight, belief) - chance)[refused.is_structural]))
    removed += sides * float(np.sqrt(np.sum((chance * (1 - chance))[refused.is_structural])))
    kept = float(np.sum(1 - chance_of(seen.merges.support, belief)))
    return float(np.clip(1 - max(removed, 0.0) / kept, 0.0, 1.0)) if kept > 0 else 1.0


def _missed(
    seen: Evidence, belief: Belief, capture: Capture | None, doubted: bool = True
) -> dict[str, tuple[float, float]]:
    """Mean and variance of the missed record pairs, by why they are missed. ``doubted``: structural refusals may be
    wrong."""
    kept = np.ones(len(seen.refused.pairs), bool) if doubted else ~seen.refused.is_structural
    chance, pairs = seen.refused.chance(belief)[kept], seen.refused.pairs[kept]
    apart = (float(np.sum(pairs * chance)), float(np.sum(pairs**2 * chance * (1 - chance))))
    split, own = seen.copies[seen.is_split], chance_of(seen.own[seen.is_split], belief)
    copies = (float(np.sum(split * own)), float(np.sum(split**2 * own * (1 - own))))
    never = (0.0, 0.0)
    if capture is not None:
        mean, lower, upper = capture.beyond
        never = (mean, ((upper - lower) / 3.92) ** 2)
    return {"refused": apart, "copies": copies, "weak": (seen.below, seen.below), "never_compared": never}


def _by_size(seen: Evidence) -> tuple[SizeClass, ...]:
    """Precision by size of cluster: errors travel through chains, so large clusters are judged apart."""
    classes = []
    for smallest, largest in SIZE_CLASSES:
        top = largest if largest is not None else np.iinfo(np.int64).max
        merges = (seen.size >= smallest) & (seen.size <= top)
        copies = (seen.copy_size >= smallest) & (seen.copy_size <= top) & ~seen.is_split
        said, _, precision = _precision(seen, _Choice(merges, copies))
        if said:
            classes.append(SizeClass(smallest, largest, round(said), precision))
    return tuple(classes)
