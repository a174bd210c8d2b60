"""Cluster: greedy correlation clustering on summed match weights, under hard contradictions.

Components of links are found first. A component whose every cut carries more evidence for than against is taken whole
(most are); the others are agglomerated, best mean weight first, while the sum between two groups stays positive. No
group ever holds two values of the exclusive feature (two different valid identity numbers), whatever joins them.
"""

from __future__ import annotations

import numpy as np

from schemas.errors import ContradictoryCluster
from transforms.match.agglomerate import agglomerate
from transforms.match.arrays import ABSENT, Flags, Floats, Ints, by_first, components, dense, distinct
from transforms.match.config import MatchConfig
from transforms.match.constraints import Decided
from transforms.match.score import NEVER, Scored


def evidence(pairs: Scored, config: MatchConfig) -> Floats:
    """What each pair says about its two clusters: a pair that merely knows little (no disagreement) says nothing."""
    knows_little = (pairs.weight < 0) & (pairs.weight > NEVER) & (pairs.against > config.against_weight)
    return np.where(knows_little, 0.0, pairs.weight)


def ambiguous_nodes(pairs: Scored, number: Ints, lent: Flags, config: MatchConfig) -> Ints:
    """Nodes without a number that fit two different numbers (of owners) about equally well; ascending."""
    near = pairs.weight >= config.link_weight - config.ambiguity_margin
    sides = [(pairs.left, pairs.right), (pairs.right, pairs.left)]
    found = [near & (number[a] < 0) & (number[b] >= 0) & ~lent[b] for a, b in sides]
    node = np.concatenate([a[rows] for (a, _), rows in zip(sides, found, strict=True)])
    held = np.concatenate([number[b[rows]] for (_, b), rows in zip(sides, found, strict=True)])
    weight = np.concatenate([pairs.weight[rows] for rows in found])
    order = np.lexsort((held, -weight, node))
    node, held, weight = node[order], held[order], weight[order]
    nodes, first, inverse = np.unique(node, return_index=True, return_inverse=True)
    other = held != held[first][inverse]
    second = np.full(len(nodes), -np.inf)
    np.maximum.at(second, inverse[other], weight[other])
    is_close = weight[first] - second < config.ambiguity_margin
    result: Ints = nodes[is_close & (weight[first] >= config.link_weight)]
    return result


def lent_nodes(pairs: Scored, number: Ints, config: MatchConfig) -> Flags:
    """Nodes registered with somebody else's number (a parent's, an agent's): whether each is one.

    The nodes that hold one number fall into groups by links. The largest is the owner (if not tied), others borrowed.
    """
    count = len(number)
    same = (
        (number[pairs.left] == number[pairs.right]) & (number[pairs.left] >= 0) & (pairs.weight >= config.link_weight)
    )
    group = components(pairs.left[same], pairs.right[same], count)
    size = np.bincount(group)[group]
    largest = np.zeros(int(number.max(initial=-1)) + 2, dtype=np.int64)
    np.maximum.at(largest, number, size)
    result: Flags = (number >= 0) & (size < largest[number])
    return result


def link_components(pairs: Scored, alone: Ints, lent: Flags, number: Ints, config: MatchConfig) -> Ints:
    """Components of links. Nodes in ``alone`` stay by themselves, lent ones with those that share their number.

    A component that is too large is cut at its weakest links.
    """
    count = len(number)
    free = np.ones(count, dtype=bool)
    free[alone] = False
    usable = free[pairs.left] & free[pairs.right]
    usable &= ~(lent[pairs.left] | lent[pairs.right]) | (number[pairs.left] == number[pairs.right])
    usable &= pairs.weight >= config.link_weight
    left, right, weight = pairs.left[usable], pairs.right[usable], pairs.weight[usable]
    threshold = config.link_weight
    labels = components(left, right, count)
    while np.bincount(labels).max(initial=0) > config.max_component:
        threshold += 2.0
        too_large = np.bincount(labels)[labels] > config.max_component
        keep = ~too_large[left] | (weight >= threshold)
        left, right, weight = left[keep], right[keep], weight[keep]
        labels = components(left, right, count)
    return labels


