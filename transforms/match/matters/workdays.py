"""Working days counted: by the State Council's calendar and the project's own days (:mod:`schemas.calendar`)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from schemas.calendar import is_workday
from transforms.match.arrays import Ints


def working_day_numbers(first: date, last: date) -> Ints:
    """For each day from first to last the number of working days from ``first`` up to and including it.

    Two days are n working days apart when their numbers differ by n (the day after receipt is day 1).
    """
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return np.cumsum([is_workday(day) for day in days]).astype(np.int64)
