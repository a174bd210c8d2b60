"""Life events become matters: who has which matter when, and through which items it passes.

A matter's applications stay within the window of its class (``items.yml``); two matters of one class of one person lie
at least ten weeks apart, so that what is one matter is never in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from province.population.biography import Lives
from province.population.chance import Bools, Days, Floats, Ints, generator
from province.population.days import FIRST, LAST, add_workdays, day_number, workdays
from province.population.people import NEVER, People
from schemas.codes import items, matter_classes

FIRST_STEP, PART, DUPLICATE, REOPENED, TRANSFERRED = range(1, 6)
ROLES = {FIRST_STEP: "first", PART: "part", DUPLICATE: "duplicate", REOPENED: "reopened", TRANSFERRED: "transferred"}


@dataclass(frozen=True, slots=True)
class Habitude:
    """How often a class of matter comes to those it may concern (over the whole period), and the chance that each
    further item of the class follows the first. ``ordered``: the chain begins with the class's first item."""

    code: str
    rate: float
    follow: float
    ordered: bool = True


HABITUDES = (
    Habitude("dibao", 1.6, 0.96),
    Habitude("newborn", 1.0, 0.9),
    Habitude("death", 1.0, 0.85),
    Habitude("enrolment", 1.0, 0.85),
    Habitude("retirement", 0.9, 0.85),
    Habitude("disability", 1.6, 0.6),
    Habitude("employment", 0.5, 0.5, ordered=False),
    Habitude("medical", 1.0, 0.5, ordered=False),
    Habitude("residence", 0.9, 0.6, ordered=False),
    Habitude("housing", 0.22, 0.0, ordered=False),
    Habitude("marriage", 0.5, 0.4),
    Habitude("elderly", 1.5, 0.5, ordered=False),
    Habitude("business", 0.25, 0.5),
    Habitude("land", 0.8, 0.2, ordered=False),
    Habitude("veterans", 1.2, 0.0),
    Habitude("party", 0.45, 0.15, ordered=False),
    Habitude("certificate", 0.55, 0.15, ordered=False),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of matters, in order: arrays of one length. ``item`` indexes :func:`item_codes`, ``day`` is when it is
    due."""

    matter: Ints
    person: Ints
    item: Ints
    order: Ints
    day: Days


def item_codes() -> tuple[str, ...]:
    """Item codes in catalogue order."""
    return tuple(items())


def items_of(matter_class: str) -> Ints:
    """Indexes of a class's items, in catalogue order."""
    return np.array([n for n, i in enumerate(items().values()) if i.matter_class == matter_class], dtype=np.int64)


def plan_matters(seed: int, people: People, lives: Lives) -> Steps:
    """Every matter of every resident as a chain of due steps, before platforms are chosen."""
    parts: list[Steps] = []
    matters = 0
    for habitude in HABITUDES:
        rng = generator(seed, "matters", habitude.code)
        person, start = _occasions(rng, habitude, people, lives)
        steps = _chain(rng, habitude, person, start, matters)
        matters += len(person)
        parts.append(steps)
    return Steps(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("matter", "person", "item", "order", "day"))
    )


def _occasions(rng: np.random.Generator, habitude: Habitude, people: People, lives: Lives) -> tuple[Ints, Days]:
    """Persons and first days of a class's matters."""
    fixed = _fixed_days(rng, habitude.code, people, lives)
    if fixed is not None:
        happens = (fixed < NEVER) & (rng.random(len(people)) < habitude.rate)
        person = np.flatnonzero(happens).astype(np.int64)
        return person, add_workdays(fixed[person], 0)
    chance = _concerned(rng, habitude.code, people, lives).astype(np.float64) * habitude.rate
    count = np.minimum(rng.poisson(chance), 3)
    person = np.repeat(np.arange(len(people), dtype=np.int64), count)
    total = count[person]
    turn = np.concatenate([np.arange(n) for n in count if n]) if len(person) else np.zeros(0, dtype=np.int64)
    # each of n matters keeps to the first half of its nth of the period
    share = (turn + 0.5 * rng.random(len(person))) / np.maximum(total, 1)
    spread = np.where(total == 1, rng.random(len(person)), share)
    return person, workdays()[(spread * (len(workdays()) - 1)).astype(np.int64)]


def _fixed_days(rng: np.random.Generator, code: str, people: People, lives: Lives) -> Days | None:
    """First days where life sets them: birth, death, school age in summer, moving house; None for the others."""
    size = len(people)
    if code == "newborn":
        return np.where(people.birth >= day_number(FIRST), people.birth + rng.integers(2, 20, size), NEVER)
    if code == "death":
        return np.where(people.death < NEVER, people.death + rng.integers(1, 6, size), NEVER)
    if code == "enrolment":
        summer = np.datetime64("2025-06-20").astype(np.int64) + rng.integers(0, 60, size)
        year = np.where(rng.random(size) < 0.5, 0, 365)
        age = (summer + year - people.birth) // 365
        return np.where((age == 6) | (age == 12), summer + year, NEVER)
    if code == "residence":
        return np.where(
            (lives.moved < NEVER) & (people.age(day_number(FIRST)) >= 16),
            lives.moved + rng.integers(3, 30, size),
            NEVER,
        )
    return None


def _concerned(rng: np.random.Generator, code: str, people: People, lives: Lives) -> Bools | Floats:
    """Whom a class of matter may concern, by age and circumstances."""
    age, value = people.age(day_number(FIRST)), {k: v.before for k, v in lives.values.items()}
    drawn = rng.random(len(people))
    adult = (age >= 18) & (age < 90)
    rules: dict[str, Bools] = {
        "dibao": lives.poor & adult & (drawn < 0.7),
        "retirement": (age >= 54) & (age <= 62),
        "disability": value["disability_code"] != "0",
        "employment": adult & (age < 60),
        "medical": (value["health_code"] == "30") | (value["health_code"] == "60"),
        "housing": adult & (age < 65),
        "marriage": (age >= 20) & (age < 42),
        "elderly": age >= 65,
        "business": (age >= 20) & (age < 60),
        "land": lives.rural & (age >= 25) & (drawn < 0.5),
        "veterans": adult & (people.sex == 1) & (drawn < 0.05),
        "party": adult & ((value["political_code"] != "13") | (drawn < 0.4)),
        "certificate": adult,
    }
    return rules[code]


def _chain(rng: np.random.Generator, habitude: Habitude, person: Ints, start: Days, first_matter: int) -> Steps:
    """The steps of each matter: the first item, then each further one with the class's chance, zero to two working
    days after the one before."""
    codes = items_of(habitude.code)
    size, width = len(person), len(codes)
    turn = np.zeros(size, dtype=np.int64) if habitude.ordered else rng.integers(0, width, size)
    item = codes[(np.arange(width)[None, :] + turn[:, None]) % width]
    taken = rng.random((size, width)) < habitude.follow
    taken[:, 0] = True
    gap = rng.integers(0, 2 if window_of(habitude.code) < 10 else 3, (size, width)) * taken
    gap[:, 0] = 0
    day = add_workdays(start[:, None], np.cumsum(gap, axis=1))
    matter = np.repeat(np.arange(size, dtype=np.int64)[:, None] + first_matter, width, axis=1)
    order = np.cumsum(taken, axis=1) - 1
    keep = taken & (day <= day_number(LAST))
    who = np.repeat(person[:, None], width, axis=1)
    return Steps(matter[keep], who[keep], item[keep], order[keep], day[keep])


def window_of(matter_class: str) -> int:
    """Working days within which the applications of one matter of this class lie."""
    return matter_classes()[matter_class].window_working_days
