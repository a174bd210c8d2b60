"""Telephone numbers: digits only, country code dropped; equal, one digit apart, compatible where visible, different."""

from __future__ import annotations

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Flags, Levels
from transforms.match.compare.edits import MORE, edit_between, visibly_equal
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.plain import nfkc
from transforms.match.texts import characters, encode, hash_texts

WIDTH = 14
STAR = ord("*")
LEAST_VISIBLE = 6
EQUAL, ONE_DIGIT, MASKED, DIFFERENT = range(1, 5)


class Phone:
    """A telephone number."""

    levels = (
        Level("equal", 0.70, agrees=True, by="number"),
        Level("one_digit", 0.03, agrees=True),
        Level("masked", 0.05, agrees=True, is_masked=True, seen_as=("equal",)),
        Level("different", 0.22),
    )

    def read(self, values: pa.Array) -> Column:
        """Keep digits and stars; what is too short or one digit repeated is no number."""
        text = nfkc(values)
        text = pc.replace_substring_regex(text, r"[^0-9*]", "")
        text = pc.replace_substring_regex(text, r"^(0086|86)(1[0-9*]{10})$", r"\2")
        is_number = pc.and_(
            pc.greater_equal(pc.utf8_length(text), 7), pc.invert(pc.match_substring_regex(text, _REPEATED))
        )
        codes, distinct = encode(pc.if_else(is_number, text, pa.scalar(None, pa.string())))
        matrix, _ = characters(distinct, WIDTH)
        is_masked = np.any(matrix == STAR, axis=1)
        features = {"number": np.where(is_masked, ABSENT, hash_texts(distinct))}
        equal = np.where(is_masked, MASKED, EQUAL).astype(np.uint8)
        return Column(codes, distinct, features, equal, {"matrix": matrix, "is_masked": is_masked})

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """One digit apart, or compatible where both are visible."""
        return _compare(column.parts["matrix"], column.parts["is_masked"], left, right)


@numba.njit(cache=True, nogil=True)
def _compare(matrix: NDArray[np.uint32], is_masked: Flags, left: Codes, right: Codes) -> Levels:
    levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
    for k in range(len(left)):
        a, b = matrix[left[k]], matrix[right[k]]
        if is_masked[left[k]] or is_masked[right[k]]:
            if visibly_equal(a, b, STAR, LEAST_VISIBLE):
                levels[k] = MASKED
        elif edit_between(a, b) < MORE:
            levels[k] = ONE_DIGIT
    return levels


_REPEATED = "^(" + "|".join(f"{digit}+" for digit in range(10)) + r"|\*+)$"
