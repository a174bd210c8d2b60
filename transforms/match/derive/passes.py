"""Choose blocking passes from the data: what each costs and how many matches it would find, before any join.

From pairs that are nearly surely one (the anchors) it is learnt how often each feature of a field survives between two
records of one entity. Synthetic matches are drawn from that, every field by itself, as if errors fell on fields at
random; passes are then taken one by one, best value for their candidate pairs first, until hardly any synthetic match
that some pass could still find is missed (a greedy set cover, Chvátal 1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Codes, Flags, row_keys
from transforms.match.config import Pass
from transforms.match.derive.anchors import anchored_pairs
from transforms.match.derive.survey import Survey, field_of
from transforms.match.estimate import LEAST_TRAINING
from transforms.match.normalise import Normalised

BLOCKING: dict[str, tuple[str, ...]] = {
    "person_name_zh": ("sounds", "merged", "surname_sound", "last_sound", "given_sounds"),
    "person_name": ("name", "sounds", "bag", "start", "end", "first_sounds", "last_sounds"),
    "identity_number": ("number", "tail12", "head12", "ends6", "digits", "last4"),
    "identifier": ("value", "head", "tail", "sorted"),
    "phone": ("number",),
    "date": ("date", "unordered", "month_day", "year"),
    "address_zh": ("address", "dwelling", "place"),
    "address": ("address", "dwelling", "place", "start", "number"),
    "text": ("text", "words", "longest", "second", "first", "code", "sketch1", "sketch2", "sketch3", "sketch4"),
    "number": ("value", "magnitude"),
    "category": ("value",),
}
"""Features that a kind offers for blocking; the first is agreement proper, the others outlive one error or another."""

SYNTHETIC = 4096
PRIOR_PAIRS = 20
"""Observed matches that the prior belief about a field's survival weighs as much as."""
SURVIVES, SURVIVAL = 0.75, {"text": 0.3, "address": 0.6, "address_zh": 0.6}
"""Share of matches in which a value that both have is expected to be the same."""
LEAST_GAIN = 4e-4
"""Share of all matches that a further pass must add."""
PAIRS_PER_MATCH = 1500.0
"""Candidate pairs that one further expected match may cost."""
FREE_PAIRS = 300_000
"""Pairs that any input may cost whatever they bring: comparing them takes less than a second."""
PAIRS_PER_NODE = 60
MAX_PASSES = 30
MAX_BLOCK = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """The passes, the share of matches that they are expected to reach, and their expected candidate pairs."""

    passes: tuple[Pass, ...]
    recall: float
    pairs: int


def blocking_features(survey: Survey) -> list[str]:
    """All blocking features, written ``field.feature``, fields in order, strict ones first."""
    pairs = zip(survey.nodes.names, survey.kinds, strict=True)
    return [f"{name}.{feature}" for name, kind in pairs for feature in BLOCKING.get(kind, ())]


def synthetic_matches(survey: Survey, anchors: tuple[tuple[str, ...], ...], seed: int) -> dict[str, Flags]:
    """For each blocking feature whether it survives in each of SYNTHETIC drawn matches.

    Two records are drawn for each: what one of them lacks or hides can't agree (what is missing goes together: a record
    whose name is masked has its number masked too). What both have is spoilt field by field, independently.
    """
    pairs = anchored_pairs(survey, anchors)
    generator = np.random.default_rng(seed)
    drawn_from = generator.integers(0, max(survey.nodes.size, 1), (2, SYNTHETIC))
    drawn: dict[str, Flags] = {}
    for name, kind in zip(survey.nodes.names, survey.kinds, strict=True):
        features = [f"{name}.{feature}" for feature in BLOCKING.get(kind, ())]
        if not features:
            continue
        seen = [_agreeing(survey.nodes, features, a, b) for fields, a, b in pairs if name not in fields]
        patterns = np.concatenate([*seen, _prior_patterns(kind, features)], axis=1)
        chosen = generator.integers(0, patterns.shape[1], SYNTHETIC)
        present = np.array([np.all(survey.nodes.feature(f)[drawn_from] >= 0, axis=0) for f in features])
        drawn |= dict(zip(features, patterns[:, chosen] & present, strict=True))
    return drawn


def _agreeing(nodes: Normalised, features: list[str], left: Codes, right: Codes) -> Flags:
    """Which features agree in each pair that has the strictest of them on both sides."""
    rows = [nodes.feature(f) for f in features]
    both = (rows[0][left] >= 0) & (rows[0][right] >= 0)
    left, right = left[both], right[both]
    return np.array([(r[left] == r[right]) & (r[left] >= 0) for r in rows], dtype=bool).reshape(len(rows), len(left))


def _prior_patterns(kind: str, features: list[str]) -> Flags:
    """A few matches as one expects them before any data: a value survives whole, or an error spares half of its
    features (another half each time)."""
    whole = SURVIVAL.get(kind, SURVIVES)
    case = (np.arange(PRIOR_PAIRS) + 0.5) / PRIOR_PAIRS
    halves = np.stack([row_keys(np.array([[f, n] for n in range(PRIOR_PAIRS)])) % 2 == 1 for f in range(len(features))])
    return np.where(case < whole, True, halves)


