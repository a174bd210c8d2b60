"""Identifiers of any issuer: equal, one edit, neighbours exchanged, one half equal, different (or a contradiction)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.errors import ConfigurationError
from transforms.match.arrays import ABSENT, Codes, Flags, Ints, Levels, mix
from transforms.match.compare.edits import MORE, TRANSPOSITION, edit_between
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.latin import fold
from transforms.match.compare.plain import nfkc
from transforms.match.texts import characters, encode, hash_texts

WIDTH = 40
EQUAL, TRANSPOSED, ONE_EDIT, HALF, DIFFERENT, CONTRADICTION = range(1, 7)
NO_IDENTIFIER = "^(" + "|".join(f"{c}+" for c in "0123456789X") + "|NONE|NULL|NAN|NA|UNKNOWN|无|不详|1234567890*)$"
"""What is typed when there is none: one character repeated, counting up, a word."""

USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of the unified social credit code (GB 32100-2015)."""


def _luhn(text: str) -> bool:
    """ISO/IEC 7812: bank cards and many national numbers."""
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(text))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _gtin(text: str) -> bool:
    """GS1 check digit: EAN and UPC codes of articles."""
    return sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(reversed(text))) % 10 == 0


def _uscc(text: str) -> bool:
    """GB 32100-2015: the 18-character code of a Chinese organisation."""
    return sum(USCC.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17])) % 31 == (31 - USCC.index(text[17])) % 31


CHECKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "luhn": (r"[0-9]{8,19}", _luhn),
    "gtin": (r"[0-9]{8}|[0-9]{12,14}", _gtin),
    "uscc": (rf"[{USCC}]{{18}}", _uscc),
}
"""Check by the word that a configuration uses: the form of the text, and whether its check character is right."""


class Identifier:
    """An identifier. ``exclusive``: two different ones can't belong to one entity. ``check``: a word of CHECKS; then
    only two that pass it contradict one another."""

    def __init__(self, exclusive: bool = False, check: str | None = None) -> None:
        if check is not None and check not in CHECKS:
            raise ConfigurationError(f"no such check: {check}", where="match configuration", expected=", ".join(CHECKS))
        self.exclusive, self.check = exclusive, check
        self.levels = (
            Level("equal", 0.88, agrees=True, by="value"),
            Level("transposed", 0.02, agrees=True),
            Level("one_edit", 0.05, agrees=True),
            Level("half", 0.01),
            Level("different", 0.04),
            *([Level("contradiction", 1e-6, is_contradiction=True)] if exclusive else []),
        )

    def read(self, values: pa.Array) -> Column:
        """Fold width and case, drop separators; what is typed when there is none is absent."""
        raw, distinct_raw = encode(values)
        text = pc.replace_substring_regex(fold(nfkc(distinct_raw)), r"[^\pL0-9]", "")
        text = pc.if_else(pc.match_substring_regex(text, NO_IDENTIFIER), pa.scalar(None, pa.string()), text)
        inner, distinct = encode(text)
        matrix, lengths = characters(distinct, WIDTH)
        key = hash_texts(distinct)
        valid = (
            np.array([self._passes(v) for v in distinct.to_pylist()], bool) if self.check else np.ones(len(key), bool)
        )
        features = {"value": key, "valid": np.where(valid, key, ABSENT), **_features(matrix, lengths)}
        parts: dict[str, NDArray[Any]] = {"matrix": matrix, "length": lengths, "is_valid": valid}
        equal = np.full(len(distinct), EQUAL, dtype=np.uint8)
        return Column(np.append(inner, np.int32(ABSENT))[raw], distinct, features, equal, parts)

    def _passes(self, text: str) -> bool:
        form, is_right = CHECKS[self.check or ""]
        return re.fullmatch(form, text) is not None and is_right(text)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """Edits first; two exclusive ones that are both valid contradict."""
        parts, levels = column.parts, np.full(len(left), DIFFERENT, dtype=np.uint8)
        _compare(parts["matrix"], parts["length"], left, right, levels)
        if self.exclusive:
            both: Flags = parts["is_valid"][left] & parts["is_valid"][right]
            levels[both] = CONTRADICTION
        return levels


def _features(matrix: NDArray[np.uint32], lengths: Ints) -> dict[str, Ints]:
    """``head`` and ``tail``: its two halves (one of them outlives any single error); ``sorted``: order left out."""
    rows = np.arange(matrix.shape[1])[None, :]
    half = (lengths // 2)[:, None]
    long = lengths >= 4
    head = np.where(rows < half, matrix, 0)
    back = np.take_along_axis(matrix, np.maximum(lengths[:, None] - 1 - rows, 0), axis=1)
    tail = np.where(rows < half, back, 0)
    keys = {name: mix(list(part.T)) for name, part in (("head", head), ("tail", tail), ("sorted", np.sort(matrix)))}
    return {name: np.where(long, key, ABSENT) for name, key in keys.items()}


@numba.njit(cache=True, nogil=True)
def _compare(matrix: NDArray[np.uint32], length: Ints, left: Codes, right: Codes, levels: Levels) -> None:
    for k in range(len(left)):
        i, j = left[k], right[k]
        a, b = matrix[i, : length[i]], matrix[j, : length[j]]
        shorter = min(len(a), len(b))
        edit = edit_between(matrix[i], matrix[j])
        if shorter > 2 and edit < MORE:
            levels[k] = TRANSPOSED if edit == TRANSPOSITION else ONE_EDIT
        elif shorter >= 6:
            half = shorter // 2
            if np.all(a[:half] == b[:half]) or np.all(a[len(a) - half :] == b[len(b) - half :]):
                levels[k] = HALF
