"""Copies: equal records that decisions tell apart, in clustering still one node unless told to be different.

A decision speaks of one record, so that record is a node of its own (:mod:`transforms.match.collapse`). If its evidence
then counted beside that of its copies, a decision would change what becomes of records that it does not name: two equal
records would say twice what they say once, and weak copies would link. So one of them stands for all in clustering.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from transforms.match.arrays import Ints, by_first
from transforms.match.collapse import content_keys
from transforms.match.config import MatchConfig
from transforms.match.constraints import SAME, Decided
from transforms.match.normalise import Normalised
from transforms.match.score import POSSIBLE, Scored, Scorer


def contents(nodes: Normalised, decided: Decided) -> Ints | None:
    """The key of what each node states, by which its copies are known; None where no two nodes can state the same."""
    return content_keys(nodes) if len(decided.left) or nodes.contradict_themselves().any() else None


def stand_ins(content: Ints, nodes: Normalised, decided: Decided) -> Ints:
    """The node that stands for each in clustering: itself, or the first of its copies.

    Nodes that must not be one with a copy stand for themselves: those that somebody is unsure of or told from others,
    those of a source that holds every entity once.
    """
    himself = nodes.contradict_themselves()
    told = decided.where(decided.judgement != SAME)
    himself[told.left] = himself[told.right] = True
    result = np.arange(len(content))
    rest = np.flatnonzero(~himself)
    _, first, inverse = np.unique(content[rest], return_index=True, return_inverse=True)
    result[rest] = rest[first[inverse]]
    return result


def between_stand_ins(pairs: Scored, stands: Ints) -> Scored:
    """The pairs of nodes that stand for themselves."""
    return pairs.where((stands[pairs.left] == pairs.left) & (stands[pairs.right] == pairs.right))


def with_copies(labels: Ints, stands: Ints, scorer: Scorer) -> Ints:
    """Clusters of all nodes, where copies go with what stands for them; but each for itself, if that is alone and a
    copy of it says too little."""
    result = labels[stands]
    copies = np.flatnonzero(stands != np.arange(len(stands)))
    if not len(copies):
        return result
    first = stands[copies].astype(np.int32)
    himself = stands == np.arange(len(stands))
    is_alone = np.bincount(labels[himself], minlength=int(labels.max()) + 1)[labels[first]] == 1
    is_weak = is_alone & (scorer.score(first, first).weight < scorer.config.copies_weight)
    result[copies[is_weak]] = int(labels.max()) + 1 + np.arange(int(is_weak.sum()))
    return by_first(result)


def let_go(pairs: Scored, content: Ints, config: MatchConfig) -> Scored:
    """The pairs with those of copies that say too little to be one by themselves: no link, as if they were one node."""
    is_weak = (pairs.weight >= config.link_weight) & (pairs.weight < config.copies_weight)
    is_weak &= content[pairs.left] == content[pairs.right]
    if not is_weak.any():
        return pairs
    weight = np.where(is_weak, config.link_weight - 1, pairs.weight)
    grade = np.where(is_weak, np.minimum(pairs.grade, POSSIBLE), pairs.grade).astype(np.int8)
    return replace(pairs, weight=weight, grade=grade)
