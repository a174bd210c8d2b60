"""Anchors: combinations of features that nearly surely mean one entity, as far as chance is concerned."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from transforms.match.arrays import ABSENT, Codes, Floats, pairs_within
from transforms.match.derive.survey import NUMBERS, PLACES, Survey, field_of

CHANCE = 0.05
"""Share of an anchor's pairs that may agree by chance."""
AS_PERSONAL = 0.5
"""Where other anchors' pairs agree in something personal, an anchor's pairs must agree at least this often as well."""
LEAST_KNOWN = 50
"""Pairs that it takes to hold that against an anchor."""
LEARN_FROM = 20_000


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
    return _of_one(survey, tuple(dict.fromkeys(a for a in found if a)))


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


def anchored_pairs(survey: Survey, anchors: tuple[tuple[str, ...], ...]) -> list[tuple[frozenset[str], Codes, Codes]]:
    """For each anchor its fields and (at most LEARN_FROM) pairs of the sample that agree in it."""
    found = []
    for anchor in anchors:
        keys = survey.key(anchor)
        keys[survey.sizes(anchor) > 20] = -1
        left, right = pairs_within(keys)
        step = max(len(left) // LEARN_FROM, 1)
        found.append((frozenset(field_of(f) for f in anchor), left[::step], right[::step]))
    return found


def personal_rates(survey: Survey, anchors: tuple[tuple[str, ...], ...], personal: list[str]) -> Floats:
    """How often each anchor's pairs agree in each feature (anchors x features); NaN for the anchor's own fields, and
    where it can't be told."""
    rates = np.full((len(anchors), len(personal)), np.nan)
    for row, (fields, left, right) in enumerate(anchored_pairs(survey, anchors)):
        for column, feature in enumerate(personal):
            if field_of(feature) not in fields and survey.known(feature, left, right) >= LEAST_KNOWN:
                rates[row, column] = survey.agreement(feature, left, right)
    return rates


def highest(rates: Floats) -> Floats:
    """The highest rate of each feature over all anchors; -1 where none is known."""
    result: Floats = np.nan_to_num(rates, nan=-1.0).max(axis=0, initial=-1.0)
    return result


def _of_one(survey: Survey, anchors: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Without anchors that members of one household share (a family name with what turns out to be a house number):
    their pairs agree in birth dates and given names much less often than those of other anchors."""
    many = survey.strict((*NUMBERS, "date", "text", "category"), survey.common)
    rates = personal_rates(survey, anchors, list(dict.fromkeys([*survey.names, *many])))
    kept = list(range(len(anchors)))
    while len(kept) > 1:
        best = highest(rates[kept])
        best = np.where(best >= AS_PERSONAL, best, np.inf)  # what no anchor's pairs agree in tells nothing apart
        lowest = np.where(np.isfinite(best) & (rates[kept] >= 0), rates[kept] / best, 1.0).min(axis=1, initial=1.0)
        if lowest.min() >= AS_PERSONAL:
            break
        kept.pop(int(np.argmin(lowest)))
    return tuple(anchors[place] for place in kept)
