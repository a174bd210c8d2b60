"""Helper columns: rules that Great Expectations can't say, judged here with NumPy and pyarrow.

Nothing is shared with the row checks' SQL, so that a fault in one reading of a rule shows as a disagreement. A
helper is float64: 1 holds, 0 broken, NaN not judged (null, masked, another kind of certificate).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Table

from schemas.codes import regions
from schemas.project_rules import rules_of
from schemas.rules import DigitsKept, InRegions, Rule, ValidIdentityNumber
from transforms.quality.rowchecks import CERTIFICATE_TYPE, NUMBERED_TYPES, OLD_FOREIGN_PERMIT
from transforms.quality.suites import helper_name

Verdicts = np.ndarray[tuple[int], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)
_LENGTH = 18
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def helper_columns(table: Table, rows: pa.Table) -> dict[str, Verdicts]:
    """Every helper column that the table's suite looks at, by name."""
    return {
        helper_name(col.name, rule): _JUDGES[type(rule)](rows, col.name)
        for col in table.columns
        for rule in rules_of(col)
        if type(rule) in _JUDGES
    }


def _in_regions(rows: pa.Table, name: str) -> Verdicts:
    column = rows[name].combine_chunks()
    if not regions():
        return np.full(len(column), np.nan)
    unknown = [code for code in pc.unique(column).to_pylist() if code is not None and code not in regions()]
    broken = pc.is_in(column, value_set=pa.array(unknown, pa.string()))
    return _verdicts(column, ~np.asarray(broken), np.asarray(column.is_valid()))


def _identity_is_valid(rows: pa.Table, name: str) -> Verdicts:
    column = rows[name].combine_chunks()
    judged = _is_judged(column) & ~np.asarray(
        pc.match_substring_regex(column, f"^{OLD_FOREIGN_PERMIT}$").fill_null(False)
    )
    if CERTIFICATE_TYPE in rows.column_names:
        kinds = rows[CERTIFICATE_TYPE].combine_chunks()
        judged &= np.asarray(pc.or_(pc.is_null(kinds), pc.is_in(kinds, value_set=pa.array(NUMBERED_TYPES))))
    return _verdicts(column, identity_is_valid(column), judged)


def _digits_are_kept(rows: pa.Table, name: str) -> Verdicts:
    column = rows[name].combine_chunks()
    exponent = pc.match_substring_regex(column, r"^[0-9]+(\.[0-9]+)?E\+?[0-9]+$|^[0-9]{15,18}\.[0-9]*$")
    zeros = pc.match_substring_regex(column, r"^[0-9]{15}000$")
    never_given = pc.match_substring_regex(column, r"^[0-9]{14}0000$")
    lost = [np.asarray(found.fill_null(False)) for found in (exponent, zeros, never_given)]
    broken = lost[0] | lost[2] | (lost[1] & ~identity_is_valid(column))
    return _verdicts(column, ~broken, _is_judged(column))


def identity_is_valid(column: pa.Array) -> Flags:
    """Which numbers are 18 places long with a real birth date and the check digit of GB 11643-1999; null counts as
    no."""
    shaped = np.asarray(pc.match_substring_regex(column, "^[0-9]{17}[0-9X]$").fill_null(False))
    valid = np.zeros(len(column), dtype=bool)
    numbers = column.filter(pa.array(shaped))
    if len(numbers):
        places = np.frombuffer("".join(numbers.to_pylist()).encode(), np.uint8).reshape(-1, _LENGTH)
        digits = places[:, :17].astype(np.int64) - ord("0")
        valid[shaped] = (_CHECKS[digits @ _WEIGHTS % 11] == places[:, 17]) & _is_date(digits[:, 6:14])
    return valid


def _is_date(digits: np.ndarray[Any, np.dtype[np.int64]]) -> Flags:
    number = digits @ 10 ** np.arange(7, -1, -1)
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    in_month = (month >= 1) & (month <= 12) & (day >= 1) & (day <= _DAYS[np.clip(month, 1, 12) - 1])
    real: Flags = in_month & ((month != 2) | (day <= 28) | is_leap) & (year >= 1800) & (year <= 2099)
    return real


def _is_judged(column: pa.Array) -> Flags:
    judged: Flags = np.asarray(pc.invert(pc.match_substring(column, "*")).fill_null(False))
    return judged


def _verdicts(column: pa.Array, holds: Flags, judged: Flags) -> Verdicts:
    return np.where(judged & np.asarray(column.is_valid()), holds.astype(np.float64), np.nan)


_JUDGES: dict[type[Rule], Callable[[pa.Table, str], Verdicts]] = {
    InRegions: _in_regions,
    ValidIdentityNumber: _identity_is_valid,
    DigitsKept: _digits_are_kept,
}
