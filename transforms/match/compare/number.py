"""Quantities: equal, within tolerances absolute and relative, one digit apart, different."""

from __future__ import annotations

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Floats, Ints, Levels
from transforms.match.compare.edits import MORE, edit_between
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.plain import nfkc
from transforms.match.texts import characters, encode, hash_texts

WIDTH = 24
EQUAL, STEP, NEAR, CLOSE, ONE_EDIT, DIFFERENT = range(1, 7)
NUMERIC = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?$"


class Number:
    """A number. ``absolute``: difference that counts as one step; ``relative``: share of the larger one that is near
    (``close`` is ten times as far)."""

    levels = (
        Level("equal", 0.80, agrees=True, by="value"),
        Level("step", 0.05, agrees=True),
        Level("near", 0.04, agrees=True),
        Level("close", 0.03),
        Level("one_edit", 0.02),
        Level("different", 0.06),
    )

    def __init__(self, absolute: float = 1.0, relative: float = 0.01) -> None:
        self.absolute, self.relative = float(absolute), float(relative)

    def read(self, values: pa.Array) -> Column:
        """Read decimal numbers (thousands commas, currency signs and blanks drop); what is no number is absent."""
        raw, distinct_raw = encode(values)
        text = pc.replace_substring_regex(nfkc(distinct_raw), r"[\s,$€£¥元]", "")
        text = pc.if_else(pc.match_substring_regex(text, NUMERIC), text, pa.scalar(None, pa.string()))
        numbers = pc.cast(text, pa.float64())
        plain = pc.replace_substring_regex(pc.cast(pc.round(numbers, 6), pa.string()), r"\.0+$", "")
        inner, distinct = encode(plain)
        value = pc.cast(distinct, pa.float64()).to_numpy(zero_copy_only=False)
        key = hash_texts(distinct)
        features = {"value": key, "magnitude": _magnitude(value)}
        parts = {"value": value, "digits": characters(distinct, WIDTH)[0]}
        equal = np.full(len(distinct), EQUAL, dtype=np.uint8)
        return Column(np.append(inner, np.int32(ABSENT))[raw], distinct, features, equal, parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        parts = column.parts
        return _compare(parts["value"], parts["digits"], self.absolute, self.relative, left, right)


@numba.njit(cache=True, nogil=True)
def _compare(
    value: Floats, digits: NDArray[np.uint32], absolute: float, relative: float, left: Codes, right: Codes
) -> Levels:
    levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
    for k in range(len(left)):
        a, b = value[left[k]], value[right[k]]
        apart = abs(a - b)
        larger = max(abs(a), abs(b))
        if apart <= absolute:
            levels[k] = STEP
        elif apart <= relative * larger:
            levels[k] = NEAR
        elif apart <= 10 * relative * larger:
            levels[k] = CLOSE
        elif edit_between(digits[left[k]], digits[right[k]]) < MORE:
            levels[k] = ONE_EDIT
    return levels


def _magnitude(values: Floats) -> Ints:
    """A coarse bin on a logarithmic scale (a fifth of a doubling)."""
    size = np.round(5 * np.log2(np.maximum(np.abs(values), 1e-9))).astype(np.int64) + 200
    return np.where(np.isfinite(values), 2 * size + (values < 0), ABSENT)
