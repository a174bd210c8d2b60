"""What the quality estimates are made of, gathered once from the engine's findings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import ABSENT, Flags, Floats, Ints, distinct
from transforms.match.cluster import evidence as counted_evidence
from transforms.match.cluster import exclusive_codes
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.quality.merges import Merges, merge_further, merge_tree
from transforms.match.quality.sparse import Sparse, excess_alone
from transforms.match.score import NEVER, Scored, Scorer, probability


@dataclass(frozen=True, slots=True)
class Belief:
    """How far match weights are believed: ``trust`` times, plus ``shift`` bits (a prior that is off by a factor)."""

    trust: float = 1.0
    shift: float = 0.0

    def of(self, weight: Floats) -> Floats:
        """The weights as they are believed."""
        return weight * self.trust + self.shift


AS_SAID = Belief()


@dataclass(frozen=True, slots=True)
class Refused:
    """Pairs of clusters that were compared and left apart. ``weight``: of their best pair; ``odds_of``: index of the
    cluster that must choose among several (ABSENT: no competition); ``is_structural``: above the threshold, yet refused
    (ambiguous, lent number, evidence against); ``pairs``: record pairs across."""

    weight: Floats
    odds_of: Ints
    is_structural: Flags
    pairs: Floats

    def chance(self, belief: Belief = AS_SAID) -> Floats:
        """Probability that the two are one after all: where one cluster fits several that exclude each other, the
        odds compete (softmax with "none of them"); a structural refusal without competition leaves even odds."""
        competes = self.odds_of >= 0
        weight = belief.of(np.where(self.is_structural & ~competes, np.minimum(self.weight, 0.0), self.weight))
        odds = np.exp2(np.clip(weight, -200, 200))
        total = np.bincount(self.odds_of[competes], odds[competes], int(self.odds_of.max(initial=-1)) + 1)
        against = odds.copy()
        against[competes] = total[self.odds_of[competes]]
        chance: Floats = odds / (1 + against)
        return chance


@dataclass(frozen=True, slots=True)
class Evidence:
    """``merges``: within clusters; ``size``: records of the cluster that each belongs to; ``further``: what lower
    thresholds would add; ``refused``: cluster pairs left apart; ``copies``: record pairs of ``copy_records`` equal
    records, ``own`` their weight, ``copy_size`` the records of their cluster, ``is_split``: they were not taken for
    one; ``below``: record pairs expected to match among pairs too weak to be kept; ``sparse``, ``sparse_nodes``:
    records, and nodes, that say too little.
    """

    merges: Merges
    size: Ints
    further: Merges
    refused: Refused
    copies: Floats
    copy_records: Ints
    own: Floats
    copy_size: Ints
    is_split: Flags
    below: float
    sparse: Sparse
    sparse_nodes: Sparse
    records: int


def gather(found: Matched, config: MatchConfig, sources: Ints | None = None) -> Evidence:
    """Read the engine's findings. ``sources``: code of each record's source, in the order of record ids."""
    sizes, labels = found.collapsed.sizes, found.node_cluster
    nodes = found.collapsed.nodes
    number = exclusive_codes(nodes.feature(config.exclusive) if config.exclusive else None, nodes.size)
    inside = labels[found.pairs.left] == labels[found.pairs.right]
    inner, apart = found.pairs.where(inside), found.pairs.where(~inside)
    said = np.where(inner.weight <= NEVER, 0.0, counted_evidence(inner, config))
    merges = merge_tree(sizes, inner.left, inner.right, inner.weight, said)
    weaker = apart.where(apart.weight < config.link_weight)
    cluster_records = np.bincount(labels, sizes, int(labels.max(initial=-1)) + 1).astype(np.int64)
    several = np.flatnonzero(sizes > 1)
    own = own_weight(found, config)
    return Evidence(
        merges=merges,
        size=cluster_records[labels[merges.left]],
        further=merge_further(sizes, labels, number, weaker.left, weaker.right, weaker.weight),
        refused=_refused(apart, labels, number, cluster_records, config),
        copies=(sizes * (sizes - 1) / 2)[several],
        copy_records=sizes[several],
        own=np.maximum(own, _best_tie(inner, len(sizes)))[several],
        copy_size=cluster_records[labels[several]],
        is_split=_split_nodes(found)[several],
        below=_expected_below(found, inner, config),
        sparse=excess_alone(own[found.collapsed.node_of], found.cluster_of, sources),
        sparse_nodes=excess_alone(own, labels, None),
        records=len(found.cluster_of),
    )


def _expected_below(found: Matched, inner: Scored, config: MatchConfig) -> float:
    """Matches expected among candidates that were too weak to be kept, but for those that are in a cluster anyway."""
    if found.bands is None:
        return 0.0
    inside = inner.probability[(inner.weight < config.possible_weight) & (inner.weight > NEVER)]
    return max(found.bands.expected_below(config.possible_weight) - float(inside.sum()), 0.0)


def own_weight(found: Matched, config: MatchConfig) -> Floats:
    """Weight of each node with itself: what two equal records say, and how well one identifies anybody."""
    everywhere = np.arange(len(found.collapsed.sizes), dtype=np.int32)
    return Scorer(found.collapsed.nodes, found.model, config).score(everywhere, everywhere).weight


def _best_tie(inner: Scored, count: int) -> Floats:
    """Weight of each node's best tie within its cluster."""
    best = np.full(count, -np.inf)
    for side in (inner.left, inner.right):
        np.maximum.at(best, side, inner.weight)
    return best


def _split_nodes(found: Matched) -> Flags:
    """Nodes whose equal records were left apart."""
    count = int(found.cluster_of.max(initial=-1)) + 1
    packed = distinct(found.collapsed.node_of.astype(np.int64) * count + found.cluster_of)
    split: Flags = np.bincount(packed // max(count, 1), minlength=len(found.collapsed.sizes)) > 1
    return split


def _refused(apart: Scored, labels: Ints, number: Ints, records: Ints, config: MatchConfig) -> Refused:
    """The best pair of each pair of clusters that no law keeps apart."""
    held = np.full(len(records), ABSENT)
    np.maximum.at(held, labels, number)
    a, b = labels[apart.left], labels[apart.right]
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((-apart.weight, high, low))
    is_first = np.append(True, (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0))[: len(order)]
    best = order[is_first]
    best = best[(held[low[best]] < 0) | (held[high[best]] < 0) | (held[low[best]] == held[high[best]])]
    low, high, weight = low[best], high[best], apart.weight[best]
    chooser = np.where((held[low] < 0) & (held[high] >= 0), low, ABSENT)
    chooser = np.where((held[high] < 0) & (held[low] >= 0), high, chooser)
    return Refused(weight, chooser, weight >= config.link_weight, (records[low] * records[high]).astype(np.float64))


def wrong_and_variance(pairs: Floats, chance: Floats) -> tuple[float, float]:
    """Expected record pairs that are wrong, and the variance, if each block of pairs is right or wrong as a whole."""
    return float(np.sum(pairs * (1 - chance))), float(np.sum(pairs**2 * chance * (1 - chance)))


def chance_of(weight: Floats, belief: Belief) -> Floats:
    """Probability of a weight as it is believed."""
    return probability(belief.of(weight))
