"""The province's time: the period its records cover, its working days, and moments in Beijing time."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import chinese_calendar
import numpy as np
import pyarrow as pa

from province.population.chance import Bools, Days, Seconds, Texts, texts
from schemas.columns import ZONE

EPOCH = date(1970, 1, 1)
FIRST, LAST = date(2025, 4, 1), date(2026, 10, 31)
WINDOW_START, WINDOW_END = date(2026, 7, 1), date(2026, 9, 30)
DAY = 86_400
OFFSET = 8 * 3600
"""Beijing time is UTC+8 all year round (no summer time since 1991)."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@cache
def workdays() -> Days:
    """Working days of the period, shifted ones included, as day numbers."""
    span = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return np.array([day_number(day) for day in span if chinese_calendar.is_workday(day)], dtype=np.int64)


@cache
def logged_days() -> Days:
    """Every day that operation logs cover: the window and what follows it."""
    return np.arange(day_number(WINDOW_START), day_number(LAST) + 1, dtype=np.int64)


@cache
def is_logged_workday() -> Bools:
    """For each of :func:`logged_days`: is it a working day."""
    return np.isin(logged_days(), workdays())


def add_workdays(days: Days, count: Days | int) -> Days:
    """The working day ``count`` working days after each day (itself if 0 and a working day), cut at the last one."""
    calendar = workdays()
    return np.asarray(calendar[np.minimum(np.searchsorted(calendar, days) + count, len(calendar) - 1)])


def office_second(rng: np.random.Generator, size: int) -> Seconds:
    """Seconds of the day when offices work: mornings 08:30-12:00, afternoons 14:00-17:30."""
    drawn = rng.integers(0, 7 * 3600, size)
    return np.where(drawn < 12_600, 30_600 + drawn, 50_400 + drawn - 12_600)


def timestamps(moments: Seconds, valid: Bools | None = None) -> pa.Array:
    """Beijing seconds as an Arrow column of moments; ``valid`` false gives null."""
    micros = (moments - OFFSET) * 1_000_000
    mask = None if valid is None else ~valid
    return pa.array(micros, type=pa.int64(), mask=mask).cast(pa.timestamp("us", tz=ZONE))


def dates(days: Days, valid: Bools | None = None) -> pa.Array:
    """Day numbers as an Arrow column of dates; ``valid`` false gives null."""
    mask = None if valid is None else ~valid
    return pa.array(days.astype(np.int32), type=pa.int32(), mask=mask).cast(pa.date32())


def compact_date(days: Days) -> Texts:
    """Day numbers as ``YYYYMMDD`` text."""
    if not len(days):
        return texts([])
    return np.asarray(np.char.replace(iso_date(days), "-", "").astype(object))


def iso_date(days: Days) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    """Day numbers as ``YYYY-MM-DD`` text."""
    return np.datetime_as_string(days.astype("datetime64[D]"))
