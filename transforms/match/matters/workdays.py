"""Working days by the State Council's calendar, shifted days included; Monday to Friday where none is published."""

from __future__ import annotations

import warnings
from datetime import date, timedelta

import chinese_calendar
import numpy as np

from transforms.match.arrays import Ints


def working_day_numbers(first: date, last: date) -> Ints:
    """For each day from first to last the number of working days from ``first`` up to and including it.

    Two days are n working days apart when their numbers differ by n (the day after receipt is day 1). Years that the
    calendar doesn't know count Monday to Friday, with a warning.
    """
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return np.cumsum([_is_workday(day) for day in days]).astype(np.int64)


def _is_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        warnings.warn(f"no published calendar for {day.year}: Monday to Friday taken as working days", stacklevel=3)
        return day.weekday() < 5
