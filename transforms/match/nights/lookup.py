"""Look up: candidates of new nodes in the blocks of a register, which knows how far each block was refined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Codes, Ints, distinct, mix, pairs_within, times
from transforms.match.block import block_key
from transforms.match.config import Pass
from transforms.match.normalise import Normalised


@dataclass(frozen=True, slots=True)
class Lookups:
    """Blocks that new nodes would lie in, one entry for each node, pass and depth of refining (0: unrefined).

    ``place``: number of node and pass; ``block``: what the block is known by; ``most``: how many nodes it may hold.
    """

    node: Codes
    place: Ints
    depth: Ints
    block: Ints
    most: Ints


def lookups(nodes: Normalised, passes: Sequence[Pass]) -> Lookups:
    """All blocks in which ``nodes`` could find others."""
    parts: list[tuple[Ints, ...]] = []
    for number, rule in enumerate(passes):
        keys = nodes.key(rule.features)
        for depth, feature in enumerate([None, *rule.refine]):
            keys = keys if feature is None else mix([keys, nodes.feature(feature)])
            rows = np.flatnonzero(keys >= 0)
            same = np.ones(len(rows), dtype=np.int64)
            place = rows * len(passes) + number
            parts.append((rows, place, depth * same, block_key(keys[rows], number), rule.max_block * same))
    columns = [np.concatenate([np.empty(0, np.int64), *column]) for column in zip(*parts, strict=True)]
    return Lookups(columns[0].astype(np.int32), *columns[1:])


def settle(found: Lookups, held: Ints) -> Ints:
    """The lookup by which each new node is filed in each pass: where the register holds nodes (``held``: how many), the
    deepest; unrefined where it holds none."""
    deepest = np.zeros(int(found.place.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(deepest, found.place, np.where(held > 0, found.depth, 0))
    return np.flatnonzero(found.depth == deepest[found.place])


def candidate_pairs(found: Lookups, filed: Ints, lookup: Ints, partner: Codes, count: int) -> tuple[Codes, Codes]:
    """Pairs of new nodes with each other and with their partners in blocks within their limit (left < right).

    ``lookup`` and ``partner``: which lookup met which node. Nodes are numbered from 0 to ``count``.
    """
    new = times(found.block, found.block[filed])
    fits = np.bincount(lookup, minlength=len(found.block)) + new <= found.most
    old = fits[lookup]
    among = pairs_within(np.where(fits[filed], found.block[filed], -1))
    left = np.concatenate([found.node[lookup[old]], found.node[filed[among[0]]]]).astype(np.int64)
    right = np.concatenate([partner[old], found.node[filed[among[1]]]]).astype(np.int64)
    packed = distinct(np.minimum(left, right) * count + np.maximum(left, right))
    packed = packed[packed // count != packed % count]
    return (packed // count).astype(np.int32), (packed % count).astype(np.int32)
