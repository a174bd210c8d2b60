"""The merge tree: in which order, and on how much evidence, the nodes of each cluster came together.

A cluster of n nodes has n - 1 merges (single linkage, strongest pair first). If a merge is wrong, every record pair
across its two groups is wrong, so errors are counted per merge and not per pair: pairs that know little but lie within
a well supported cluster don't lower its precision, and one weak bridge between two strong groups lowers it much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Merges:
    """One entry for each merge. ``pair``: row of the pair that joined two groups, ``left``, ``right``: its nodes,
    ``weight``: its match weight; ``support``: the lesser of that and the summed evidence between the groups (bits);
    ``pairs``: record pairs across the two groups."""

    pair: Ints
    left: Ints
    right: Ints
    weight: Floats
    support: Floats
    pairs: Floats


def merge_tree(sizes: Ints, left: NDArray[Any], right: NDArray[Any], weight: Floats, evidence: Floats) -> Merges:
    """The merges of a graph. ``sizes``: records of each node; ``weight``: of each pair; ``evidence``: the same as
    clustering counts it (0 where a pair merely knows little)."""
    left, right = left.astype(np.int64), right.astype(np.int64)
    order = np.lexsort((right, left, -weight))
    chosen, pairs, total = _grow(sizes, left, right, evidence, order)
    return Merges(chosen, left[chosen], right[chosen], weight[chosen], np.minimum(weight[chosen], total), pairs)


def merge_further(
    sizes: Ints, group: Ints, number: Ints, left: NDArray[Any], right: NDArray[Any], weight: Floats
) -> Merges:
    """The merges that a lower threshold would add between finished groups, strongest first.

    ``group``: of each node; ``number``: exclusive code of each node, two of which never meet.
    """
    left, right = left.astype(np.int64), right.astype(np.int64)
    count = int(group.max(initial=-1)) + 1
    records = np.bincount(group, sizes, count).astype(np.int64)
    held = np.full(count, -1, dtype=np.int64)
    np.maximum.at(held, group, number)
    order = np.lexsort((right, left, -weight))
    chosen, pairs = _grow_apart(records, held, group[left], group[right], order)
    return Merges(chosen, left[chosen], right[chosen], weight[chosen], weight[chosen], pairs)


@numba.njit(cache=True, nogil=True)
def _root(parent: Ints, node: int) -> int:
    while parent[node] != node:
        node = parent[node]
    return node


@numba.njit(cache=True, nogil=True)
def _grow(sizes: Ints, left: Ints, right: Ints, evidence: Floats, order: Ints) -> tuple[Ints, Floats, Floats]:
    """Kruskal. Trees are joined by size without shortening paths, so that where two nodes met can be read off later."""
    count = len(sizes)
    parent = np.arange(count)
    nodes = np.ones(count, np.int64)
    records = sizes.astype(np.float64)
    joined = np.full(count, count, np.int64)
    chosen = np.empty(count, np.int64)
    pairs = np.empty(count, np.float64)
    made = 0
    for p in order:
        a, b = _root(parent, left[p]), _root(parent, right[p])
        if a == b:
            continue
        if nodes[a] < nodes[b]:
            a, b = b, a
        chosen[made], pairs[made] = p, records[a] * records[b]
        parent[b], joined[b] = a, made
        nodes[a] += nodes[b]
        records[a] += records[b]
        made += 1
    total = np.zeros(made, np.float64)
    for p in order:
        a, b, met = left[p], right[p], -1
        while a != b:
            if joined[a] <= joined[b]:
                met, a = joined[a], parent[a]
            else:
                met, b = joined[b], parent[b]
        if met >= 0:
            total[met] += evidence[p]
    return chosen[:made], pairs[:made], total


@numba.njit(cache=True, nogil=True)
def _grow_apart(records: Ints, held: Ints, left: Ints, right: Ints, order: Ints) -> tuple[Ints, Floats]:
    """Kruskal under the law that two exclusive values never meet."""
    parent = np.arange(len(records))
    held = held.copy()
    size = records.astype(np.float64)
    chosen = np.empty(len(records), np.int64)
    pairs = np.empty(len(records), np.float64)
    made = 0
    for p in order:
        a, b = _root(parent, left[p]), _root(parent, right[p])
        if a == b or (held[a] >= 0 and held[b] >= 0 and held[a] != held[b]):
            continue
        if size[a] < size[b]:
            a, b = b, a
        chosen[made], pairs[made] = p, size[a] * size[b]
        parent[b] = a
        held[a] = max(held[a], held[b])
        size[a] += size[b]
        made += 1
    return chosen[:made], pairs[:made]


def within(labels: Ints, left: Ints, right: Ints) -> Flags:
    """Whether the two nodes of each pair are in one cluster."""
    inside: Flags = labels[left] == labels[right]
    return inside
