"""What an answer is worth, and which pairs nobody needs to be asked about.

Worth is the expected number of records whose entity changes with the answer. For two clusters kept apart: probability
that they are one, times the records of the smaller. For one cluster held together by a weak link: probability that it
is two, times the records of the smaller part. Clusters that can't be one are no question. Of equal worth, the pair that
is closest to even odds comes first, for its answer says most (greatest entropy, Shannon 1948).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

from transforms.match.arrays import ABSENT, Flags, Floats, Ints, blocks, components
from transforms.match.compare import compare_pairs
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.normalise import Normalised
from transforms.match.score import NEVER, Scored

CLEARLY_ONE = 0.99
"""A link more probable than this is not asked about."""


def worth_apart(pairs: Scored, found: Matched) -> Floats:
    """What is gained, in records, when two clusters turn out to be one. Copies that are clusters of their own stay."""
    sizes = np.bincount(found.cluster_of)[found.cluster_of[found.collapsed.first]]
    result: Floats = np.minimum(sizes[pairs.left], sizes[pairs.right]) * pairs.probability
    return result


def kept_apart(pairs: Scored, found: Matched, config: MatchConfig) -> Flags:
    """Pairs whose clusters can't be one whatever is answered: two exclusive values, or another hard contradiction."""
    cluster, nodes = found.node_cluster, found.collapsed.nodes
    result = np.zeros(len(pairs.left), dtype=bool)
    hard = {
        name
        for name, kind in zip(nodes.names, nodes.kinds, strict=True)
        if any(level.is_contradiction for level in kind.levels)
    }
    if config.exclusive is not None:
        hard.discard(config.exclusive.partition(".")[0])
        number = np.full(int(cluster.max(initial=-1)) + 1, ABSENT, dtype=np.int64)
        np.maximum.at(number, cluster, nodes.feature(config.exclusive))
        one, other = number[cluster[pairs.left]], number[cluster[pairs.right]]
        result |= (one != other) & (one >= 0) & (other >= 0)
    if hard:
        rest = np.flatnonzero(~result)
        result[rest] = _contradict(cluster[pairs.left[rest]], cluster[pairs.right[rest]], cluster, nodes, hard)
    return result


def _contradict(one: Ints, other: Ints, cluster: Ints, nodes: Normalised, names: set[str]) -> Flags:
    """For each two clusters whether any two of their nodes contradict one another in one of some fields."""
    rows, bounds = blocks(cluster)
    counts = np.diff(bounds)
    pairs = counts[one] * counts[other]
    of = np.repeat(np.arange(len(one)), pairs)
    place = np.arange(len(of)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    left = rows[bounds[one[of]] + place // counts[other[of]]]
    right = rows[bounds[other[of]] + place % counts[other[of]]]
    result = np.zeros(len(one), dtype=bool)
    for name, kind, column in zip(nodes.names, nodes.kinds, nodes.columns, strict=True):
        if name in names:
            levels = compare_pairs([kind], [column], left, right)[0]
            result[of[np.array([False, *(level.is_contradiction for level in kind.levels)])[levels]]] = True
    return result


def weak_links(found: Matched, config: MatchConfig) -> tuple[Scored, Floats]:
    """The weakest link of each cluster that would fall into two without it, and its worth.

    A cluster's strongest links form a tree (maximum spanning tree); its weakest edge is where the cluster is doubtful.
    """
    inner = found.pairs.where(found.node_cluster[found.pairs.left] == found.node_cluster[found.pairs.right])
    inner = inner.where(inner.weight > NEVER)
    doubt = (inner.probability < CLEARLY_ONE) & (inner.weight < config.certain_weight)
    held = np.zeros(len(found.node_cluster), dtype=bool)
    held[found.node_cluster[inner.left[doubt]]] = True
    inner = inner.where(held[found.node_cluster[inner.left]])  # most clusters have no doubtful pair at all
    tree = inner.where(_spanning(inner, len(found.node_cluster)))
    order = np.lexsort((tree.right, tree.left, tree.weight, found.node_cluster[tree.left]))
    first = np.unique(found.node_cluster[tree.left[order]], return_index=True)[1]
    weakest = order[first]
    kept = np.ones(len(tree.left), dtype=bool)
    kept[weakest] = False
    part = components(tree.left[kept], tree.right[kept], len(found.node_cluster))
    sizes = np.bincount(part, found.collapsed.sizes)
    links = tree.where(weakest)
    smaller = np.minimum(sizes[part[links.left]], sizes[part[links.right]])
    worth = smaller * (1 - links.probability)
    doubtful = (links.probability < CLEARLY_ONE) & (links.weight < config.certain_weight)
    return links.where(doubtful), worth[doubtful]


def _spanning(pairs: Scored, count: int) -> Flags:
    """Which pairs form the maximum spanning tree of each cluster."""
    is_in = np.zeros(len(pairs.left), dtype=bool)
    if not len(pairs.left):
        return is_in
    rank = np.empty(len(pairs.left), dtype=np.int64)
    rank[np.lexsort((pairs.right, pairs.left, -pairs.weight))] = 1 + np.arange(len(pairs.left))
    tree = minimum_spanning_tree(coo_matrix((rank, (pairs.left, pairs.right)), shape=(count, count)).tocsr())
    is_in[:] = np.isin(rank, tree.data.astype(np.int64))
    return is_in


def asked_already(pairs: Scored, found: Matched) -> Flags:
    """Whether somebody has already answered what a pair asks.

    A judgement on two clusters answers for every pair between them; one within a cluster for that very pair of nodes.
    """
    decided, cluster = found.decided, found.node_cluster
    by_node = np.isin(_key(pairs.left, pairs.right), _key(decided.left, decided.right))
    sides = cluster[decided.left], cluster[decided.right]
    between = sides[0] != sides[1]
    by_cluster = np.isin(_key(cluster[pairs.left], cluster[pairs.right]), _key(*sides)[between])
    result: Flags = by_node | by_cluster
    return result


def by_worth(probability: Floats, worth: Floats, left: Ints, right: Ints) -> Ints:
    """Rows in the order in which they should be asked; ties by node."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    entropy = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    result: Ints = np.lexsort((right, left, -entropy, -worth))
    return result


def _key(one: NDArray[Any], other: NDArray[Any]) -> Ints:
    """One key for an unordered pair of node or cluster numbers (below 2^31)."""
    key: Ints = np.minimum(one, other).astype(np.int64) << 32 | np.maximum(one, other)
    return key
