"""Visits: who is dealt with on which platform, where and when. Each becomes a form, a case, or both."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from province.population.biography import Lives
from province.population.chance import Bools, Days, Floats, Ints, Seconds, generator
from province.population.days import DAY, WINDOW_START, add_workdays, day_number, logged_days, office_second, workdays
from province.population.matters import (
    DUPLICATE,
    FIRST_STEP,
    PART,
    REOPENED,
    TRANSFERRED,
    Steps,
    item_codes,
    items_of,
    plan_matters,
    window_of,
)
from province.population.people import NEVER, People
from province.population.platforms import Platforms
from province.population.rhythm import FAR, Rhythm
from schemas.codes import items

ROUTINE_PER_RESIDENT = 5.6
SNAP_DAYS = 5
"""How many days a visit may wait for the next day on which the platform is in use there."""
TEST_SHARE = 0.0015
CHILDREN = 12_000
"""Day number after which (born since late 2002) people are seldom seen at a counter."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits ordered by platform and time: arrays of one length. ``person`` is -1 for test entries; ``item`` and
    ``matter`` -1 and ``role`` 0 without a case; ``parent`` is the row of the case it is linked to, or -1; ``has_form``
    false where the platform keeps cases only."""

    person: Ints
    platform: Ints
    community: Ints
    moment: Seconds
    item: Ints
    matter: Ints
    role: Ints
    parent: Ints
    has_form: Bools

    def __len__(self) -> int:
        return len(self.person)

    @property
    def day(self) -> Days:
        """Day numbers."""
        return self.moment // DAY

    def take(self, rows: Ints | Bools) -> Visits:
        """Some of the visits (parents are left as they are)."""
        return Visits(*(getattr(self, f.name)[rows] for f in fields(self)))


def make_visits(seed: int, people: People, lives: Lives, platforms: Platforms, rhythm: Rhythm) -> Visits:
    """Every visit of the period."""
    steps = plan_matters(seed, people, lives)
    chained = _with_links(seed, _choose_platforms(seed, steps, people, lives, platforms, rhythm), platforms, rhythm)
    routine = _routine(seed, people, lives, platforms, rhythm)
    visits = _join([chained, routine])
    order = np.lexsort((visits.moment, visits.platform))
    place = np.empty(len(visits) + 1, dtype=np.int64)
    place[order], place[-1] = np.arange(len(visits)), -1
    ordered = visits.take(order)
    return replace(ordered, parent=place[ordered.parent])


def _join(parts: list[Visits]) -> Visits:
    return Visits(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Visits)))


def snap(rhythm: Rhythm, platform: Ints, community: Ints, day: Days, patience: Days | int = SNAP_DAYS) -> Days:
    """The day itself before the window; within it the next day on which the platform is in use in the community, if it
    comes within ``patience`` days, else NEVER."""
    start = day_number(WINDOW_START)
    index = np.clip(day - start, 0, len(logged_days()) - 1)
    following = rhythm.next_active[platform, community, index].astype(np.int64)
    in_reach = (following < FAR) & (following - index <= patience)
    return np.where(day < start, day, np.where(in_reach, start + following, NEVER))


def _is_open(platforms: Platforms, platform: Ints, day: Days) -> Bools:
    return (day >= platforms.go_live[platform]) & (day < platforms.retired[platform])


def draw_platform(rng: np.random.Generator, weights: Floats, community: Ints) -> Ints:
    """One platform per row by the weights of its community; ``weights``: (platforms, communities); -1 where all
    are 0."""
    edges = np.cumsum(weights, axis=0)
    out = np.empty(len(community), dtype=np.int64)
    for chunk in np.array_split(np.arange(len(community)), len(community) // 50_000 + 1):
        column = edges[:, community[chunk]]
        target = rng.random(len(chunk)) * column[-1]
        out[chunk] = np.where(column[-1] > 0, (column <= target).sum(axis=0), -1)
    return out


def _weights(platforms: Platforms) -> tuple[Floats, Floats]:
    """Weights (platforms, communities) before and within the window."""
    before = np.where(platforms.eligible, platforms.weight[:, None], 0.0)
    return before, before * platforms.present_factor[:, None]


def _choose_platforms(
    seed: int, steps: Steps, people: People, lives: Lives, platforms: Platforms, rhythm: Rhythm
) -> Visits:
    """Send each step to a platform that carries its item, on a day when the platform is in use there."""
    rng = generator(seed, "steps")
    community = lives.community(people, steps.person, steps.day)
    platform = _draw_carriers(rng, steps, community, platforms)
    has_form = platforms.serving("form")[platform]
    day = np.where(has_form, snap(rhythm, platform, community, steps.day, _patience(steps.item)), steps.day)
    kept = (platform >= 0) & (day < NEVER) & _is_open(platforms, platform, day)
    kept &= _is_living(people, steps, day)
    moment = day * DAY + _hour(rng, steps)
    role = np.where(steps.order == 0, FIRST_STEP, PART)
    nothing = np.full(len(day), -1, dtype=np.int64)
    visits = Visits(steps.person, platform, community, moment, steps.item, steps.matter, role, nothing, has_form)
    return visits.take(kept)


def _draw_carriers(rng: np.random.Generator, steps: Steps, community: Ints, platforms: Platforms) -> Ints:
    """One platform per step among those that carry its item in its community, or -1."""
    platform = np.full(len(steps.matter), -1, dtype=np.int64)
    late = steps.day >= day_number(WINDOW_START)
    # a platform that keeps cases without forms (a ticket machine) takes a small share
    formless = 0.12 * (platforms.eligible & (platforms.weight == 0)[:, None])
    for index, code in enumerate(item_codes()):
        carriers = platforms.of_item(code)
        for is_late, weights in enumerate(_weights(platforms)):
            rows = np.flatnonzero((steps.item == index) & (late == bool(is_late)))
            if len(carriers) and len(rows):
                drawn = draw_platform(rng, np.maximum(weights, formless)[carriers], community[rows])
                platform[rows] = np.where(drawn < 0, -1, carriers[drawn])
    return platform


def _is_living(people: People, steps: Steps, day: Days) -> Bools:
    """Matters concern the living, but for those of a death."""
    after_death = np.isin(steps.item, items_of("death"))
    return (day > people.birth[steps.person]) & ((day < people.death[steps.person]) | after_death)


def _patience(item: Ints) -> Ints:
    windows = np.array([window_of(i.matter_class) for i in items().values()])
    return np.asarray(np.where(windows < 10, 1, SNAP_DAYS)[item], dtype=np.int64)


def _hour(rng: np.random.Generator, steps: Steps) -> Seconds:
    """Steps of a matter on one day follow each other by a few minutes."""
    base = office_second(rng, int(steps.matter.max(initial=0)) + 1)[steps.matter]
    later = base + steps.order * 900 + rng.integers(0, 600, len(base))
    return np.asarray(np.minimum(later, 18 * 3600), dtype=np.int64)


def _with_links(seed: int, visits: Visits, platforms: Platforms, rhythm: Rhythm) -> Visits:
    """Add planted duplicates, reopened and transferred cases, and link parts to the first case on their platform."""
    rng = generator(seed, "links")
    drawn, wide = rng.random(len(visits)), _patience(visits.item) == SNAP_DAYS
    kinds = (
        (DUPLICATE, drawn < 0.035, 7),
        (REOPENED, (drawn > 0.035) & (drawn < 0.05), 9),
        (TRANSFERRED, (drawn > 0.05) & (drawn < 0.06), 4),
    )
    parts = [replace(visits, parent=_first_on_platform(visits))]
    for role, chosen, latest in kinds:
        rows = np.flatnonzero(chosen & wide & visits.has_form)
        parts.append(_again(rng, visits, rows, role, latest, platforms, rhythm))
    return _join(parts)


def _first_on_platform(visits: Visits) -> Ints:
    """Row of the matter's first case on the same platform, or -1 (also for that case itself)."""
    key = visits.matter * 1_000 + visits.platform
    order = np.lexsort((visits.moment, key))
    starts = np.r_[True, key[order][1:] != key[order][:-1]] if len(order) else np.zeros(0, dtype=bool)
    first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))] if len(order) else order
    out = np.full(len(visits), -1, dtype=np.int64)
    out[order] = np.where(starts, -1, first)
    return out


