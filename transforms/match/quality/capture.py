"""Blocking recall by capture and recapture: two groups of passes are two lists of the same true pairs.

For a field that some passes look at and others don't, the pairs within clusters are caught by the first group alone, by
the second alone, or by both. If the groups miss pairs independently, those that both miss number n1only n2only / both
(Sekar and Deming 1949; without bias by Chapman 1951). Groups that share other fields miss the same pairs, so that this
is a lower bound of what is missed; the field that gives the largest bound is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Flags
from transforms.match.config import MatchConfig
from transforms.match.quality.intervals import Estimate, Z


@dataclass(frozen=True, slots=True)
class TwoLists:
    """One split of the passes. ``field``: the first list's passes look at it, the second's don't."""

    field: str
    first_alone: int
    second_alone: int
    both: int
    unseen: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Capture:
    """``lists``: every split; ``caught``, ``repaired``: pairs within clusters that a pass made, that repair added;
    ``beyond``: estimate, lower and upper end of the pairs that neither found; ``recall``: share that blocking made."""

    lists: tuple[TwoLists, ...]
    caught: int
    repaired: int
    beyond: tuple[float, float, float]
    recall: Estimate


def captured_by(met_in: NDArray[np.uint64], passes: int) -> Flags:
    """Whether each pass (row) brings each pair (column) together, from bits."""
    rows = [(met_in >> np.uint64(number)) & np.uint64(1) for number in range(passes)]
    return np.array(rows, dtype=bool).reshape(passes, len(met_in))


def chapman(first_alone: int, second_alone: int, both: int) -> tuple[float, float, float]:
    """Pairs on neither list: Chapman's estimate with a log-normal 95 % interval (Chao 1987, equation 12)."""
    unseen = first_alone * second_alone / (both + 1)
    if unseen <= 0:
        return 0.0, 0.0, 0.0
    first, second = first_alone + both, second_alone + both
    variance = (first + 1) * (second + 1) * first_alone * second_alone / ((both + 1) ** 2 * (both + 2))
    spread = float(np.exp(Z * np.sqrt(np.log(1 + variance / unseen**2))))
    return unseen, unseen / spread, unseen * spread


def blocking_recall(captured: Flags, config: MatchConfig) -> Capture | None:
    """What blocking missed. ``captured``: passes x true pairs. None when no field splits the passes."""
    lists = [lists for f in config.fields if (lists := _split(captured, f.name, config)) is not None]
    if not lists or not captured.shape[1]:
        return None
    worst = max(lists, key=lambda one: one.unseen)
    caught = int(np.count_nonzero(captured.any(axis=0)))
    repaired = captured.shape[1] - caught
    found = [repaired + Z * side * np.sqrt(repaired) for side in (0, 1, -1)]
    unseen = (worst.unseen, worst.upper, min(one.lower for one in lists))
    bounds = [float(caught / (caught + max(u, f, 0.0))) for u, f in zip(unseen, found, strict=True)]
    beyond = [max(u - repaired, 0.0) for u in (worst.unseen, worst.lower, worst.upper)]
    method = "two-list capture-recapture between passes (Chapman 1951), largest over the fields that split them"
    recall = Estimate(bounds[0], bounds[1], bounds[2], method)
    return Capture(tuple(lists), caught, repaired, (beyond[0], beyond[1], beyond[2]), recall)


def _split(captured: Flags, field: str, config: MatchConfig) -> TwoLists | None:
    uses = np.array([field in rule.fields for rule in config.passes[: len(captured)]], dtype=bool)
    if uses.all() or not uses.any():
        return None
    first, second = captured[uses].any(axis=0), captured[~uses].any(axis=0)
    one, other, both = (int(np.count_nonzero(x)) for x in (first & ~second, second & ~first, first & second))
    return TwoLists(field, one, other, both, *chapman(one, other, both)) if both else None
