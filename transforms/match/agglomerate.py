"""Agglomerate: greedy correlation clustering of one component, all of whose pairs are given."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Flags, Floats, Ints
from transforms.match.constraints import DECIDED_SAME
from transforms.match.score import NEVER

Places = NDArray[Any]


@numba.njit(cache=True, nogil=True)
def agglomerate(count: int, left: Places, right: Places, weight: Floats, number: Ints, link: float) -> Ints:
    """Group the ``count`` nodes of one component; returns a group number for each.

    Two groups may merge while their summed weight is positive, one link joins them and nothing forbids it; the best
    mean weight goes first. Where a person decided that two nodes are one, their groups are: whoever knows that two
    records are one person says so of everything that is known to be either.
    """
    is_same = weight >= DECIDED_SAME
    total, known, best, forbidden = _matrices(count, left, right, np.where(is_same, 0.0, weight), number)
    never = forbidden.copy()
    group = np.arange(count)
    while True:
        keep, gone = _best_merge(total, known, best, forbidden, link)
        if keep < 0:
            break
        _merge(total, known, best, forbidden, keep, gone)
        group[group == gone] = keep
    return _obey_same(group, left[is_same], right[is_same], never)


@numba.njit(cache=True, nogil=True)
def _obey_same(group: Ints, left: Places, right: Places, never: Flags) -> Ints:
    """Join the groups of nodes decided to be one. Where something forbids that (two numbers, a decision that they are
    two), only the nodes named leave their groups and come together."""
    for k in range(len(left)):
        one, other = group[left[k]], group[right[k]]
        if one != other and _may_meet(group == one, group == other, never):
            group[group == other] = one
    named = np.arange(len(group))
    for _ in range(len(left)):
        for k in range(len(left)):
            named[left[k]] = named[right[k]] = min(named[left[k]], named[right[k]])
    for k in range(len(left)):
        if group[left[k]] != group[right[k]]:
            members = named == named[left[k]]
            if _may_meet(members, members, never):
                group[members] = len(group) + named[left[k]]
    return _renumber(group)


@numba.njit(cache=True, nogil=True)
def _may_meet(one: Flags, other: Flags, never: Flags) -> bool:
    """Whether nothing forbids that any two different nodes of two sets share a group."""
    for a in range(len(one)):
        for b in range(len(other)):
            if one[a] and other[b] and a != b and never[a, b]:
                return False
    return True


@numba.njit(cache=True, nogil=True)
def _renumber(group: Ints) -> Ints:
    """Groups numbered by their first node."""
    result = np.empty_like(group)
    for a in range(len(group)):
        result[a] = a
        for b in range(a):
            if group[b] == group[a]:
                result[a] = result[b]
                break
    return result


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
