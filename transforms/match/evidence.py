"""Evidence: what estimation counts before it learns: random pairs, housemates, frequencies, patterns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Codes, Flags, Ints, Levels, blocks, distinct, group_sizes, mix, pairs_within
from transforms.match.block import Candidates
from transforms.match.compare import compare_pairs
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.model import Frequency, distinct_patterns
from transforms.match.normalise import Normalised

WORKERS = 2
HOUSEHOLD_BLOCK = 240
"""Nodes that share a household feature in a group larger than this say nothing (a worker's telephone)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a model is learnt from, however many machines it was gathered on.

    ``nodes``, ``entities``: how many; ``pairs_of_one``: pairs of nodes of one rough entity; ``strangers``: levels
    (fields x pairs) of random pairs of two entities; ``housemates``: levels of one of ``every`` pairs that share
    a household feature, and which of them are known to be two; ``frequencies``: see Model; ``patterns``: distinct
    patterns (fields x patterns) of all candidate pairs, and how often each occurs; ``training``: the same of those that
    met in each training pass.
    """

    nodes: int
    entities: int
    pairs_of_one: int
    strangers: Levels
    housemates: Levels
    known_housemates: Flags
    every: int
    frequencies: tuple[dict[int, Frequency], ...]
    patterns: tuple[Levels, Ints]
    training: dict[int, tuple[Levels, Ints]]

    def share(self, pairs: float) -> float:
        """What part of all pairs of nodes some are."""
        return pairs / max(self.nodes * (self.nodes - 1) / 2, 1.0)


def gather(
    nodes: Normalised, candidates: Candidates, patterns: Ints, entities: tuple[Ints, int], config: MatchConfig
) -> Evidence:
    """The evidence of nodes in memory. ``entities``: the rough entity of each node, and how many there are."""
    entity, count = entities
    sizes = np.bincount(entity[entity >= 0])
    with ThreadPoolExecutor(WORKERS) as pool:
        by_value = pool.map(lambda k, c: _by_frequency(k, c, entity, count), nodes.kinds, nodes.columns)
        frequencies = tuple(by_value)
    housemates, known, every = _at_home(nodes, entity, config)
    width = len(nodes.names)
    return Evidence(
        nodes=nodes.size,
        entities=count,
        pairs_of_one=int(np.sum(sizes * (sizes - 1) // 2)),
        strangers=_apart(nodes, entity, config),
        housemates=housemates,
        known_housemates=known,
        every=every,
        frequencies=frequencies,
        patterns=distinct_patterns(patterns, width),
        training={
            number: distinct_patterns(patterns[met_in(candidates, number)], width)
            for number, rule in enumerate(config.passes)
            if rule.is_training
        },
    )


def random_pairs(count: int, config: MatchConfig) -> tuple[Ints, Ints]:
    """Random pairs of ``count`` nodes, the same for the same seed; some of a node with itself."""
    generator = np.random.default_rng(config.seed)
    left, right = generator.integers(0, count, (2, min(config.sample_pairs, 20 * count)))
    return left, right


def _apart(nodes: Normalised, entity: Ints, config: MatchConfig) -> Levels:
    """Levels of random pairs of different entities."""
    left, right = random_pairs(len(entity), config)
    apart = (entity[left] != entity[right]) | ((entity[left] < 0) & (left != right))
    return compare_pairs(nodes.kinds, nodes.columns, left[apart], right[apart])


def _by_frequency(kind: Kind, column: Column, entity: Ints, count: int) -> dict[int, Frequency]:
    """For each level that goes by frequency: how many entities hold each value.

    A value held by n entities is shared by n - 1 others; what is held once is shared by an unseen other with the chance
    that Good and Turing give: 2 N2 / N1 (N1, N2: values held by one and by two entities).
    """
    found: dict[int, Frequency] = {}
    for number, level in enumerate(kind.levels, start=1):
        if level.by is None:
            continue
        of_row = column.feature(level.by)
        present = (of_row >= 0) & (entity >= 0)
        rows, bounds = blocks(mix([of_row[present], entity[present]]))
        values = np.sort(of_row[present][rows[bounds[:-1]]])
        first = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
        keys, holders = values[first], np.diff(np.append(first, len(values)))
        unseen = expected_unseen(int(np.sum(holders == 1)), int(np.sum(holders == 2)))
        found[number] = Frequency(level.by, keys[holders > 1], holders[holders > 1], unseen, count)
    return found


def expected_unseen(once: int, twice: int) -> float:
    """Expected further holders of a value held by one entity (``once``, ``twice``: values held by one and by two)."""
    return float(np.clip(2 * twice / max(once, 1), 0.005, 1.0))


def _at_home(nodes: Normalised, entity: Ints, config: MatchConfig) -> tuple[Levels, Flags, int]:
    """Levels of pairs that share a household feature, which are known to be two, and of how many each is one."""
    if config.household is None:
        return np.empty((len(nodes.names), 0), dtype=np.uint8), np.empty(0, dtype=bool), 1
    left, right = _sharing(nodes, config.household.features)
    step = sampling_step(len(left), config)
    left, right = left[::step], right[::step]
    levels = compare_pairs(nodes.kinds, nodes.columns, left, right)
    known = (entity[left] != entity[right]) & (entity[left] >= 0) & (entity[right] >= 0)
    if config.exclusive is not None:
        number = nodes.feature(config.exclusive)
        known &= (number[left] >= 0) & (number[right] >= 0) & (number[left] != number[right])
    return levels, known, step


def sampling_step(pairs: int, config: MatchConfig) -> int:
    """Of how many pairs one is looked at, so that no more than the sample are."""
    return max(-(-pairs // config.sample_pairs), 1)


def _sharing(nodes: Normalised, features: tuple[str, ...]) -> tuple[Codes, Codes]:
    """Distinct pairs of nodes that share one of the features in a small group."""
    packed = []
    for feature in features:
        keys = nodes.feature(feature).copy()
        keys[group_sizes(keys) > HOUSEHOLD_BLOCK] = -1
        left, right = pairs_within(keys)
        packed.append(left * np.int64(len(keys)) + right)
    pairs = distinct(np.concatenate(packed))
    return (pairs // nodes.size).astype(np.int32), (pairs % nodes.size).astype(np.int32)


def met_in(candidates: Candidates, number: int) -> Flags:
    """Which candidate pairs share a block of a pass, whichever pass made them."""
    keys = candidates.keys[:, number].copy()
    met: Flags = (keys[candidates.left] == keys[candidates.right]) & (keys[candidates.left] >= 0)
    return met
