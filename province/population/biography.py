"""What is true of each resident and when: every attribute of the shared catalogue with at most one change.

``True`` here means: what a careful worker would type. Workers' slips come later (``slips``); the planted truth compares
entries by these values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from province.population import numbers
from province.population.chance import Bools, Days, Floats, Ints, Texts, generator, pick, texts, where
from province.population.days import FIRST, LAST, day_number, iso_date
from province.population.lexicon import words
from province.population.people import CHILD, HEAD, NEVER, SPOUSE, People, first_of_household
from province.population.places import STYLES, write_addresses


@dataclass(frozen=True, slots=True)
class Value:
    """One attribute over time: ``before`` until ``changed`` (day number, NEVER if it doesn't), ``after`` from then
    on."""

    before: Texts
    after: Texts
    changed: Days

    def epoch(self, person: Ints, day: Days) -> Ints:
        """0 or 1: which value holds for each person on each day (1 only if the value really differs)."""
        differs = self.before[person] != self.after[person]
        return np.asarray((day >= self.changed[person]) & differs, dtype=np.int64)

    def at(self, person: Ints, day: Days) -> Texts:
        """The true value for each person on each day."""
        return np.where(self.epoch(person, day) == 1, self.after[person], self.before[person])


@dataclass(frozen=True, slots=True)
class Lives:
    """Residents' true attributes. ``moved``: day of moving house (all of a household together); ``community_after``:
    index of the community then; ``addresses``: per epoch, (households, STYLES) written forms; ``rural``: lives in
    a village."""

    values: dict[str, Value]
    moved: Days
    community_after: Ints
    addresses: tuple[Texts, Texts]
    rural: Bools
    poor: Bools

    def community(self, people: People, person: Ints, day: Days) -> Ints:
        """The community each person lives in on each day."""
        return np.where(day >= self.moved[person], self.community_after[person], people.community[person])


def _fixed(values: Texts) -> Value:
    return Value(values, values, np.full(len(values), NEVER, dtype=np.int64))


def _changing(rng: np.random.Generator, before: Texts, after: Texts, share: float | Floats) -> Value:
    """A value that changes on a random day for a share of the people."""
    size = len(before)
    day = rng.integers(day_number(FIRST) + 20, day_number(LAST) - 20, size)
    return Value(before, after, np.where(rng.random(size) < share, day, NEVER))


def live(seed: int, people: People, codes: list[str], village: Bools) -> Lives:
    """Give everyone a life. ``codes``: the chosen communities; ``village``: which of them are villages."""
    rng = generator(seed, "lives")
    families = int(people.household[-1]) + 1
    home = people.community[people.role == HEAD]
    moves = rng.random(families) < 0.05
    moved = np.where(moves, rng.integers(day_number(FIRST) + 30, day_number(LAST) - 30, families), NEVER)
    target = np.where(rng.random(families) < 0.5, rng.integers(0, len(codes), families), home)
    addresses = (write_addresses(seed, "before", codes, home), write_addresses(seed, "after", codes, target))
    poor = (rng.random(families) < 0.07)[people.household]
    rural = village[people.community]
    values = {
        **_identity(people),
        **_household(rng, people, moved[people.household], addresses),
        **_person(rng, people, rural, poor),
    }
    values["phone"] = _phones(rng, people)
    return Lives(values, moved[people.household], target[people.household], addresses, rural, poor)


def _identity(people: People) -> dict[str, Value]:
    """Name, number, sex, birthday, ethnicity. A newborn is first its mother's 之子 or 之女, and has no number."""
    full = people.names.full
    newborn = people.number_from > -NEVER
    mother = np.minimum(first_of_household(people) + 1, len(people) - 1)
    unnamed = newborn & (people.number_from % 10 < 3)
    interim = full[mother] + np.where(people.sex == 1, "之子", "之女").astype(object)
    nothing = texts([None] * len(people))
    return {
        "person_name": Value(np.where(unnamed, interim, full), full, people.number_from),
        "cert_no": Value(np.where(newborn, nothing, people.cert_no), people.cert_no, people.number_from),
        "sex_code": _fixed(people.sex.astype(str).astype(object)),
        "birth_date": _fixed(iso_date(people.birth).astype(object)),
        "ethnicity_code": _fixed(people.ethnicity),
    }


def _household(
    rng: np.random.Generator, people: People, moved: Days, addresses: tuple[Texts, Texts]
) -> dict[str, Value]:
    size, families = np.bincount(people.household), int(people.household[-1]) + 1
    number = [texts([f"{n:09d}" for n in rng.integers(10**8, 10**9, families)]) for _ in range(2)]
    smaller = np.maximum(size - 1, 1)
    left = np.where(rng.random(families) < 0.08, rng.integers(day_number(FIRST), day_number(LAST), families), NEVER)
    in_family = people.household
    return {
        "address": Value(addresses[0][in_family, 0], addresses[1][in_family, 0], moved),
        "household_no": Value(number[0][in_family], number[1][in_family], moved),
        "household_size": Value(
            size.astype(str).astype(object)[in_family], smaller.astype(str).astype(object)[in_family], left[in_family]
        ),
    }


def _phones(rng: np.random.Generator, people: People) -> Value:
    """Mobile numbers. Children give the head's; many of the old give a child's; some spouses share one."""
    size, head, age = len(people), first_of_household(people), people.age(day_number(LAST))
    own = numbers.mobiles(rng, 2 * size)
    changes = np.where(rng.random(size) < 0.12, rng.integers(day_number(FIRST), day_number(LAST), size), NEVER)
    borrows = (
        (age < 15) | ((age >= 70) & (rng.random(size) < 0.5)) | ((people.role == SPOUSE) & (rng.random(size) < 0.1))
    )
    owner = np.where(borrows, head, np.arange(size))
    return Value(own[:size][owner], own[size:][owner], changes[owner])


def _drawn(rng: np.random.Generator, codes: tuple[str, ...], weights: tuple[float, ...], size: int) -> Texts:
    return np.asarray(texts(codes)[pick(rng, weights, size)])


def _person(rng: np.random.Generator, people: People, rural: Bools, poor: Bools) -> dict[str, Value]:
    size, age = len(people), people.age(day_number(FIRST))
    child, old = age < 16, age >= 60
    disabled = rng.random(size) < np.where(old, 0.08, 0.03)
    grade = np.where(disabled, _drawn(rng, ("1", "2", "3", "4"), (1, 2, 3, 3), size), "0")
    ill = disabled | (rng.random(size) < np.where(old, 0.35, 0.05))
    health = np.where(grade != "0", "60", np.where(ill, "30", _drawn(rng, ("10", "20"), (85, 15), size)))
    worse = np.where(health == "10", "20", "30")
    grown = ("40", "60", "70", "80", "90", "10", "20", "30")
    education = np.where(
        child,
        np.where(age < 7, "90", "80"),
        np.where(
            old,
            _drawn(rng, ("60", "70", "80", "90"), (10, 30, 45, 15), size),
            _drawn(rng, grown, (12, 22, 34, 6, 1, 2, 11, 12), size),
        ),
    )
    return {
        "education_code": _fixed(education.astype(object)),
        "marital_code": _marital(rng, people, age),
        "political_code": _political(rng, age),
        "health_code": _changing(rng, health.astype(object), worse.astype(object), 0.04),
        "disability_code": _fixed(grade.astype(object)),
        "insurance_code": _insurance(rng, age, rural),
        **_work(rng, people, age, rural, poor),
    }


def _marital(rng: np.random.Generator, people: People, age: Ints) -> Value:
    size = len(people)
    couple = np.isin(people.role, (HEAD, SPOUSE))
    base = np.select(
        [age < 22, people.role == CHILD, age > 68],
        ["10", np.where(rng.random(size) < 0.8, "10", "20"), np.where(rng.random(size) < 0.35, "30", "20")],
        np.where(couple, "20", "40"),
    )
    after = np.where(base == "10", "20", np.where(base == "20", "40", "20"))
    share = np.where((age >= 22) & (age < 60), 0.04, 0.0)
    return _changing(rng, base.astype(object), after.astype(object), share)


def _political(rng: np.random.Generator, age: Ints) -> Value:
    size = len(age)
    adult = _drawn(rng, ("01", "02", "12", "13"), (9, 1, 1, 89), size)
    young = _drawn(rng, ("03", "13"), (45, 55), size)
    base = np.select([age < 14, age < 28], [np.full(size, "13"), young.astype("U2")], adult.astype("U2"))
    return _changing(rng, base.astype(object), np.full(size, "13", dtype=object), np.where(base == "03", 0.15, 0.0))


def _insurance(rng: np.random.Generator, age: Ints, rural: Bools) -> Value:
    size = len(age)
    town = _drawn(rng, ("310", "390", "110", "170", "000"), (45, 30, 15, 5, 5), size)
    village = _drawn(rng, ("310", "390", "110", "170", "000"), (10, 60, 5, 22, 3), size)
    base = np.where(age < 18, "390", np.where(rural, village, town)).astype(object)
    after = np.where(base == "390", "310", "390").astype(object)
    return _changing(rng, base, after, np.where(age < 18, 0.0, 0.05))


def _work(rng: np.random.Generator, people: People, age: Ints, rural: Bools, poor: Bools) -> dict[str, Value]:
    """Occupation, employer and income change together for those who change work; the bank account on its own."""
    size = len(people)
    (job, firm), (next_job, next_firm) = (_job_and_firm(rng, people, age, rural) for _ in range(2))
    changes = np.where(
        (age >= 16) & (age < 62) & (rng.random(size) < 0.15),
        rng.integers(day_number(FIRST), day_number(LAST), size),
        NEVER,
    )
    income = np.where(poor, rng.integers(2, 9, size), rng.integers(12, 90, size)) * 100
    later = np.maximum(100, income + rng.integers(-8, 12, size) * 100)
    accounts = numbers.bank_accounts(rng, 2 * size)
    return {
        "occupation": Value(job, next_job, changes),
        "employer": Value(firm, next_firm, changes),
        "monthly_income": _changing(rng, income.astype(str).astype(object), later.astype(str).astype(object), 0.6),
        "bank_account": _changing(rng, accounts[:size], accounts[size:], 0.04),
    }


def _job_and_firm(rng: np.random.Generator, people: People, age: Ints, rural: Bools) -> tuple[Texts, Texts]:
    size, jobs, idle = len(people), texts(words()["occupations"]), words()["not_working"]
    firms = texts(words()["employers"])
    job = jobs[pick(rng, np.where(np.arange(len(jobs)) < 2, 4.0, 1.0), size)]
    job = np.where(age < 16, idle["child"], np.where(age >= 62, idle["old"], job))
    job = np.where((rng.random(size) < 0.1) & (age >= 16) & (age < 62), idle["none"], job)
    owner = people.names.surname + np.where(rural, "家", "氏").astype(object)
    at_home = np.isin(job, (*idle.values(), "务农"))
    return job, where(at_home, None, owner + firms[rng.integers(0, len(firms), size)])


def write_address(lives: Lives, people: People, person: Ints, day: Days, style: Ints) -> Texts:
    """The address of each person on each day, written in the given style (0 to STYLES - 1)."""
    family = people.household[person]
    after = day >= lives.moved[person]
    style = style % STYLES
    return np.where(after, lives.addresses[1][family, style], lives.addresses[0][family, style])
