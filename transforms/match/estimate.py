"""Estimate: u from value frequencies and random pairs, m by EM on pattern counts, households from known non-matches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from transforms.match.arrays import (
    ABSENT,
    Codes,
    Flags,
    Floats,
    Ints,
    Levels,
    blocks,
    components,
    dense,
    distinct,
    group_sizes,
    mix,
    pairs_within,
)
from transforms.match.block import Candidates
from transforms.match.classes import (
    PERSONAL,
    PRIOR_COUNT,
    STRANGER_COUNT,
    expected_matches,
    expected_share,
    housemates,
    weighted,
)
from transforms.match.compare import compare_pairs
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.model import FLOOR, Frequency, Model, distinct_patterns, leave_out_implied
from transforms.match.normalise import Normalised
from transforms.match.score import Scorer

WORKERS = 2
LEAST_TRAINING = 50
"""A pass with fewer pairs teaches nothing."""
MISSED = 1.25
"""How many times the matches that the anchors find there must be, for entities to be counted anew."""
HOUSE_FLOOR = 5e-4
HOUSEHOLD_BLOCK = 240
"""Nodes that share a household feature in a group larger than this say nothing (a worker's telephone)."""


def estimate(nodes: Normalised, candidates: Candidates, patterns: Ints, config: MatchConfig) -> Model:
    """Learn the model from the nodes and the compared candidate pairs (``patterns``: their levels, packed).

    Where the anchors have missed many matches, what they count as different entities holds the same values again and
    again; then entities are counted once more by the links of the first model, and all is learnt anew. (Not where there
    are households: links of a first model may still chain their members.)
    """
    entity, count = rough_entities(nodes, config)
    model = _learn(nodes, candidates, patterns, (entity, count), config)
    sizes = np.bincount(entity[entity >= 0])
    anchored = float(np.sum(sizes * (sizes - 1) / 2)) / max(nodes.size * (nodes.size - 1) / 2, 1.0)
    if config.household is not None or model.match_share <= MISSED * anchored:
        return model
    return _learn(
        nodes, candidates, patterns, _counted_anew(nodes, candidates, patterns, entity, model, config), config
    )


def _counted_anew(
    nodes: Normalised, candidates: Candidates, patterns: Ints, entity: Ints, model: Model, config: MatchConfig
) -> tuple[Ints, int]:
    """Rough entities joined by the links of a first model; and how many there are."""
    weight = Scorer(nodes, model, config).score(candidates.left, candidates.right, patterns).weight
    left, right = candidates.left[weight >= 0], candidates.right[weight >= 0]
    tied = _tied(entity)
    labels = components(np.concatenate([left, tied[0]]), np.concatenate([right, tied[1]]), nodes.size)
    known = entity >= 0
    known[left] = known[right] = True
    labels[~known] = ABSENT
    return dense(labels)


def _tied(entity: Ints) -> tuple[Codes, Codes]:
    """Edges that hold the nodes of each entity together."""
    rows, bounds = blocks(entity)
    inner = np.ones(max(len(rows) - 1, 0), dtype=bool)
    inner[bounds[1:-1] - 1] = False
    return rows[:-1][inner], rows[1:][inner]


def _learn(
    nodes: Normalised, candidates: Candidates, patterns: Ints, entities: tuple[Ints, int], config: MatchConfig
) -> Model:
    """The model, given the rough entity of each node and how many there are."""
    entity, count = entities
    implied = tuple((config.field_index(s), config.field_index(t)) for s, ts in config.implies.items() for t in ts)
    stranger = _stranger_levels(nodes, entity, config)
    with ThreadPoolExecutor(WORKERS) as pool:
        by_value = pool.map(lambda k, c: _by_frequency(k, c, entity, count), nodes.kinds, nodes.columns)
        others = tuple(by_value)
    house, house_share = _households(nodes, entity, stranger, config)
    m = _train(nodes, candidates, patterns, (stranger, house), implied, config)
    house = tuple(_masked_alike(k, h, own) for k, h, own in zip(nodes.kinds, house, m, strict=True))
    sizes = np.bincount(entity[entity >= 0])
    pairs = max(len(entity) * (len(entity) - 1) / 2, 1.0)
    match_share = float(np.clip(np.sum(sizes * (sizes - 1) / 2) / pairs, 1 / pairs, 0.5))
    learnt = expected_share(patterns, nodes.kinds, (m, house, stranger), implied, pairs)
    match_share = float(np.clip(learnt, match_share, 0.5))
    return Model(nodes.names, nodes.kinds, m, house, stranger, others, implied, match_share, house_share, count)


def rough_entities(nodes: Normalised, config: MatchConfig) -> tuple[Ints, int]:
    """Entity of each node by the configured anchors, and how many: good enough to count with, not to link with.

    A node that no anchor can tell from others (a name and little else) is ABSENT: it is no evidence of one more entity.
    """
    left, right, known = [], [], np.zeros(nodes.size, dtype=bool)
    for anchor in config.anchors:
        rows, bounds = blocks(nodes.key(anchor))
        known[rows] = True
        inner = np.ones(max(len(rows) - 1, 0), dtype=bool)
        inner[bounds[1:-1] - 1] = False
        left.append(rows[:-1][inner])
        right.append(rows[1:][inner])
    none = np.empty(0, np.int32)
    labels = components(np.concatenate([none, *left]), np.concatenate([none, *right]), nodes.size)
    labels[~known] = ABSENT
    return dense(labels)


def _stranger_levels(nodes: Normalised, entity: Ints, config: MatchConfig) -> tuple[Floats, ...]:
    """P(level | strangers) of every field from random pairs of different entities, smoothed."""
    generator = np.random.default_rng(config.seed)
    size = min(config.sample_pairs, 20 * len(entity))
    left, right = generator.integers(0, len(entity), (2, size))
    apart = (entity[left] != entity[right]) | ((entity[left] < 0) & (left != right))
    levels = compare_pairs(nodes.kinds, nodes.columns, left[apart], right[apart])
    return tuple(_shares(levels[f], kind, np.ones(len(kind.levels))) for f, kind in enumerate(nodes.kinds))


def _shares(levels: Levels, kind: Kind, prior: Floats) -> Floats:
    """Shares of the levels among pairs that have one, with a prior count for each level; index 0 (null) is 1."""
    counts = np.bincount(levels, minlength=len(kind.levels) + 1)[1:] + prior
    return np.append(1.0, np.maximum(counts / counts.sum(), FLOOR))


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
        unseen = float(np.clip(2 * np.sum(holders == 2) / max(np.sum(holders == 1), 1), 0.005, 1.0))
        found[number] = Frequency(level.by, keys[holders > 1], holders[holders > 1], unseen, count)
    return found


def _households(
    nodes: Normalised, entity: Ints, stranger: tuple[Floats, ...], config: MatchConfig
) -> tuple[tuple[Floats, ...], float]:
    """P(level | housemates), and their share of all pairs: from pairs that share a household feature.

    Where enough of them are known to be two by their numbers these say it alone; else matches are told apart by EM.
    """
    home = config.household
    if home is None:
        return stranger, 0.0
    left, right = _sharing(nodes, home.features)
    step = max(-(-len(left) // config.sample_pairs), 1)
    left, right = left[::step], right[::step]
    levels = compare_pairs(nodes.kinds, nodes.columns, left, right)
    known = (entity[left] != entity[right]) & (entity[left] >= 0) & (entity[right] >= 0)
    if config.exclusive is not None:
        number = nodes.feature(config.exclusive)
        known &= (number[left] >= 0) & (number[right] >= 0) & (number[left] != number[right])
    first = [_shares(levels[f][known], kind, STRANGER_COUNT * stranger[f][1:]) for f, kind in enumerate(nodes.kinds)]
    at_home = {feature.partition(".")[0] for written in home.features for feature in written.split(" + ")}
    used = [f for f, name in enumerate(nodes.names) if name not in at_home]
    members = housemates(levels, used, first, stranger, nodes.kinds)
    share = max(float(members.sum()) * step / max(len(entity) * (len(entity) - 1) / 2, 1.0), FLOOR)
    if config.exclusive is not None and known.sum() >= LEAST_TRAINING:
        members = known.astype(np.float64)
    own = config.exclusive.split(".")[0] if config.exclusive else ""
    shares = [
        u.copy() if name == own else np.maximum(weighted(levels[f], members, kind, STRANGER_COUNT * u[1:]), HOUSE_FLOOR)
        for f, (name, kind, u) in enumerate(zip(nodes.names, nodes.kinds, stranger, strict=True))
    ]
    for name, chance in home.lends.items():
        shares[nodes.names.index(name)][1] = chance
    return tuple(shares), share


def _masked_alike(kind: Kind, house: Floats, m: Floats) -> Floats:
    """P(masked level | housemates) from how often they agree in what the mask leaves to see.

    It can't be counted: the pairs known to be two have both numbers in clear, and such records are seldom masked.
    """
    adjusted = house.copy()
    names = [level.name for level in kind.levels]
    for number, level in enumerate(kind.levels, start=1):
        seen = [names.index(name) + 1 for name in level.seen_as]
        if seen:
            adjusted[number] = m[number] * min(house[seen].sum() / m[seen].sum(), 1.0)
    return adjusted


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


def _train(
    nodes: Normalised,
    candidates: Candidates,
    patterns: Ints,
    others: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    implied: tuple[tuple[int, int], ...],
    config: MatchConfig,
) -> tuple[Floats, ...]:
    """m of every field: EM in each training pass over the fields it doesn't block on, pooled by expected matches."""
    stranger, house = others
    pooled = [np.array([PRIOR_COUNT * level.m for level in kind.levels]) for kind in nodes.kinds]
    for number, rule in enumerate(config.passes):
        if not rule.is_training:
            continue
        met = met_in(candidates, number)
        if np.count_nonzero(met) < LEAST_TRAINING:
            continue
        used = [f for f, name in enumerate(nodes.names) if name not in rule.fields]
        levels, times = distinct_patterns(patterns[met], len(nodes.names))
        seen = leave_out_implied(levels, nodes.kinds, implied)[used]
        kinds = [nodes.kinds[f] for f in used]
        personal = [config.fields[f].kind in PERSONAL for f in used]
        classes = [[stranger[f] for f in used], [house[f] for f in used]]
        counts = expected_matches(seen, times, classes, kinds, personal)
        for f, expected in zip(used, counts, strict=True):
            pooled[f] += expected
    return tuple(np.append(1.0, np.maximum(counts / counts.sum(), FLOOR)) for counts in pooled)


def met_in(candidates: Candidates, number: int) -> Flags:
    """Which candidate pairs share a block of a pass, whichever pass made them."""
    keys = candidates.keys[:, number].copy()
    met: Flags = (keys[candidates.left] == keys[candidates.right]) & (keys[candidates.left] >= 0)
    return met
