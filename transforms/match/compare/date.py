"""Dates of birth: equal, day and month exchanged, one digit apart, a default, a lunar date, same year, different."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Ints, Levels, encode
from transforms.match.compare.edits import one_substitution, one_transposition
from transforms.match.compare.kind import Column, Level

EQUAL, SWAPPED, ONE_DIGIT, DEFAULT, LUNAR, SAME_YEAR, DIFFERENT = range(1, 8)
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

    def __init__(self, first_year: int = 1895) -> None:
        self.first_year = first_year

    def read(self, values: pa.ChunkedArray) -> Column:
        """Read a date column (or ISO strings); keep its digits for comparison."""
        days = pc.cast(values, pa.date32()) if not pa.types.is_date32(values.type) else values
        days = pc.if_else(pc.greater_equal(pc.year(days), self.first_year), days, pa.scalar(None, pa.date32()))
        codes, distinct = encode(pc.strftime(days, format="%Y%m%d"))
        typed = np.array(distinct.to_pylist(), dtype="U8")
        digits = (
            typed.view(np.uint32).reshape(len(typed), 8) - np.uint32(47) if len(typed) else np.zeros((0, 8), np.uint32)
        )
        ymd = typed.astype(np.int64) if len(typed) else np.zeros(0, np.int64)
        year, month, day = ymd // 10000, ymd // 100 % 100, ymd % 100
        iso = np.array([f"{t[:4]}-{t[4:6]}-{t[6:]}" for t in typed.tolist()], dtype="datetime64[D]")
        features = {
            "date": np.arange(len(distinct), dtype=np.int64),
            "year": year,
            "month_day": ymd % 10000,
            "unordered": year * 10000 + np.minimum(month, day) * 100 + np.maximum(month, day),
        }
        parts = {"digits": digits, "ymd": np.stack([year, month, day], axis=1), "days": iso.astype(np.int64)}
        return Column(codes, distinct, features, np.full(len(distinct), EQUAL, np.uint8), parts)

    def compare(self, column: Column, left: Ints, right: Ints) -> Levels:
        """The best level that holds, assigned from the worst upwards."""
        a, b = column.parts["ymd"][left], column.parts["ymd"][right]
        digits = column.parts["digits"][left], column.parts["digits"][right]
        lag = np.abs(column.parts["days"][left] - column.parts["days"][right])
        same_year = a[:, 0] == b[:, 0]
        first = np.all(a[:, 1:] == 1, axis=1) | np.all(b[:, 1:] == 1, axis=1)
        swapped = same_year & (a[:, 1] == b[:, 2]) & (a[:, 2] == b[:, 1])
        levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
        levels[same_year] = SAME_YEAR
        levels[(lag >= LUNAR_LAG_DAYS[0]) & (lag <= LUNAR_LAG_DAYS[1])] = LUNAR
        levels[same_year & first] = DEFAULT
        levels[one_substitution(*digits) | one_transposition(*digits)] = ONE_DIGIT
        levels[swapped] = SWAPPED
        return levels
