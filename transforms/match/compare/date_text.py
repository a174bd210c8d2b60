"""Dates written as text: ISO, compact, day or month first; as eight digits YYYYMMDD, impossible days included.

A date with a typing error is often no day of the calendar; its digits are compared all the same.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.compare.plain import nfkc, where

ORDERS = ("ymd", "dmy", "mdy")
_TIME = r"[T ]\d{1,2}:\d{2}.*$"
_YEAR_FIRST = r"^(\d{4})[-/.年 ]?(\d{1,2})[-/.月 ](\d{1,2})日?$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(?:\.0+)?$"
_YEAR_LAST = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$"
_COMPACT_LAST = r"^(\d{2})(\d{2})(\d{4})$"
_PLAIN = r"^\d{4}-\d{2}-\d{2}$"
_MONTHS = tuple(f"{n:02d}" for n in range(1, 13))
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED = r"(?i)^(\d\d?)[- ]{name}[A-Z]*[-, ]+(\d+)$"


def date_digits(values: pa.Array, order: str = "ymd") -> pa.Array:
    """Eight digits of each date text, null for what has no form of a date. ``order`` (a word of ORDERS) says how
    ambiguous forms are meant: 'dmy' and 'mdy' put the year last."""
    text = pc.utf8_trim_whitespace(nfkc(values))
    fits = pc.match_substring_regex(text, _PLAIN).fill_null(True)
    text = where(text, ~np.asarray(fits), lambda other: _rewritten(other, order))
    fits = pc.match_substring_regex(text, _PLAIN)
    return pc.if_else(fits, pc.replace_substring(text, "-", ""), pa.scalar(None, pa.string()))


def _rewritten(text: pa.Array, order: str) -> pa.Array:
    """Dates in any other form than year-month-day with two digits each, in this form."""
    text = pc.replace_substring_regex(text, _TIME, "")
    for name, number in zip(_MONTH_NAMES, _MONTHS, strict=True):
        text = pc.replace_substring_regex(text, _NAMED.format(name=name), rf"\2-{number}-\1")
    swapped = order == "mdy"
    last = r"\3-\1-\2" if swapped else r"\3-\2-\1"
    text = pc.replace_substring_regex(text, _YEAR_LAST, last)
    if order != "ymd":
        text = pc.if_else(_is_year_last(text), pc.replace_substring_regex(text, _COMPACT_LAST, last), text)
    text = pc.replace_substring_regex(text, _COMPACT, r"\1-\2-\3")
    text = pc.replace_substring_regex(text, _YEAR_FIRST, r"\1-0\2-0\3")
    return pc.replace_substring_regex(text, r"-0(\d\d)", r"-\1")


def _is_year_last(text: pa.Array) -> pa.Array:
    """Eight digits that begin with no plausible year."""
    return pc.and_(
        pc.match_substring_regex(text, _COMPACT_LAST), pc.invert(pc.match_substring_regex(text, r"^(?:1[89]|20)"))
    )


def guess_order(values: pa.Array) -> str:
    """The order that turns most texts into days of the calendar; 'ymd' when all do equally well, then 'dmy'."""
    sample = values.drop_null().slice(0, 20_000)
    return max(ORDERS, key=lambda order: (_days(date_digits(sample, order)), -ORDERS.index(order)))


def _days(digits: pa.Array) -> int:
    """How many of the digits are plausible days (month to 12, day to 31, year of people or papers)."""
    known = digits.drop_null().to_numpy(zero_copy_only=False).astype("U8").astype(np.int64)
    year, month, day = known // 10000, known // 100 % 100, known % 100
    return int(np.sum((year > 1800) & (year < 2150) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)))