Combined = tuple[tuple[str, ...], Flags, float]
"""Features, the synthetic matches that they reach, estimated candidate pairs."""


@dataclass(slots=True)
class Candidate:
    """A combination of features: the synthetic matches that it reaches, and its candidate pairs in the whole (an
    estimate until it is measured)."""

    features: tuple[str, ...]
    reach: Flags
    cost: float
    is_measured: bool = False


def choose_passes(survey: Survey, anchors: tuple[tuple[str, ...], ...], matches: float, seed: int) -> Chosen:
    """Passes for ``survey``, where about ``matches`` pairs of the whole are expected to be one."""
    drawn = synthetic_matches(survey, anchors, seed)
    candidates = combine(survey, drawn)
    missed = np.ones(SYNTHETIC, dtype=bool)
    chosen: list[Candidate] = []
    spent, budget = 0.0, max(FREE_PAIRS, PAIRS_PER_NODE * survey.whole)
    while len(chosen) < MAX_PASSES:
        best = _best(survey, candidates, missed, matches, budget - spent)
        if best is None:
            break
        missed &= ~best.reach
        spent += best.cost
        chosen.append(best)
    passes = tuple(
        Pass(c.features, _refining(survey, c.features, drawn), MAX_BLOCK, is_training=t)
        for c, t in zip(chosen, _training(chosen, survey, matches), strict=True)
    )
    return Chosen(passes, float(1 - missed.mean()), round(spent))


def combine(survey: Survey, drawn: dict[str, Flags]) -> list[Candidate]:
    """Single features and combinations of two or three fields; what is selective already is not combined further."""
    whole = survey.all_pairs * survey.scale
    share = {f: survey.collision(f) for f in blocking_features(survey) if drawn[f].any()}
    found: list[Combined] = []
    grown: list[Combined] = [((), np.ones(SYNTHETIC, dtype=bool), whole)]
    for _ in range(3):
        wider: list[Combined] = []
        for features, reach, cost in grown:
            behind = list(share)[list(share).index(features[-1]) + 1 :] if features else list(share)
            for feature in behind:
                if field_of(feature) in [field_of(f) for f in features]:
                    continue
                both = reach & drawn[feature]
                if both.mean() > LEAST_GAIN:
                    wider.append(((*features, feature), both, cost * share[feature]))
        found += wider
        grown = [c for c in wider if c[2] > survey.whole / 2]
    affordable = max(FREE_PAIRS, PAIRS_PER_NODE * survey.whole)
    return [Candidate(*c) for c in found if c[2] <= affordable]


def _best(
    survey: Survey, candidates: list[Candidate], missed: Flags, matches: float, budget: float
) -> Candidate | None:
    """The candidate of best value for its pairs, measured; each pass also costs a sort of all records."""
    gain = np.array([c.reach[missed].sum() for c in candidates]) / SYNTHETIC
    cost = np.array([c.cost for c in candidates])
    while True:
        worth = gain * matches / (cost + survey.whole)
        fits = (
            (gain >= LEAST_GAIN)
            & (cost <= budget)
            & ((cost <= FREE_PAIRS) | (gain * matches * PAIRS_PER_MATCH >= cost))
        )
        if not fits.any():
            return None
        place = int(np.argmax(np.where(fits, worth, -1.0)))
        best = candidates[place]
        if best.is_measured:
            return best
        best.cost, best.is_measured = survey.pairs(best.features, MAX_BLOCK) * survey.scale, True
        cost[place] = best.cost


def _refining(survey: Survey, features: tuple[str, ...], drawn: dict[str, Flags]) -> tuple[str, ...]:
    """Two features of other fields for blocks that are too large: those that survive most often and split well."""
    fields = {field_of(f) for f in features}
    others = [f for f in drawn if field_of(f) not in fields and survey.collision(f) < 0.3]
    worth = {f: drawn[f].mean() * min(-np.log10(max(survey.collision(f), 1e-9)), 4.0) for f in others}
    chosen: list[str] = []
    for feature in sorted(others, key=lambda f: -worth[f]):
        if field_of(feature) not in [field_of(f) for f in chosen]:
            chosen.append(feature)
    return tuple(chosen[:2])


def _training(chosen: list[Candidate], survey: Survey, matches: float) -> list[bool]:
    """Which passes teach m: the purest ones, until every field is left free by two of them that have pairs enough."""
    purity = [c.reach.mean() * matches / max(c.cost, 1.0) for c in chosen]
    free = dict.fromkeys(survey.nodes.names, 0)
    result = [False] * len(chosen)
    for place in sorted(range(len(chosen)), key=lambda i: -purity[i]):
        fields = {field_of(f) for f in chosen[place].features}
        if chosen[place].cost >= LEAST_TRAINING and any(free[name] < 2 for name in free if name not in fields):
            result[place] = True
            free = {name: count + (name not in fields) for name, count in free.items()}
    return result