def _again(
    rng: np.random.Generator, visits: Visits, rows: Ints, role: int, latest: int, platforms: Platforms, rhythm: Rhythm
) -> Visits:
    """The same item once more, some working days later: on another platform that carries it (half the duplicates), or
    on the same one."""
    again = visits.take(rows)
    platform = again.platform.copy()
    if role == DUPLICATE:
        for index, code in enumerate(item_codes()):
            carriers = np.intersect1d(platforms.of_item(code), np.flatnonzero(platforms.weight > 0.2))
            mine = np.flatnonzero((again.item == index) & (rng.random(len(rows)) < 0.6))
            if len(carriers) and len(mine):
                platform[mine] = carriers[rng.integers(0, len(carriers), len(mine))]
    due = add_workdays(again.day, rng.integers(1, latest + 1, len(rows)))
    day = snap(rhythm, platform, again.community, due)
    kept = (day < NEVER) & (day > again.day) & platforms.eligible[platform, again.community]
    kept &= _is_open(platforms, platform, day)
    parent = rows if role in (REOPENED, TRANSFERRED) else np.full(len(rows), -1, dtype=np.int64)
    moment = day * DAY + office_second(rng, len(rows))
    return replace(
        again, platform=platform, moment=moment, role=np.full(len(rows), role, dtype=np.int64), parent=parent
    ).take(kept)


def _routine(seed: int, people: People, lives: Lives, platforms: Platforms, rhythm: Rhythm) -> Visits:
    """Collections, checks and registrations without a case; a few are entries that somebody made to test."""
    rng = generator(seed, "routine")
    seen = rng.gamma(2.0, 0.5, len(people)) * np.where(people.birth > CHILDREN, 0.7, 1.0)
    person = np.repeat(np.arange(len(people), dtype=np.int64), rng.poisson(seen * ROUTINE_PER_RESIDENT))
    day = workdays()[rng.integers(0, len(workdays()), len(person))]
    community = lives.community(people, person, day)
    before, present = _weights(platforms)
    late = day >= day_number(WINDOW_START)
    platform = np.where(late, draw_platform(rng, present, community), draw_platform(rng, before, community))
    day = snap(rhythm, platform, community, day)
    kept = (platform >= 0) & (day < NEVER) & _is_open(platforms, platform, day)
    # a few records of the dead are still touched by platforms that never heard
    kept &= (day > people.birth[person] + 3) & ((day < people.death[person]) | (rng.random(len(person)) < 0.08))
    person = np.where(rng.random(len(person)) < TEST_SHARE, -1, person)
    moment, nothing = day * DAY + office_second(rng, len(person)), np.full(len(person), -1, dtype=np.int64)
    visits = Visits(
        person,
        platform,
        community,
        moment,
        nothing,
        nothing,
        np.zeros(len(person), dtype=np.int64),
        nothing,
        np.ones(len(person), dtype=bool),
    )
    return visits.take(kept)
