"""Anchors: combinations of features that nearly surely mean one entity, as far as chance is concerned."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from transforms.match.arrays import ABSENT, pairs_within
from transforms.match.survey import NUMBERS, PLACES, Survey, field_of

CHANCE = 0.05
"""Share of an anchor's pairs that may agree by chance."""


def find_anchors(survey: Survey) -> tuple[tuple[str, ...], ...]:
    """What identifies an entity (all its names, a number, a title) with one thing more that agrees."""
    names = _mostly_filled(survey, survey.names)
    numbers = survey.strict(NUMBERS, survey.common)
    proofs = survey.strict(("date", "phone", *PLACES), survey.common)
    others = survey.strict(("category", "number", "text"), 0.5)
    texts = [] if names else survey.strict(("text",), survey.common)
    wanted: list[tuple[str, ...]] = [(n, p) for n in numbers for p in [*names, *proofs, *texts]]
    wanted += list(combinations(numbers, 2))
    core = tuple(names or texts)
    if core:
        wanted += [(*core, p) for p in [*proofs, *numbers]] or [core]
        wanted += [(*core, o) for o in others if o not in core]
    else:
        wanted += [(n,) for n in numbers] or list(combinations([*proofs, *others], 2))
    if len(names) > 1:
        wanted += [(n, *pair) for pair in combinations(proofs, 2) for n in _given(survey, names, pair)]
    wanted += [(f"{field_of(t)}.code", o) for t in texts for o in others if o != t]
    found = [_strengthened(survey, anchor, [*proofs, *others]) for anchor in dict.fromkeys(wanted)]
    return tuple(dict.fromkeys(a for a in found if a))


def _mostly_filled(survey: Survey, names: list[str]) -> list[str]:
    """Without names that few have (a middle name)."""
    most = max((survey.filled(n) for n in names), default=0.0)
    return [n for n in names if survey.filled(n) > 0.6 * most]


def _given(survey: Survey, names: list[str], pair: tuple[str, ...]) -> list[str]:
    """The names that don't go with what two nodes share: a family name does, a given name tells members apart."""
    keys = survey.key(pair)
    keys[survey.sizes(pair) > 50] = ABSENT
    left, right = pairs_within(keys)
    rate = {n: survey.agreement(n, left, right) for n in names}
    return [n for n in names if rate[n] <= min(rate.values()) + 0.1]


def _strengthened(survey: Survey, anchor: tuple[str, ...], others: list[str]) -> tuple[str, ...] | None:
    """The anchor, with more features as long as chance explains too many of its pairs; None if that never ends."""
    for feature in [None, *sorted(others, key=survey.collision)]:
        if feature is not None and field_of(feature) in [field_of(f) for f in anchor]:
            continue
        anchor = anchor if feature is None else (*anchor, feature)
        chance = survey.all_pairs * float(np.prod([survey.collision(f) for f in anchor]))
        if chance <= max(CHANCE * survey.pairs(anchor), CHANCE):
            return anchor
    return None
