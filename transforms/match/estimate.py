"""Estimate: u from value frequencies and random pairs, m by EM on pattern counts, households from known non-matches."""

from __future__ import annotations

from collections.abc import Sequence
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
from transforms.match.compare import compare_pairs
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.model import FLOOR, Frequency, Model, distinct_patterns, leave_out_implied, pack
from transforms.match.normalise import Normalised
from transforms.match.score import Scorer

WORKERS = 2
PRIOR_COUNT = 20.0
"""Pairs that the default m of a level weighs as much as; with few data the defaults decide."""
LEAST_TRAINING = 50
"""A pass with fewer pairs teaches nothing."""
MISSED = 1.25
"""How many times the matches that the anchors find there must be, for entities to be counted anew."""
HOUSE_FLOOR = 5e-4
HOUSEHOLD_BLOCK = 12
EM_ROUNDS = 40
PERSONAL = ("person_name_zh", "person_name", "identity_number", "identifier", "date")
"""Kinds in which people who merely have much in common (inmates of one institution) agree no more than strangers."""


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
    return _learn(nodes, candidates, patterns, _counted_anew(nodes, candidates, patterns, entity, model, config), config)


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


def expected_share(
    packed: Ints,
    kinds: tuple[Kind, ...],
    classes: tuple[tuple[Floats, ...], tuple[Floats, ...], tuple[Floats, ...]],
    implied: tuple[tuple[int, int], ...],
    pairs: float,
) -> float:
    """Share of all ``pairs`` that are matches, from the candidate pairs: only the shares of the classes are learnt.

    Anchors miss what is noisy; where few records have anything certain they miss most matches.
    """
    if not len(packed):
        return 0.0
    patterns, times = distinct_patterns(packed, len(kinds))
    patterns = leave_out_implied(patterns, kinds, implied)
    likelihood = np.vstack([_log_likelihood(list(levels_of), patterns) for levels_of in classes])
    shares = np.full(3, 1 / 3)
    for _ in range(EM_ROUNDS):
        joint = likelihood + np.log(shares)[:, None]
        expected = np.exp(joint - np.logaddexp.reduce(joint, axis=0)) * times
        shares = np.maximum(expected.sum(axis=1) / times.sum(), 1e-12)
    return float(shares[0] * times.sum() / pairs)


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
    """P(level | housemates), from pairs that share a household feature and are known to be two; and their share."""
    home = config.household
    if home is None:
        return stranger, 0.0
    left, right = _sharing(nodes, home.features)
    step = max(-(-len(left) // config.sample_pairs), 1)
    left, right = left[::step], right[::step]
    levels = compare_pairs(nodes.kinds, nodes.columns, left, right)
    apart = (entity[left] != entity[right]) & (entity[left] >= 0) & (entity[right] >= 0)
    own = config.exclusive.split(".")[0] if config.exclusive else ""
    known = apart
    if config.exclusive is not None:
        number = nodes.feature(config.exclusive)
        known = apart & (number[left] >= 0) & (number[right] >= 0) & (number[left] != number[right])
    first = [_shares(levels[f][known], kind, 5 * stranger[f][1:]) for f, kind in enumerate(nodes.kinds)]
    at_home = {feature.partition(".")[0] for written in home.features for feature in written.split(" + ")}
    used = [f for f, name in enumerate(nodes.names) if name not in at_home]
    weight = housemates(levels, used, first, stranger, nodes.kinds)
    if config.exclusive is not None and known.sum() >= LEAST_TRAINING:
        weight = known.astype(np.float64)
    share = max(float(weight.sum() if not known.sum() else weight.sum()) * step / max(len(entity) * (len(entity) - 1) / 2, 1.0), FLOOR)
    shares = [
        u.copy()
        if name == own
        else np.maximum(_weighted(levels[f], weight, kind, 5 * u[1:]), np.append(1.0, np.full(len(u) - 1, HOUSE_FLOOR)))
        for f, (name, kind, u) in enumerate(zip(nodes.names, nodes.kinds, stranger, strict=True))
    ]
    for name, chance in home.lends.items():
        shares[nodes.names.index(name)][1] = chance
    return tuple(shares), float(share)


def housemates(
    levels: Levels, used: list[int], house: list[Floats], stranger: tuple[Floats, ...], kinds: tuple[Kind, ...]
) -> Floats:
    """For each pair that shares a household feature the probability that it is two members of one household.

    Matches among such pairs can't all be known beforehand, and the noisier the records, the more of them would be taken
    for housemates. So both classes are learnt together by EM over the fields ``used`` (strangers stay as they are),
    from the default m and from what pairs known to be two look like (``house``).
    """
    patterns, times, inverse = np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    packed = pack(levels[used])
    found, inverse, times = np.unique(packed, return_inverse=True, return_counts=True)
    shifts = np.arange(len(used) - 1, -1, -1)[:, None] * 4
    patterns = (found[None, :] >> shifts & 15).astype(np.uint8)
    own = [kinds[f] for f in used]
    m = [_smoothed(np.zeros(len(kind.levels)), kind) for kind in own]
    h = [house[f] for f in used]
    apart = _log_likelihood([stranger[f] for f in used], patterns)
    shares = np.full(3, 1 / 3)
    for _ in range(EM_ROUNDS):
        likelihood = np.vstack([_log_likelihood(m, patterns), _log_likelihood(h, patterns), apart])
        likelihood += np.log(shares)[:, None]
        posterior = np.exp(likelihood - np.logaddexp.reduce(likelihood, axis=0))
        expected = posterior * times
        shares = np.maximum(expected.sum(axis=1) / max(times.sum(), 1), 1e-9)
        m = [_weighted(patterns[i], expected[0], k, PRIOR_COUNT * _prior(k)) for i, k in enumerate(own)]
        h = [_weighted(patterns[i], expected[1], k, 5 * stranger[f][1:]) for i, (f, k) in enumerate(zip(used, own, strict=True))]
    result: Floats = posterior[1][inverse]
    return result


def _weighted(levels: Levels, weight: Floats, kind: Kind, prior: Floats) -> Floats:
    """Shares of the levels among weighted pairs, with a prior count for each level; index 0 (null) is 1."""
    counts = np.bincount(levels, weight, minlength=len(kind.levels) + 1)[1:] + prior
    return np.append(1.0, np.maximum(counts / counts.sum(), FLOOR))


def _prior(kind: Kind) -> Floats:
    return np.array([level.m for level in kind.levels])


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


def _sharing(nodes: Normalised, features: tuple[str, ...]) -> tuple[Ints, Ints]:
    """Distinct pairs of nodes that share one of the features in a small group."""
    packed = []
    for feature in features:
        keys = nodes.feature(feature).copy()
        keys[group_sizes(keys) > HOUSEHOLD_BLOCK * 20] = -1
        left, right = pairs_within(keys)
        packed.append(left * np.int64(len(keys)) + right)
    pairs = distinct(np.concatenate(packed))
    return pairs // nodes.size, pairs % nodes.size


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


def expected_matches(
    patterns: Levels, counts: Ints, others: list[list[Floats]], kinds: list[Kind], personal: Sequence[bool] = ()
) -> list[Floats]:
    """EM on counts of distinct patterns; returns per field the expected number of matches at each level.

    ``patterns``: fields x distinct patterns. ``others``: the level probabilities of each class of non-match, strangers
    first, which stay fixed (only their shares are learnt). One more class is learnt with the matches: pairs that have
    much in common without being one (inmates of one institution, found by age and street). In ``personal`` fields they
    agree no more than strangers; without any other field there is no such class. After Fellegi and Sunter 1969 and Winkler 2000; patterns as in fastLink
    (Enamorado 2019).
    """
    m = [_smoothed(np.zeros(len(kind.levels)), kind) for kind in kinds]
    personal = personal or [True] * len(kinds)
    near = [u if p else (own + u) / 2 for own, u, p in zip(m, others[0], personal, strict=True)]
    fixed = np.stack([_log_likelihood(u, patterns) for u in others])
    shares, result = np.full(2 + len(others), 1 / (2 + len(others))), [np.zeros(len(kind.levels)) for kind in kinds]
    for _ in range(EM_ROUNDS):
        likelihood = np.vstack([_log_likelihood(m, patterns), _log_likelihood(near, patterns), fixed])
        likelihood += np.log(shares)[:, None]
        posterior = np.exp(likelihood - np.logaddexp.reduce(likelihood, axis=0)) * counts
        shares = np.maximum(posterior.sum(axis=1) / counts.sum(), 1e-9)
        result = [
            np.bincount(patterns[f], posterior[0], len(k.levels) + 1)[1:].astype(np.float64)
            for f, k in enumerate(kinds)
        ]
        m = [_smoothed(expected, kind) for expected, kind in zip(result, kinds, strict=True)]
        near = [
            others[0][f] if personal[f] else _weighted(patterns[f], posterior[1], k, 5 * others[0][f][1:])
            for f, k in enumerate(kinds)
        ]
    return result


def _log_likelihood(levels_of: list[Floats], patterns: Levels) -> Floats:
    total: Floats = np.sum([np.log(chance)[patterns[f]] for f, chance in enumerate(levels_of)], axis=0)
    return total


def _smoothed(counts: Floats, kind: Kind) -> Floats:
    prior = np.array([level.m for level in kind.levels])
    smoothed = counts + prior
    return np.append(1.0, np.maximum(smoothed / smoothed.sum(), FLOOR))
