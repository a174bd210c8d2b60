"""Telephone numbers: digits only, country code dropped; equal, one digit apart, compatible where visible, different."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import ABSENT, Ints, Levels, characters, encode
from transforms.match.compare.edits import one_edit
from transforms.match.compare.kind import Column, Level

WIDTH = 14
STAR = ord("*")
EQUAL, ONE_DIGIT, MASKED, DIFFERENT = range(1, 5)


class Phone:
    """A telephone number."""

    levels = (
        Level("equal", 0.70, agrees=True, by="number"),
        Level("one_digit", 0.03, agrees=True),
        Level("masked", 0.05, agrees=True, is_masked=True, seen_as=("equal",)),
        Level("different", 0.22),
    )

    def read(self, values: pa.ChunkedArray) -> Column:
        """Keep digits and stars; what is too short or one digit repeated is no number."""
        text = pc.utf8_normalize(values, form="NFKC")
        text = pc.replace_substring_regex(text, r"[^0-9*]", "")
        text = pc.replace_substring_regex(text, r"^(0086|86)(1[0-9*]{10})$", r"\2")
        is_number = pc.and_(
            pc.greater_equal(pc.utf8_length(text), 7), pc.invert(pc.match_substring_regex(text, _REPEATED))
        )
        codes, distinct = encode(pc.if_else(is_number, text, pa.scalar(None, pa.string())))
        matrix, _ = characters(distinct, WIDTH)
        is_masked = np.any(matrix == STAR, axis=1)
        features = {"number": np.where(is_masked, ABSENT, np.arange(len(distinct)))}
        return Column(
            codes, distinct, features, np.where(is_masked, MASKED, EQUAL).astype(np.uint8), {"matrix": matrix}
        )

    def compare(self, column: Column, left: Ints, right: Ints) -> Levels:
        """Compare two character matrices."""
        a, b = column.parts["matrix"][left], column.parts["matrix"][right]
        hidden = (a == STAR) | (b == STAR)
        is_masked = np.any(hidden, axis=1)
        agrees = np.all((a == b) | hidden, axis=1)
        agrees &= np.count_nonzero((a == b) & ~hidden & (a != 0), axis=1) >= 6
        levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
        levels[~is_masked & one_edit(a, b)] = ONE_DIGIT
        levels[is_masked & agrees] = MASKED
        return levels


_REPEATED = "^(" + "|".join(f"{digit}+" for digit in range(10)) + r"|\*+)$"
