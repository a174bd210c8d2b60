"""When each platform is used in each community in the window and after it: the planted usage.

The rule of ``domain.md`` B2 calls a platform high-use when reach is at least .50 and community-day penetration at least
.20 in at least two of three months, both on a lower bound, with complete logs. Every kind of habit is planted well on
its side of that rule, each control failing it by a defect of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from province.habits import Habit
from province.population.chance import Bools, Floats, Ints, generator
from province.population.days import WINDOW_END, WINDOW_START, day_number, is_logged_workday, logged_days
from province.population.platforms import HIGH_KINDS, Platforms

FAR = 10_000


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``active``: (platforms, communities, logged days), someone works there that day; ``logged``: (platforms, logged
    days), the operation log of the day exists; ``next_active``: index of the next active day from each day on (FAR if
    none)."""

    active: Bools
    logged: Bools
    next_active: Ints


def plant_rhythm(seed: int, platforms: Platforms) -> Rhythm:
    """Plant the usage of every platform by its kind."""
    days = logged_days()
    active = np.zeros((*platforms.eligible.shape, len(days)), dtype=bool)
    logged = np.ones((len(platforms), len(days)), dtype=bool)
    for row, habit in enumerate(platforms.habits):
        rng = generator(seed, "rhythm", habit.platform_id)
        where = np.flatnonzero(platforms.eligible[row])
        active[row, where] = rng.random((len(where), len(days))) < _chances(rng, habit, len(where))
        alive = days < platforms.retired[row]
        active[row] &= alive
        logged[row] = alive & ~(_lost_days(rng) if habit.usage == "log_gap" else False)
    position = np.where(active, np.arange(len(days), dtype=np.int32), FAR).astype(np.int32)
    following = np.minimum.accumulate(position[:, :, ::-1], axis=2)[:, :, ::-1]
    return Rhythm(active, logged, following)


def _chances(rng: np.random.Generator, habit: Habit, communities: int) -> Floats:
    """Chance of work per community and logged day, by the kind of usage."""
    workday = is_logged_workday().astype(np.float64)
    even = np.ones(communities)
    month = _month_of_day() == int(rng.integers(7, 10))
    kind = habit.usage
    if kind in HIGH_KINDS or kind == "log_gap":
        return _busy(rng, communities, 0.9 if kind == "high" else 1.0)
    if kind == "medium":
        return np.outer(rng.uniform(0.07, 0.12, communities), workday)
    if kind == "narrow_reach":
        return np.outer(_some(rng, communities, communities // 3) * 0.85, workday)
    if kind == "power_user":
        return np.outer(_some(rng, communities, 1 if communities > 1 else 0) * 0.97, workday)
    if kind == "seasonal":
        return np.outer(even, workday * np.where(month, 0.75, 0.015))
    if kind == "burst":
        rush = np.isin(np.arange(len(workday)), np.flatnonzero(workday)[int(rng.integers(5, 50)) :][:4])
        return np.outer(even, workday * np.where(rush, 0.95, 0.006))
    if kind == "retired":
        return np.outer(even * _before_retirement(habit), workday)
    rate = {"low": 0.02, "bot": 0.015, "clock_in": 0.012, "zombie": 0.0}[kind]
    return np.outer(even * rate, workday)


def _busy(rng: np.random.Generator, communities: int, least_reach: float) -> Floats:
    """Used on 36 to 72 working days in a hundred in nine communities in ten or more, now and then on days off."""
    reach = rng.uniform(least_reach, 1.0)
    users = _some(rng, communities, communities - int((1 - reach) * communities))
    chance = np.clip(rng.uniform(0.40, 0.72) * rng.uniform(0.85, 1.15, communities), 0.36, 0.8) * users
    return np.outer(chance, np.where(is_logged_workday(), 1.0, 0.04))


def _some(rng: np.random.Generator, communities: int, count: int) -> Floats:
    chosen = np.zeros(communities)
    chosen[rng.permutation(communities)[:count]] = 1.0
    return chosen


def _before_retirement(habit: Habit) -> float:
    """Busy enough to look used, too short for the quarter: penetration over the window stays near .10."""
    if habit.retired is None:
        return 0.0
    alive = int((is_logged_workday() & (logged_days() < day_number(habit.retired))).sum())
    return min(0.5, 0.10 * _window_workdays() / max(1, alive))


def _window_workdays() -> int:
    return int((is_logged_workday() & (logged_days() <= day_number(WINDOW_END))).sum())


def _month_of_day() -> Ints:
    months = logged_days().astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12 + 1)


def _lost_days(rng: np.random.Generator) -> Bools:
    """Logs lost: a whole week of one month and six other working days (completeness near 83%)."""
    days, lost = logged_days(), np.zeros(len(logged_days()), dtype=bool)
    window = np.flatnonzero(is_logged_workday() & (days <= day_number(WINDOW_END)))
    start = int(rng.integers(4, 25))
    lost[day_number(WINDOW_START) - days[0] + start :][:7] = True
    others = window[window > start + 14]
    lost[rng.choice(others, 7, replace=False)] = True
    return lost
