"""Dates of birth: equal, day and month exchanged, one digit apart, a default, a lunar date, same year, different."""

from __future__ import annotations

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import Codes, Ints, Levels
from transforms.match.compare.date_text import date_digits
from transforms.match.compare.edits import INDEL, edit_between
from transforms.match.compare.kind import Column, Level
from transforms.match.texts import encode

EQUAL, SWAPPED, ONE_DIGIT, DEFAULT, LUNAR, SAME_YEAR, DIFFERENT = range(1, 8)
SPANS = ((0, 4), (4, 6), (6, 8))
"""Where year, month and day stand in eight digits."""
LUNAR_LAG_DAYS = (17, 52)
"""A lunar date read as a solar one lies this many days before the day that was meant (new year 21 January to
20 February)."""


class Date:
    """A calendar date. ``first_year``: what lies before it is no date of birth of anybody alive."""

    levels = (
        Level("equal", 0.93, agrees=True, by="date"),
        Level("day_month_swapped", 0.01, agrees=True),
        Level("one_digit", 0.02, agrees=True),
        Level("first_of_january", 0.01, agrees=True),
        Level("lunar", 0.01, agrees=True),
        Level("same_year", 0.01),
        Level("different", 0.01),
    )

    def __init__(self, first_year: int = 1895, order: str = "ymd") -> None:
        self.first_year = first_year
        self.order = order

    def read(self, values: pa.Array) -> Column:
        """Read dates or texts (``order``: see date_text); keep the digits of impossible days for comparison."""
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            values = pc.strftime(pc.cast(values, pa.date32()), format="%Y%m%d")
        typed = pc.cast(date_digits(values, self.order), pa.int64())
        dates = pc.if_else(pc.greater_equal(typed, self.first_year * 10000), typed, pa.scalar(None, pa.int64()))
        codes, distinct = encode(dates)
        ymd = distinct.to_numpy(zero_copy_only=False).astype(np.int64)
        year, month, day = ymd // 10000, ymd // 100 % 100, ymd % 100
        features = {
            "date": ymd,
            "year": year,
            "month_day": ymd % 10000,
            "unordered": year * 10000 + np.minimum(month, day) * 100 + np.maximum(month, day),
        }
        parts = {"digits": _digits(ymd), "ymd": np.stack([year, month, day], axis=1), "days": _days(year, month, day)}
        written = distinct.cast(pa.string())
        texts = pc.binary_join_element_wise(*(pc.utf8_slice_codeunits(written, *span) for span in SPANS), "-")
        return Column(codes, texts, features, np.full(len(distinct), EQUAL, np.uint8), parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        parts = column.parts
        return _compare(parts["ymd"], parts["digits"], parts["days"], left, right)


def _digits(dates: Ints) -> NDArray[np.uint8]:
    """The eight digits of each date, each plus one (0 would be the end of a string)."""
    places: NDArray[np.uint8] = (dates[:, None] // 10 ** np.arange(7, -1, -1) % 10 + 1).astype(np.uint8)
    return places


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970; of an impossible month or day, the day that lies as far on."""
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days: Ints = months.astype("datetime64[D]").astype(np.int64) + day - 1
    return days


@numba.njit(cache=True, nogil=True)
def _compare(ymd: Ints, digits: NDArray[np.uint8], days: Ints, left: Codes, right: Codes) -> Levels:
    levels = np.empty(len(left), dtype=np.uint8)
    for k in range(len(left)):
        a, b = ymd[left[k]], ymd[right[k]]
        lag = abs(days[left[k]] - days[right[k]])
        same_year = a[0] == b[0]
        if same_year and a[1] == b[2] and a[2] == b[1]:
            levels[k] = SWAPPED
        elif edit_between(digits[left[k]], digits[right[k]]) < INDEL:
            levels[k] = ONE_DIGIT
        elif same_year and ((a[1] == 1 and a[2] == 1) or (b[1] == 1 and b[2] == 1)):
            levels[k] = DEFAULT
        elif LUNAR_LAG_DAYS[0] <= lag <= LUNAR_LAG_DAYS[1]:
            levels[k] = LUNAR
        else:
            levels[k] = SAME_YEAR if same_year else DIFFERENT
    return levels
