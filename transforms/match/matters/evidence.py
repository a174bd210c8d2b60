"""Evidence: the levels at which two cases may agree in each respect, and what each is worth in bits.

The shares are declared, not learnt: what is one matter is defined by rules (a window, a class, a holder), so two homes
must weigh the same evidence alike, and an official must be able to read why. Only how far a shared number can be
trusted is measured, because platforms that count for themselves reuse numbers (domain.md C2, cases).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import ABSENT, Flags, Floats, Ints, Levels, mix

PRIOR = -20.0
"""Match weight before any evidence: about one pair of cases in a million is one matter."""
LINK_WEIGHT, CERTAIN_WEIGHT, POSSIBLE_WEIGHT = 3.17, 9.97, -1.0
"""As for persons: 90 %, 99.9 % and a third."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of agreement. ``m``: its share among pairs that are one matter; ``u``: among all other pairs."""

    name: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """What it adds to the match weight."""
        return float(np.log2(self.m / self.u))


RESPECTS: dict[str, tuple[Level, ...]] = {
    "person": (
        Level("same", 0.93, 1.8e-6),
        Level("household_applies", 0.03, 2e-6),
        Level("household", 0.002, 1e-6),
        Level("other", 0.01, 0.99),
    ),
    "item": (
        Level("same", 0.2, 0.02),
        Level("same_class", 0.78, 0.035),
        Level("sequence", 0.0002, 0.03),
        Level("other", 0.015, 0.915),
    ),
    "days": (
        Level("same_day", 0.45, 0.008),
        Level("within_5", 0.33, 0.03),
        Level("within_window", 0.2, 0.05),
        Level("within_two_windows", 0.015, 0.06),
        Level("later", 0.005, 0.85),
    ),
    "object": (
        Level("same", 0.6, 1e-6),
        Level("same_place", 0.38, 0.19),
        Level("other_place", 0.02, 0.16),
        Level("other", 0.0002, 0.8),
    ),
    "community": (Level("same", 0.95, 0.02), Level("same_township", 0.03, 0.03), Level("other", 0.02, 0.95)),
    "number": (Level("same_project", 0.1, 1e-7), Level("same_case_no", 0.1, 1e-7)),
    "title": (Level("alike", 0.6, 0.25), Level("unlike", 0.1, 0.7)),
    "link": (Level("stated", 0.05, 1e-12), Level("stated_elsewhere", 0.01, 2e-6)),
}
"""Respect -> its levels, best first; level 0 says nothing. ``household_applies``: another member of the household, in a
class for which one application serves it. ``number``: one project number in both, or one case number on two platforms;
its bits are a ceiling, see NumberUse. ``community`` counts where a person is unknown (it follows from the person
otherwise), ``item`` and ``days`` where no link is stated."""
NAMES = tuple(RESPECTS)
PERSON, ITEM, DAYS, OBJECT, COMMUNITY, NUMBER, TITLE, LINK = range(len(NAMES))
UNKNOWN, SAME = 0, 1
HOUSEHOLD_APPLIES, HOUSEHOLD, OTHER_PERSON = 2, 3, 4
SAME_CLASS, SEQUENCE, OTHER_ITEM = 2, 3, 4
WITHIN_5, WITHIN_WINDOW, WITHIN_TWO, LATER = 2, 3, 4, 5
SAME_PLACE, OTHER_PLACE, OTHER_OBJECT = 2, 3, 4
SAME_PROJECT, SAME_CASE_NO = 1, 2
HERE, ELSEWHERE = 1, 2
TRUSTED_PAIRS, TRUSTED_SHARE = 10, 0.9
"""A kind of number is trusted if of at least so many pairs that share one, so large a share are of one person."""


@dataclass(frozen=True, slots=True)
class NumberUse:
    """How a kind of number is used across cases: among pairs that share one, those of one person and those of two.

    ``meant_to_be_shared``: a project number is, the number of a case on its platform is not.
    """

    one: int
    two: int
    meant_to_be_shared: bool

    @property
    def is_trusted(self) -> bool:
        """Whether platforms share these numbers on purpose: as the pairs say, or, while they are few, as is meant."""
        return self.is_proven if self.one + self.two >= TRUSTED_PAIRS else self.meant_to_be_shared

    @property
    def is_proven(self) -> bool:
        """Whether enough pairs say so."""
        known = self.one + self.two
        return known >= TRUSTED_PAIRS and self.one >= TRUSTED_SHARE * known

    @property
    def bits(self) -> float:
        """What lifts the prior to the odds that a shared number means one person; nothing if it isn't trusted (numbers
        often hold the date, so that by chance they agree where days do)."""
        odds = float(np.log2((self.one + 1) / (self.two + 1)))
        return float(np.clip(odds - PRIOR, 0, RESPECTS["number"][0].bits)) if self.is_trusted else 0.0


