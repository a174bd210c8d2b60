"""Identity numbers after GB 11643-1999: 15 digits become 18; a valid one can hardly have been mistyped unseen.

Valid means: 18 characters, an address code that the predicate knows, a plausible birth date, a right check digit. Two
different valid numbers are a hard contradiction. Masked numbers are compared where both sides are visible; where these
are the first six and the last four, siblings and twins are told apart: order and check differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Flags, Ints, Levels, row_keys
from transforms.match.compare.edits import MORE, edit_between, visibly_equal
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.plain import nfkc
from transforms.match.texts import characters, encode

WIDTH = 20
LENGTH = 18
STAR = ord("*")
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
CHECK = np.array([ord(c) for c in "10X98765432"], dtype=np.uint32)
LEAST_VISIBLE = 6
"""Positions that must be visible on both sides before a mask says anything."""

PLACEHOLDER = "^(" + "|".join(f"[{c}]*" for c in "0123456789X*") + "|1234567890?1?2?3?4?5?6?7?8?9?[0-9X]{0,9}|无|不详)$"
"""What is typed when there is no number: one character repeated, or counting up."""

VALID, EQUAL, ONE_EDIT, MASKED_BEFORE_END, MASKED, DIFFERENT, CONTRADICTION = range(1, 8)

PROVINCES = frozenset(
    (
        11,
        12,
        13,
        14,
        15,
        21,
        22,
        23,
        31,
        32,
        33,
        34,
        35,
        36,
        37,
        41,
        42,
        43,
        44,
        45,
        46,
        50,
        51,
        52,
        53,
        54,
        61,
        62,
        63,
        64,
        65,
        71,
        81,
        82,
        83,
        91,
    )
)
"""First two digits of GB/T 2260, with those of the residence permits (81-83) and the foreigners' card (9x)."""

AddressPredicate = Callable[[Ints], Flags]


def in_a_province(codes: Ints) -> Flags:
    """Default predicate: the six-digit address code starts with a province (counties come and go, test codes stay)."""
    first = codes // 10000
    known: Flags = np.isin(first, list(PROVINCES)) | (first // 10 == 9)
    return known


def check_characters(digits: Ints) -> NDArray[np.uint32]:
    """Check characters (code points) of numbers given as rows of 17 digits."""
    made: NDArray[np.uint32] = CHECK[(digits @ WEIGHTS) % 11]
    return made


class IdentityNumber:
    """A certificate number, most often a resident's. ``known_address``: which six-digit address codes exist."""

    levels = (
        Level("equal_valid", 0.90, agrees=True, by="number"),
        Level("equal_invalid", 0.01, agrees=True, by="number"),
        Level("one_edit", 0.03, agrees=True),
        Level("masked_before_end", 0.03, agrees=True, is_masked=True, is_proof=True),
        Level("masked", 0.02, agrees=True, is_masked=True),
        Level("different", 0.01),
        Level("contradiction", 1e-6, is_contradiction=True),
    )

    def __init__(self, known_address: AddressPredicate = in_a_province, last_birth_year: int = 2026) -> None:
        self.known_address = known_address
        self.last_birth_year = last_birth_year

    def read(self, values: pa.Array) -> Column:
        """Fold width and case, upgrade 15 digits, mark masks, and judge each distinct number."""
        text = pc.utf8_upper(nfkc(values))
        text = pc.replace_substring_regex(text, r"[\s\-]", "")
        text = pc.if_else(pc.match_substring_regex(text, PLACEHOLDER), pa.scalar(None, pa.string()), text)
        codes, distinct = encode(text)
        matrix, lengths = _mask(_upgrade(*characters(distinct, WIDTH)))
        number, first = _fold(matrix)
        matrix, lengths = matrix[first], lengths[first]
        codes = np.append(number, np.int32(ABSENT))[codes]
        values_now = distinct.take(pa.array(first))
        is_valid = self.valid(matrix, lengths)
        is_masked = np.any(matrix == STAR, axis=1)
        features = _features(matrix, is_valid, is_masked)
        masked = np.where(features["last4"] >= 0, MASKED_BEFORE_END, MASKED)
        equal = np.where(is_valid, VALID, np.where(is_masked, masked, EQUAL)).astype(np.uint8)
        parts = {"matrix": matrix, "is_valid": is_valid, "is_masked": is_masked}
        return Column(codes, values_now, features, equal, parts, known_by=row_keys(matrix))

    def valid(self, matrix: NDArray[np.uint32], lengths: Ints) -> Flags:
        """Whether each number is one that exists on paper: length, address, birth date, check character."""
        digits = matrix[:, :17].astype(np.int64) - ord("0")
        is_numeric = (lengths == LENGTH) & np.all((digits >= 0) & (digits <= 9), axis=1)
        digits = np.where(is_numeric[:, None], digits, 0)
        address = digits[:, :6] @ (10 ** np.arange(5, -1, -1))
        plausible = plausible_birth(digits, self.last_birth_year) | (digits[:, 0] == 9)
        is_checked = check_characters(digits) == matrix[:, 17]
        result: Flags = is_numeric & is_checked & plausible & self.known_address(address)
        return result

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """Both valid and different is a contradiction; else look for an edit or a compatible mask."""
        parts = column.parts
        shows_end = column.features["last4"] >= 0
        return _compare(parts["matrix"], parts["is_valid"], parts["is_masked"], shows_end, left, right)


@numba.njit(cache=True, nogil=True)
def _compare(
    matrix: NDArray[np.uint32], is_valid: Flags, is_masked: Flags, shows_end: Flags, left: Codes, right: Codes
) -> Levels:
    levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
    for k in range(len(left)):
        i, j = left[k], right[k]
        if is_valid[i] and is_valid[j]:
            levels[k] = CONTRADICTION
        elif is_masked[i] or is_masked[j]:
            if visibly_equal(matrix[i], matrix[j], STAR, LEAST_VISIBLE):
                levels[k] = MASKED_BEFORE_END if shows_end[i] and shows_end[j] else MASKED
        elif edit_between(matrix[i], matrix[j]) < MORE:
            levels[k] = ONE_EDIT
    return levels


def plausible_birth(digits: Ints, last_year: int) -> Flags:
    """Whether digits 7 to 14 are a day of the calendar between 1895 and the last year."""
    year, month, day = birth_parts(digits)
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)
    last_day = lengths[month] + (leap & (month == 2))
    result: Flags = (year >= 1895) & (year <= last_year) & (day >= 1) & (day <= last_day)
    return result


