"""Latin text: folding, tokens, sounds, and likeness kernels that the kinds for Latin names, addresses and texts share.

Likeness is after Jaro 1989 and Winkler 1990; sounds are a consonant skeleton of our own in the manner of Metaphone
(Philips 1990): spelling rules first, then vowels drop and what repeats is said once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import Ints

SPACE = 32
MAX_TOKENS = 8
LETTERS: tuple[tuple[str, str], ...] = (
    (r"\pM", ""),
    ("ß|ẞ", "SS"),
    ("Æ", "AE"),
    ("Œ", "OE"),
    ("Ø", "O"),
    ("Ł", "L"),
    ("Đ|Ð", "D"),
    ("Þ", "TH"),
)
"""What remains of letters with marks once they are decomposed; then letters that don't decompose."""

SPELLING: tuple[tuple[str, str], ...] = (
    (r"\b(?:KN|GN|PN)", "N"),
    (r"\bWR", "R"),
    (r"\bPS", "S"),
    (r"\bX", "S"),
    (r"\bMC", "MAK"),
    (r"\bCHR", "KR"),
    (r"MB\b", "M"),
    ("PH", "F"),
    ("GHT", "T"),
    ("DG([EIY])", r"J\1"),
    ("TSCH|TCH|SCH|CH|SH|ZH", "X"),
    ("GH", ""),
    ("TH", "T"),
    ("CK", "K"),
    ("C([EIY])", r"S\1"),
    ("G([EIY])", r"J\1"),
    ("PF|V", "F"),
    ("Q|C", "K"),
    ("Z", "S"),
    (r"\b[AEIOU]", "A"),
)
"""Rewriting steps (RE2) in order; X stands for the sound of 'sh' and 'ch', A for any vowel at the beginning."""


def fold(values: pa.Array) -> pa.Array:
    """Upper case without marks: 'Zoë Łukasz' becomes 'ZOE LUKASZ'."""
    text = pc.utf8_upper(pc.utf8_normalize(values, form="NFKD"))
    return rewrite(text, LETTERS)


def rewrite(values: pa.Array, steps: Sequence[tuple[str, str]]) -> pa.Array:
    """Apply rewriting steps (RE2 pattern, replacement) in order."""
    for pattern, replacement in steps:
        values = pc.replace_substring_regex(values, pattern, replacement)
    return values


def squeeze(values: pa.Array) -> pa.Array:
    """One space between words, none around; an empty text is null."""
    text = pc.utf8_trim_whitespace(pc.replace_substring_regex(values, r"\s+", " "))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


@numba.njit(cache=True, nogil=True)
def tokens_of(matrix: NDArray[np.uint32]) -> tuple[Ints, Ints, Ints, Ints]:
    """Words of each row: how many, where each starts and ends (rows x MAX_TOKENS), and a key of each from its letters.

    Words beyond the eighth are not seen.
    """
    rows, width = matrix.shape
    counts = np.zeros(rows, np.int64)
    starts, ends = np.zeros((rows, MAX_TOKENS), np.int64), np.zeros((rows, MAX_TOKENS), np.int64)
    keys = np.full((rows, MAX_TOKENS), -1, np.int64)
    for i in range(rows):
        j = 0
        while j < width and matrix[i, j] != 0:
            if matrix[i, j] == SPACE:
                j += 1
                continue
            start = j
            z = np.uint64(0xCBF29CE484222325)
            while j < width and matrix[i, j] != 0 and matrix[i, j] != SPACE:
                z = (z ^ np.uint64(matrix[i, j])) * np.uint64(0x100000001B3)
                j += 1
            if counts[i] < MAX_TOKENS:
                z = (z ^ (z >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
                starts[i, counts[i]], ends[i, counts[i]] = start, j
                keys[i, counts[i]] = np.int64(z >> np.uint64(1))
                counts[i] += 1
    return counts, starts, ends, keys


@numba.njit(cache=True, nogil=True)
def skeletons(matrix: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Consonant skeletons of spelled rows: behind a word's first letter vowels, H, W and Y drop; repeats count once."""
    out = np.zeros_like(matrix)
    for i in range(matrix.shape[0]):
        size = 0
        last = np.uint32(SPACE)
        for j in range(matrix.shape[1]):
            c = matrix[i, j]
            if c == 0:
                break
            is_soft = c == 65 or c == 69 or c == 73 or c == 79 or c == 85 or c == 72 or c == 87 or c == 89
            if c == SPACE or last == SPACE or (not is_soft and c != last):
                out[i, size] = c
                size += 1
            if c == SPACE or not is_soft or last == SPACE:
                last = c
    return out


@numba.njit(cache=True, nogil=True)
def jaro_winkler(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> float:
    """Jaro–Winkler likeness (0 to 1) of two rows of letters; 0 if one is empty."""
    n, m = len(a), len(b)
    if n == 0 or m == 0:
        return 0.0
    reach = max(max(n, m) // 2 - 1, 0)
    taken_a, taken_b = np.uint64(0), np.uint64(0)
    common = 0
    for i in range(min(n, 64)):
        for j in range(max(0, i - reach), min(min(m, 64), i + reach + 1)):
            bit = np.uint64(1) << np.uint64(j)
            if a[i] == b[j] and not taken_b & bit:
                taken_a |= np.uint64(1) << np.uint64(i)
                taken_b |= bit
                common += 1
                break
    if common == 0:
        return 0.0
    moved, j = 0, 0
    for i in range(min(n, 64)):
        if taken_a >> np.uint64(i) & np.uint64(1):
            while not taken_b >> np.uint64(j) & np.uint64(1):
                j += 1
            moved += a[i] != b[j]
            j += 1
    jaro = (common / n + common / m + (common - moved / 2) / common) / 3
    prefix = 0
    while prefix < min(n, m, 4) and a[prefix] == b[prefix]:
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)


@numba.njit(cache=True, nogil=True)
def one_edit_apart(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> bool:
    """Whether one substitution, insertion, deletion or exchange of neighbours turns one row into the other."""
    n, m = len(a), len(b)
    if abs(n - m) > 1:
        return False
    p = 0
    while p < n and p < m and a[p] == b[p]:
        p += 1
    s = 0
    while s < n - p and s < m - p and a[n - 1 - s] == b[m - 1 - s]:
        s += 1
    left, right = n - p - s, m - p - s
    if left <= 1 and right <= 1:
        return left + right > 0
    return left == 2 and right == 2 and a[p] == b[p + 1] and a[p + 1] == b[p]


@numba.njit(cache=True, nogil=True)
def shared_sorted(a: Ints, b: Ints, n: int, m: int) -> int:
    """How many values two ascending rows share (their first ``n`` and ``m``), copies counted."""
    i = j = shared = 0
    while i < n and j < m:
        if a[i] == b[j]:
            shared += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return shared
