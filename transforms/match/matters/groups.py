"""Groups: matters out of pairs, strongest first; no matter holds two cases that a person has told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import pyarrow as pa

from transforms.match.arrays import Floats, Ints, by_first, components
from transforms.match.constraints import JUDGEMENTS, read_constraints
from transforms.match.texts import hash_texts


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs of rows (left < right) that people have judged, each with its index into JUDGEMENTS, in ascending order."""

    left: Ints
    right: Ints
    judgement: Ints

    def of(self, judgement: str) -> tuple[Ints, Ints]:
        """The pairs judged so."""
        rows = self.judgement == JUDGEMENTS.index(judgement)
        return self.left[rows], self.right[rows]

    def judged(self, left: Ints, right: Ints, count: int) -> Ints:
        """Index into JUDGEMENTS for each pair of ``count`` rows, -1 where nobody has judged."""
        known, asked = self.left * count + self.right, left * count + right
        if not len(known):
            return np.full(len(asked), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.where(known[place] == asked, self.judgement[place], -1)


def read_decisions(constraints: pa.Table | None, record_ids: pa.Array) -> Judged:
    """Decisions (left_id, right_id, judgement) as rows. Those about records that are no more are left out; of several
    about one pair the last stands. Raises ConfigurationError for an unknown judgement."""
    read = read_constraints(constraints, hash_texts(record_ids))
    low, high = (f(read.left, read.right).astype(np.int64)[::-1] for f in (np.minimum, np.maximum))
    _, last = np.unique(low * len(record_ids) + high, return_index=True)
    return Judged(low[last], high[last], read.judgement[::-1][last].astype(np.int64))


def group(count: int, left: Ints, right: Ints, weight: Floats, decided: Judged) -> Ints:
    """The group of each of ``count`` rows, numbered by their first rows.

    ``left``, ``right``, ``weight``: pairs that the evidence joins. Pairs judged same are joined, those judged different
    never come into one group, and a pair judged unsure joins nothing by itself.
    """
    free = decided.judged(left, right, count) < 0
    same, apart = decided.of("same"), decided.of("different")
    left, right = np.concatenate([same[0], left[free]]), np.concatenate([same[1], right[free]])
    weight = np.concatenate([np.full(len(same[0]), np.inf), weight[free]])
    whole = components(left, right, count)
    broken = np.unique(whole[apart[0][whole[apart[0]] == whole[apart[1]]]])
    if not len(broken):
        return whole
    inside = np.isin(whole[left], broken)
    order = np.lexsort((right, left, -weight))
    order = order[inside[order]]
    parent = np.arange(count, dtype=np.int64)
    _join_apart(left[order], right[order], *apart, parent)
    return by_first(np.where(np.isin(whole, broken), count + parent, whole))


@numba.njit(cache=True, nogil=True)
def _root(parent: Ints, row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@numba.njit(cache=True, nogil=True)
def _join_apart(left: Ints, right: Ints, apart_left: Ints, apart_right: Ints, parent: Ints) -> None:
    """Join pairs in order, but for those that would bring a pair told apart into one group."""
    for i in range(len(left)):
        a, b = _root(parent, left[i]), _root(parent, right[i])
        for j in range(len(apart_left)):
            c, d = _root(parent, apart_left[j]), _root(parent, apart_right[j])
            if (a == c and b == d) or (a == d and b == c):
                break
        else:
            parent[max(a, b)] = min(a, b)
    for row in range(len(parent)):
        parent[row] = _root(parent, row)