def birth_parts(digits: Ints) -> tuple[Ints, Ints, Ints]:
    """Year, month and day in digits 7 to 14."""
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1])
    return year, digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]


def stated_in(column: Column) -> tuple[pa.Array, pa.Array]:
    """Birth date (date32) and sex code ('1' odd, '2' even) that each row's valid number states; null elsewhere."""
    matrix, is_valid = column.parts["matrix"], column.parts["is_valid"]
    digits = np.where(is_valid[:, None], matrix[:, :17].astype(np.int64) - ord("0"), 0)
    year, month, day = birth_parts(digits)
    is_resident = is_valid & (digits[:, 0] != 9)
    months = np.where(is_resident, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(is_resident, day - 1, 0).astype("timedelta64[D]")
    birth = pa.array(days, pa.date32(), mask=~is_resident)
    sex = pa.array(np.where(digits[:, 16] % 2 == 1, "1", "2"), pa.string(), mask=~is_resident)
    rows = pa.array(column.codes, mask=column.codes < 0)
    return birth.take(rows), sex.take(rows)


def _upgrade(matrix: NDArray[np.uint32], lengths: Ints) -> tuple[NDArray[np.uint32], Ints]:
    """15-digit numbers of the first generation become 18: century 19 and a check digit (hidden where others are)."""
    digits = matrix[:, :15].astype(np.int64) - ord("0")
    is_digit = (digits >= 0) & (digits <= 9)
    old = (lengths == 15) & np.all(is_digit, axis=1)
    starred = (lengths == 15) & np.all(is_digit | (matrix[:, :15] == STAR), axis=1) & ~old
    full = np.concatenate([digits[old, :6], np.tile([1, 9], (int(old.sum()), 1)), digits[old, 6:]], axis=1)
    keep = plausible_birth(full, 2000)
    rows = np.flatnonzero(old)[keep]
    matrix = matrix.copy()
    matrix[rows, :17] = full[keep].astype(np.uint32) + np.uint32(ord("0"))
    matrix[rows, 17] = check_characters(full[keep])
    matrix[starred, 8:17] = matrix[starred, 6:15]
    matrix[starred, 6:8] = np.array([ord("1"), ord("9")])
    matrix[starred, 17] = STAR
    return matrix, np.count_nonzero(matrix, axis=1).astype(np.int64)


def _mask(upgraded: tuple[NDArray[np.uint32], Ints]) -> tuple[NDArray[np.uint32], Ints]:
    """Mark hidden positions: an X before the end, and the three zeros that a numeric spreadsheet cell leaves."""
    matrix, lengths = upgraded
    positions = np.arange(matrix.shape[1])[None, :]
    matrix[(matrix == ord("X")) & (positions < lengths[:, None] - 1)] = STAR
    run = (matrix == ord("X")) & (np.roll(matrix, 1, axis=1) == STAR)
    matrix[run] = STAR
    zeros = (lengths == LENGTH) & np.all(matrix[:, 15:18] == ord("0"), axis=1)
    digits = matrix[:, :17].astype(np.int64) - ord("0")
    zeros &= np.all((digits >= 0) & (digits <= 9), axis=1) & (check_characters(digits) != ord("0"))
    matrix[np.ix_(zeros, [15, 16, 17])] = STAR
    return matrix, lengths


def _fold(matrix: NDArray[np.uint32]) -> tuple[Codes, Ints]:
    """Number for each row of the matrix, equal rows alike, and one row for each number."""
    _, first, inverse = np.unique(row_keys(matrix), return_index=True, return_inverse=True)
    return inverse.astype(np.int32), first.astype(np.int64)


def _features(matrix: NDArray[np.uint32], is_valid: Flags, is_masked: Flags) -> dict[str, Ints]:
    number = row_keys(matrix)
    full = (matrix[:, LENGTH - 1] != 0) & (matrix[:, LENGTH] == 0)
    clear = ~is_masked
    shown = matrix[:, 14:18]
    lengths = np.count_nonzero(matrix, axis=1)
    tail = np.take_along_axis(matrix, np.maximum(lengths[:, None] - 12 + np.arange(12)[None, :], 0), axis=1)
    enough = clear & (lengths >= 12)
    return {
        "number": np.where(clear, number, ABSENT),
        "valid": np.where(is_valid, number, ABSENT),
        "head12": _key(matrix[:, :12], enough),
        "tail12": _key(tail, enough),
        "ends6": _key(np.concatenate([matrix[:, :6], tail[:, 6:]], axis=1), enough),
        "digits": _key(np.sort(matrix, axis=1), full & clear),
        "last4": _key(shown, full & ~np.any(shown == STAR, axis=1)),
    }


def _key(characters_: NDArray[Any], present: Flags) -> Ints:
    return np.where(present, row_keys(characters_), ABSENT)
