"""Agglomerate: greedy correlation clustering of one component, all of whose pairs are given."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Flags, Floats, Ints
from transforms.match.score import NEVER

Places = NDArray[Any]


@numba.njit(cache=True, nogil=True)
def agglomerate(count: int, left: Places, right: Places, weight: Floats, number: Ints, link: float) -> Ints:
    """Group the ``count`` nodes of one component; returns a group number for each.

    Two groups may merge while their summed weight is positive, one link joins them and nothing forbids it; the best
    mean weight goes first.
    """
    total, known, best, forbidden = _matrices(count, left, right, weight, number)
    group = np.arange(count)
    while True:
        keep, gone = _best_merge(total, known, best, forbidden, link)
        if keep < 0:
            return group
        _merge(total, known, best, forbidden, keep, gone)
        group[group == gone] = keep


@numba.njit(cache=True, nogil=True)
def _matrices(
    count: int, left: Places, right: Places, weight: Floats, number: Ints
) -> tuple[Floats, Floats, Floats, Flags]:
    """For each two nodes: summed weight, number of pairs that say something, best weight, whether they can't meet."""
    total, known = np.zeros((count, count)), np.zeros((count, count))
    best = np.full((count, count), -np.inf)
    forbidden = np.zeros((count, count), dtype=np.bool_)
    for a in range(count):
        for b in range(count):
            forbidden[a, b] = a == b or (number[a] >= 0 and number[b] >= 0 and number[a] != number[b])
    for k in range(len(left)):
        for a, b in ((left[k], right[k]), (right[k], left[k])):
            if weight[k] <= NEVER:
                forbidden[a, b] = True
            else:
                total[a, b], known[a, b], best[a, b] = weight[k], weight[k] != 0, weight[k]
    return total, known, best, forbidden


@numba.njit(cache=True, nogil=True)
def _best_merge(total: Floats, known: Floats, best: Floats, forbidden: Flags, link: float) -> tuple[int, int]:
    """The two groups with the best mean weight among those that may merge; -1 for none."""
    keep, gone, highest = -1, -1, -np.inf
    for a in range(len(total)):
        for b in range(a + 1, len(total)):
            mean = total[a, b] / max(known[a, b], 1.0)
            if mean > highest and not forbidden[a, b] and total[a, b] > 0 and best[a, b] >= link:
                keep, gone, highest = a, b, mean
    return keep, gone


@numba.njit(cache=True, nogil=True)
def _merge(total: Floats, known: Floats, best: Floats, forbidden: Flags, keep: int, gone: int) -> None:
    """Fold one group into another."""
    for c in range(len(total)):
        total[keep, c] += total[gone, c]
        known[keep, c] += known[gone, c]
        best[keep, c] = max(best[keep, c], best[gone, c])
        forbidden[keep, c] = forbidden[keep, c] or forbidden[gone, c]
        total[c, keep], known[c, keep] = total[keep, c], known[keep, c]
        best[c, keep], forbidden[c, keep] = best[keep, c], forbidden[keep, c]
    forbidden[keep, keep] = True
    forbidden[gone, :] = True
    forbidden[:, gone] = True