def number_use(number: Ints, person: Ints, *, meant_to_be_shared: bool) -> NumberUse:
    """How often cases that share a number are of one person, counted over all cases whose person is known."""
    number = np.where(person < 0, ABSENT, number)
    shared, one = (_pairs(key) for key in (number, mix([number, person])))
    return NumberUse(one, shared - one, meant_to_be_shared)


def _pairs(key: Ints) -> int:
    _, sizes = np.unique(key[key >= 0], return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def match_weights(levels: Levels, is_batch: Flags, uses: tuple[NumberUse, NumberUse]) -> Floats:
    """Match weight of each pair: prior and bits, and no more than what the weakest necessity allows."""
    weight = np.full(levels.shape[1], PRIOR)
    for respect, counted in enumerate(_counted_once(levels)):
        bits = [0.0, *(level.bits for level in RESPECTS[NAMES[respect]])]
        if respect == NUMBER:
            bits[1:] = [use.bits for use in uses]
        weight += np.array(bits)[counted]
    ceiling = np.full(levels.shape[1], np.inf)
    trusted, proven = (
        np.array([False, *(getattr(use, name) for use in uses)])[levels[NUMBER]] for name in ("is_trusted", "is_proven")
    )
    ceiling[_lacks_necessity(levels, trusted)] = LINK_WEIGHT - 1
    ceiling[is_batch | _is_reused(levels, proven)] = POSSIBLE_WEIGHT - 1
    result: Floats = np.minimum(weight, ceiling)
    return result


def _counted_once(levels: Levels) -> Levels:
    """Levels without those that others imply."""
    counted = levels.copy()
    counted[COMMUNITY, levels[PERSON] != UNKNOWN] = UNKNOWN
    stated = levels[LINK] == HERE
    counted[ITEM, stated] = counted[DAYS, stated] = UNKNOWN
    return counted


def _lacks_necessity(levels: Levels, trusted: Flags) -> Flags:
    """Pairs that no sum may join by itself, because nothing names the matter (a link, an object, a number).

    Two people of two households; two members of one (each may have a matter of their own: a person is asked); a person,
    a time or a class unknown.
    """
    person, named = levels[PERSON], (levels[LINK] > 0) | (levels[OBJECT] == SAME)
    strangers = (person == OTHER_PERSON) & (levels[LINK] != HERE)
    relatives = np.isin(person, (HOUSEHOLD_APPLIES, HOUSEHOLD)) & ~named & ~trusted
    nobody = (person == UNKNOWN) & ~named & ~trusted
    untimed = ((levels[DAYS] == UNKNOWN) | (levels[ITEM] == UNKNOWN)) & ~named & ~trusted
    result: Flags = strangers | relatives | nobody | untimed
    return result


def _is_reused(levels: Levels, proven: Flags) -> Flags:
    """Two people of two households under one number, where nothing shows that platforms share numbers."""
    shared = (levels[NUMBER] > 0) & (levels[PERSON] == OTHER_PERSON)
    result: Flags = shared & (levels[LINK] != HERE) & (levels[OBJECT] != SAME) & ~proven
    return result


def is_proven(levels: Levels) -> Flags:
    """Whether more than the sum speaks for a pair: a stated link, or one object or project and one person."""
    named = (levels[NUMBER] == SAME_PROJECT) | (levels[OBJECT] == SAME)
    result: Flags = (levels[LINK] == HERE) | ((levels[PERSON] == SAME) & named)
    return result


def describe(levels: Levels) -> list[str]:
    """``respect=level`` of each column of levels."""
    names = [("null", *(level.name for level in RESPECTS[name])) for name in NAMES]
    return [" ".join(f"{n}={names[r][v]}" for r, (n, v) in enumerate(zip(NAMES, p, strict=True))) for p in levels.T]


def weights_report(uses: tuple[NumberUse, NumberUse]) -> dict[str, object]:
    """The weights, readable."""
    levels = {
        name: [{"level": level.name, "m": level.m, "u": level.u, "bits": round(level.bits, 2)} for level in respect]
        for name, respect in RESPECTS.items()
    }
    numbers = {
        level.name: {"one_person": u.one, "two_people": u.two, "bits": round(u.bits, 2), "is_trusted": u.is_trusted}
        for level, u in zip(RESPECTS["number"], uses, strict=True)
    }
    return {"prior": PRIOR, "levels": levels, "numbers": numbers}