def cluster(
    labels: Ints, inner: Scored, number: Ints, config: MatchConfig, content: Ints | None = None
) -> Ints:
    """Clusters of nodes, by evidence and cannot-link constraints alone.

    ``labels``: components; ``inner``: all pairs within components, scored; ``number``: exclusive codes; ``content``: by
    which ties are broken, the order of nodes without it.
    """
    weight = evidence(inner, config)
    whole = _accept_whole(labels, inner, weight, number, config)
    result = labels.copy()
    hard = np.flatnonzero(~whole[labels[inner.left]])
    order = hard[np.argsort(labels[inner.left[hard]], kind="stable")]
    starts = np.flatnonzero(np.diff(labels[inner.left[order]], prepend=-1))
    spare = len(labels)
    for rows in np.split(order, starts[1:]) if len(order) else []:
        nodes, places = np.unique(np.concatenate([inner.left[rows], inner.right[rows]]), return_inverse=True)
        if content is not None:
            rank = np.argsort(content[nodes], kind="stable")
            nodes, places = nodes[rank], np.argsort(rank)[places]
        half = len(rows)
        groups = agglomerate(len(nodes), places[:half], places[half:], weight[rows], number[nodes], config.link_weight)
        result[nodes] = spare + groups
        spare += len(nodes)
    return by_first(result)


def _accept_whole(labels: Ints, inner: Scored, weight: Floats, number: Ints, config: MatchConfig) -> Flags:
    """Components that hold at most one number and stay connected by links that outweigh all evidence against them."""
    count = int(labels.max(initial=-1)) + 1
    of_pair = labels[inner.left]
    against = np.bincount(of_pair, np.minimum(weight, 0), count)
    strong = weight >= config.link_weight - against[of_pair]
    parts = components(inner.left[strong], inner.right[strong], len(labels))
    pieces = np.bincount(labels[np.unique(parts, return_index=True)[1]], minlength=count)
    whole: Flags = (pieces == 1) & (_numbers_in(labels, number, count) <= 1)
    return whole


def _numbers_in(labels: Ints, number: Ints, count: int) -> Ints:
    """How many different numbers each group holds."""
    known = number >= 0
    held = distinct(labels[known] * (int(number.max(initial=0)) + 1) + number[known])
    result: Ints = np.bincount(held // (int(number.max(initial=0)) + 1), minlength=count)
    return result


def check_law(labels: Ints, number: Ints) -> None:
    """Raise ContradictoryCluster if any cluster holds two different values of the exclusive feature."""
    broken = int(np.sum(_numbers_in(labels, number, int(labels.max(initial=-1)) + 1) > 1))
    if broken:
        raise ContradictoryCluster(
            f"{broken} clusters hold two different valid identity numbers",
            where="transforms.match.cluster",
            expected="at most one",
            next_step="report it: this is an error of the program, nothing was published",
        )


def check_clusters(labels: Ints, inner: Scored, number: Ints, decided: Decided) -> None:
    """Raise ContradictoryCluster if a cluster holds what can't be one (it can't; the checks are independent of how
    clusters were made)."""
    check_law(labels, number)
    check_contradictions(labels, inner)
    check_decisions(labels, decided)


def check_contradictions(labels: Ints, inner: Scored) -> None:
    """Raise ContradictoryCluster if any pair with a hard contradiction shares a cluster."""
    hard = inner.weight <= NEVER
    broken = int(np.sum(labels[inner.left[hard]] == labels[inner.right[hard]]))
    if broken:
        raise ContradictoryCluster(
            f"{broken} pairs that contradict one another share a cluster",
            where="transforms.match.cluster",
            expected="none",
            next_step="report it: this is an error of the program, nothing was published",
        )


def check_decisions(labels: Ints, decided: Decided) -> None:
    """Raise ContradictoryCluster if two records that a person decided to be different share a cluster."""
    left, right = decided.apart
    broken = int(np.sum(labels[left] == labels[right]))
    if broken:
        raise ContradictoryCluster(
            f"{broken} decisions were not obeyed",
            where="transforms.match.cluster",
            expected="records decided to be different in different clusters",
            next_step="report it: this is an error of the program, nothing was published",
        )


def exclusive_codes(values: Ints | None, count: int) -> Ints:
    """The exclusive feature of each node, numbered from 0; ABSENT throughout when none is configured."""
    return np.full(count, ABSENT, dtype=np.int64) if values is None else dense(values)[0]
