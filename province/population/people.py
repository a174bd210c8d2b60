"""Residents in households: who lives with whom, who was born when, who died, and the numbers and names they bear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from province.population import numbers
from province.population.chance import Bools, Days, Ints, Texts, generator, pick, rank_within, texts
from province.population.days import FIRST, LAST, day_number
from province.population.names import Names, draw_surnames, name_people

SIZES, SIZE_WEIGHTS = (1, 2, 3, 4, 5, 6), (16, 24, 24, 19, 12, 5)
HEAD, SPOUSE, CHILD, ELDER_MAN, ELDER_WOMAN = range(5)
ROLES = {
    1: (HEAD,),
    2: (HEAD, SPOUSE),
    3: (HEAD, SPOUSE, CHILD),
    4: (HEAD, SPOUSE, CHILD, CHILD),
    5: (HEAD, SPOUSE, CHILD, ELDER_MAN, ELDER_WOMAN),
    6: (HEAD, SPOUSE, CHILD, CHILD, ELDER_MAN, ELDER_WOMAN),
}
NEVER = 10**6
"""A day that does not come."""


@dataclass(frozen=True, slots=True)
class People:
    """Every resident: arrays of one length. ``community`` indexes the chosen communities (where the household lives
    first). Days are day numbers, :data:`NEVER` where nothing happens. ``number_from``: first day with a number;
    ``twin_of``: index of the elder twin or -1."""

    household: Ints
    role: Ints
    community: Ints
    sex: Ints
    birth: Days
    death: Days
    names: Names
    cert_type: Texts
    cert_no: Texts
    number_from: Days
    ethnicity: Texts
    twin_of: Ints

    def __len__(self) -> int:
        return len(self.household)

    def age(self, day: int) -> Ints:
        """Whole years on a day."""
        return (day - self.birth) // 365


def make_people(seed: int, residents: int, communities: int) -> People:
    """Invent ``residents`` people spread evenly over ``communities`` (indexes 0 to communities - 1)."""
    household, role = _households(seed, residents)
    rng = generator(seed, "people")
    home = rng.permutation(np.arange(household[-1] + 1) % communities)
    twin_of = _twins(rng, household, role)
    sex, birth = _sexes(rng, role, twin_of), _births(rng, household, role, twin_of)
    foreign, hmt = _outsiders(rng, residents)
    dotted = (rng.random(residents) < 0.004) & ~foreign & ~hmt
    surname = _family_names(rng, role)
    names = name_people(seed, surname, sex, birth, twin_of, dotted, foreign)
    _strangers(rng, names, birth, sex, ~foreign & ~hmt & ~dotted & (role == HEAD))
    cert_type, cert_no = _certificates(rng, home, household, role, birth, sex, foreign, hmt)
    newborn = birth >= day_number(FIRST)
    return People(
        household=household,
        role=role,
        community=home[household],
        sex=sex,
        birth=birth,
        death=_deaths(rng, birth),
        names=names,
        cert_type=cert_type,
        cert_no=cert_no,
        number_from=np.where(newborn, birth + rng.integers(10, 60, residents), -NEVER),
        ethnicity=_ethnicities(rng, household, dotted),
        twin_of=twin_of,
    )


def _households(seed: int, residents: int) -> tuple[Ints, Ints]:
    rng = generator(seed, "households")
    sizes = np.array(SIZES)[pick(rng, SIZE_WEIGHTS, residents)]
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), residents)) + 1]
    household = np.repeat(np.arange(len(sizes)), sizes)
    role = np.concatenate([np.array(ROLES[int(size)]) for size in sizes])
    return household[:residents].astype(np.int64), role[:residents].astype(np.int64)


def _twins(rng: np.random.Generator, household: Ints, role: Ints) -> Ints:
    """One pair of siblings in twelve is a pair of twins: many, so that each province has some."""
    second = (role[1:] == CHILD) & (role[:-1] == CHILD) & (household[1:] == household[:-1])
    rows = np.flatnonzero(second & (rng.random(len(second)) < 0.08)) + 1
    twin_of = np.full(len(role), -1, dtype=np.int64)
    twin_of[rows] = rows - 1
    return twin_of


def _sexes(rng: np.random.Generator, role: Ints, twin_of: Ints) -> Ints:
    drawn = rng.integers(1, 3, len(role))
    man = np.where(rng.random(len(role)) < 0.85, 1, 2)
    sex = np.select([role == HEAD, role == ELDER_MAN, role == ELDER_WOMAN], [man, 1, 2], drawn)
    heads = np.maximum.accumulate(np.where(role == HEAD, np.arange(len(role)), 0))
    sex = np.where(role == SPOUSE, 3 - sex[heads], sex)
    same = (twin_of >= 0) & (rng.random(len(role)) < 0.75)
    return np.asarray(np.where(same, sex[twin_of], sex))


def _births(rng: np.random.Generator, household: Ints, role: Ints, twin_of: Ints) -> Days:
    """Birthdays: heads 24 to 80 years old, the others after them; two children in a hundred are born in the period."""
    size, today = len(role), day_number(LAST)
    alone = np.bincount(household)[household] == 1
    with_elders = np.maximum.accumulate(np.where(role == HEAD, np.arange(size), 0))
    has_elders = (np.bincount(household, weights=role == ELDER_MAN) > 0)[household]
    head_age = np.where(has_elders, rng.integers(26, 52, size), rng.integers(24, 66, size))
    head_age = np.where(alone & (rng.random(size) < 0.55), rng.integers(60, 92, size), head_age)[with_elders]
    child_age = np.maximum(head_age - rng.integers(23, 36, size), rng.integers(0, 6, size))
    age = np.select(
        [role == HEAD, role == SPOUSE, role == CHILD],
        [head_age, head_age + rng.integers(-5, 4, size), child_age],
        head_age + rng.integers(22, 32, size),
    )
    birth = today - np.clip(age, 0, 98) * 365 - rng.integers(30, 395, size)
    baby = (role == CHILD) & (rng.random(size) < 0.05)
    birth = np.where(baby, rng.integers(day_number(FIRST), today - 30, size), birth)
    return np.asarray(np.where(twin_of >= 0, birth[twin_of], birth))


def _deaths(rng: np.random.Generator, birth: Days) -> Days:
    start, end = day_number(FIRST), day_number(LAST)
    age = (start - birth) / 365
    dies = rng.random(len(birth)) < np.where(age > 60, 0.008 * 1.09 ** (age - 60), 0.0015)
    return np.where(dies & (birth < start), rng.integers(start + 30, end, len(birth)), NEVER)


def _outsiders(rng: np.random.Generator, size: int) -> tuple[Bools, Bools]:
    drawn = rng.random(size)
    return drawn < 0.003, (drawn >= 0.003) & (drawn < 0.007)


def _family_names(rng: np.random.Generator, role: Ints) -> Texts:
    """Children and the grandfather bear the head's surname (in five families in a hundred the spouse's)."""
    own = draw_surnames(rng, len(role))
    head = np.maximum.accumulate(np.where(role == HEAD, np.arange(len(role)), 0))
    spouse = np.minimum(head + 1, len(role) - 1)
    inherits = (role == CHILD) | (role == ELDER_MAN)
    mothers = (role == CHILD) & (rng.random(len(role))[head] < 0.05)
    return np.asarray(own[np.where(mothers, spouse, np.where(inherits, head, np.arange(len(role))))])


def _strangers(rng: np.random.Generator, names: Names, birth: Days, sex: Ints, eligible: Bools) -> None:
    """About three people in a thousand share name, sex and birthday with somebody unrelated (changed in place)."""
    heads = np.flatnonzero(eligible)
    for mate_sex in (1, 2):
        group = rng.permutation(heads[sex[heads] == mate_sex])
        count = min(len(group) // 2, max(1, round(len(birth) * 0.0015)))
        left, right = group[:count], group[count : 2 * count]
        names.surname[right], names.given[right], birth[right] = names.surname[left], names.given[left], birth[left]


def _certificates(
    rng: np.random.Generator,
    home: Ints,
    household: Ints,
    role: Ints,
    birth: Days,
    sex: Ints,
    foreign: Bools,
    hmt: Bools,
) -> tuple[Texts, Texts]:
    """Certificate types and numbers. One family in seven comes from elsewhere; a few share a number with a stranger."""
    size, families = len(birth), (len(home), 2)
    origin = np.where(rng.random(families) < 0.14, rng.integers(60, 100, families), home[:, None] // 6 % 59 + 1)
    county = origin[household, (role == SPOUSE).astype(np.int64)]
    cert_type = texts([numbers.RESIDENT] * size)
    cert_no = numbers.resident_numbers(rng, county, birth, sex)
    permit = foreign & (rng.random(size) < 0.5)
    for rows, kind, made in (
        (hmt, numbers.HMT, numbers.hmt_permits(rng, birth[hmt])),
        (permit, numbers.FOREIGNER, numbers.foreigner_permits(rng, birth[permit])),
        (foreign & ~permit, numbers.PASSPORT, numbers.passports(rng, int((foreign & ~permit).sum()))),
    ):
        cert_type[rows], cert_no[rows] = kind, made
    adults = rng.permutation(np.flatnonzero(~foreign & ~hmt & (birth < -2_000)))
    shared = min(len(adults) // 2, size // 3_000)
    cert_no[adults[:shared]] = cert_no[adults[shared : 2 * shared]]
    return cert_type, cert_no


def _ethnicities(rng: np.random.Generator, household: Ints, dotted: Bools) -> Texts:
    codes = texts(["01", "15", "06", "12", "13", "14", "03", "08"])
    families = codes[pick(rng, (890, 45, 32, 14, 8, 4, 3, 2), int(household[-1]) + 1)]
    out = families[household]
    own = rng.random(len(household)) < 0.04
    out[own] = codes[pick(rng, (70, 12, 9, 4, 2, 1, 1, 1), int(own.sum()))]
    out[dotted] = "05"
    return np.asarray(out)


def first_of_household(people: People) -> Ints:
    """For each resident, the index of the head of the household."""
    heads = np.flatnonzero(people.role == HEAD)
    return np.asarray(heads[people.household])


def place_in_household(people: People) -> Ints:
    """0 for the head, 1 for the next, ..."""
    return rank_within(people.household)
