"""Estimate: u from value frequencies and random pairs, m by EM on pattern counts, households from known non-matches."""

from __future__ import annotations

import numpy as np

from transforms.match.arrays import ABSENT, Codes, Floats, Ints, Levels, blocks, components, dense
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
from transforms.match.compare.kind import Kind
from transforms.match.config import MatchConfig
from transforms.match.evidence import Evidence, gather
from transforms.match.model import FLOOR, Model, leave_out_implied
from transforms.match.normalise import Normalised
from transforms.match.score import Scorer

LEAST_TRAINING = 50
"""A pass with fewer pairs teaches nothing."""
MISSED = 1.25
"""How many times the matches that the anchors find there must be, for entities to be counted anew."""
HOUSE_FLOOR = 5e-4


def estimate(nodes: Normalised, candidates: Candidates, patterns: Ints, config: MatchConfig) -> Model:
    """Learn the model from the nodes and the compared candidate pairs (``patterns``: their levels, packed).

    Where the anchors have missed many matches, what they count as different entities holds the same values again and
    again; then entities are counted once more by the links of the first model, and all is learnt anew. (Not where there
    are households: links of a first model may still chain their members.)
    """
    entity, count = rough_entities(nodes, config)
    evidence = gather(nodes, candidates, patterns, (entity, count), config)
    model = learn(evidence, nodes.names, nodes.kinds, config)
    if not is_much_missed(evidence, model, config):
        return model
    anew = _counted_anew(nodes, candidates, patterns, entity, model, config)
    return learn(gather(nodes, candidates, patterns, anew, config), nodes.names, nodes.kinds, config)


def is_much_missed(evidence: Evidence, model: Model, config: MatchConfig) -> bool:
    """Whether there are many more matches than the rough entities found, so that these must be counted anew."""
    return config.household is None and model.match_share > MISSED * evidence.share(evidence.pairs_of_one)


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


def learn(evidence: Evidence, names: tuple[str, ...], kinds: tuple[Kind, ...], config: MatchConfig) -> Model:
    """The model that the evidence supports."""
    implied = tuple((config.field_index(s), config.field_index(t)) for s, ts in config.implies.items() for t in ts)
    stranger = tuple(_shares(evidence.strangers[f], k, np.ones(len(k.levels))) for f, k in enumerate(kinds))
    house, house_share = _households(evidence, names, kinds, stranger, config)
    m = _train(evidence, names, kinds, (stranger, house), implied, config)
    house = tuple(own if name in at_home(config) else h for name, h, own in zip(names, house, m, strict=True))
    house = tuple(_masked_alike(k, h, own) for k, h, own in zip(kinds, house, m, strict=True))
    match_share = float(np.clip(evidence.share(evidence.pairs_of_one), evidence.share(1), 0.5))
    learnt = expected_share(*evidence.patterns, kinds, (m, house, stranger), implied, 1 / evidence.share(1))
    match_share = float(np.clip(learnt, match_share, 0.5))
    return Model(
        names, kinds, m, house, stranger, evidence.frequencies, implied, match_share, house_share, evidence.entities
    )


def at_home(config: MatchConfig) -> frozenset[str]:
    """Fields in which housemates are as alike as two records of one: the address, where it alone makes a household.

    They live there both, and mistype it as often. (Pairs that share it to the letter can't show that.)
    """
    home = config.household.features if config.household else ()
    return frozenset(f.partition(".")[0] for f in home[0].split(" + ")) if len(home) == 1 else frozenset()


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


def _shares(levels: Levels, kind: Kind, prior: Floats) -> Floats:
    """Shares of the levels among pairs that have one, with a prior count for each level; index 0 (null) is 1."""
    counts = np.bincount(levels, minlength=len(kind.levels) + 1)[1:] + prior
    return np.append(1.0, np.maximum(counts / counts.sum(), FLOOR))


def _households(
    evidence: Evidence,
    names: tuple[str, ...],
    kinds: tuple[Kind, ...],
    stranger: tuple[Floats, ...],
    config: MatchConfig,
) -> tuple[tuple[Floats, ...], float]:
    """P(level | housemates), and their share of all pairs: from pairs that share a household feature.

    Where enough of them are known to be two by their numbers these say it alone; else matches are told apart by EM.
    """
    home = config.household
    if home is None:
        return stranger, 0.0
    levels, known = evidence.housemates, evidence.known_housemates
    first = [_shares(levels[f][known], kind, STRANGER_COUNT * stranger[f][1:]) for f, kind in enumerate(kinds)]
    at_home = {feature.partition(".")[0] for written in home.features for feature in written.split(" + ")}
    used = [f for f, name in enumerate(names) if name not in at_home]
    members = housemates(levels, used, first, stranger, kinds)
    share = max(evidence.share(float(members.sum()) * evidence.every), FLOOR)
    if config.exclusive is not None and known.sum() >= LEAST_TRAINING:
        members = known.astype(np.float64)
    own = config.exclusive.split(".")[0] if config.exclusive else ""
    shares = [
        u.copy() if name == own else np.maximum(weighted(levels[f], members, kind, STRANGER_COUNT * u[1:]), HOUSE_FLOOR)
        for f, (name, kind, u) in enumerate(zip(names, kinds, stranger, strict=True))
    ]
    for name, chance in home.lends.items():
        shares[names.index(name)][1] = chance
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


def _train(
    evidence: Evidence,
    names: tuple[str, ...],
    kinds: tuple[Kind, ...],
    others: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    implied: tuple[tuple[int, int], ...],
    config: MatchConfig,
) -> tuple[Floats, ...]:
    """m of every field: EM in each training pass over the fields it doesn't block on, pooled by expected matches."""
    stranger, house = others
    pooled = [np.array([PRIOR_COUNT * level.m for level in kind.levels]) for kind in kinds]
    for number, (levels, times) in evidence.training.items():
        if times.sum() < LEAST_TRAINING:
            continue
        used = [f for f, name in enumerate(names) if name not in config.passes[number].fields]
        seen = leave_out_implied(levels, kinds, implied)[used]
        personal = [config.fields[f].kind in PERSONAL for f in used]
        classes = [[stranger[f] for f in used], [house[f] for f in used]]
        shared = [names[f] in at_home(config) for f in used]
        counts = expected_matches(seen, times, classes, [kinds[f] for f in used], personal, shared)
        for f, expected in zip(used, counts, strict=True):
            pooled[f] += expected
    return tuple(np.append(1.0, np.maximum(counts / counts.sum(), FLOOR)) for counts in pooled)
