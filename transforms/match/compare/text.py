"""Free text (titles, company names, descriptions), Latin or Chinese: likeness of words and of pairs of letters.

Likeness is Dice's coefficient over pairs of neighbouring letters (Dice 1945) and the share of words in common. For
blocking a text has its longest words, its codes (words with digits) and four min-hashes of its letter pairs (Broder
1997): two texts share one with the probability of their Jaccard likeness.
"""

from __future__ import annotations

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Ints, Levels, mix
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.latin import fold, rewrite, shared_sorted, squeeze, tokens_of
from transforms.match.compare.plain import nfkc
from transforms.match.texts import characters, encode, hash_texts

WIDTH = 96
SKETCH = 4
LEAST_WITH_CODE = 0.3
"""Likeness from which an equal code (a model number) speaks for two texts."""
EQUAL, SAME_WORDS, VERY_ALIKE, CONTAINED, SAME_CODE, ALIKE, RELATED, DIFFERENT = range(1, 9)
CLEANING: tuple[tuple[str, str], ...] = (
    (r"['’`´]", ""),
    (r"&", " AND "),
    (r"\b([A-Z])\.", r"\1"),
    (r"[^\pL\pN]+", " "),
    (r"\b(?:LIMITED|LTD)\b", "LTD"),
    (r"\b(?:INCORPORATED|INC)\b", "INC"),
    (r"\b(?:CORPORATION|CORP)\b", "CORP"),
    (r"\b(?:COMPANY|CO)\b", "CO"),
    (r"有限责任公司", "有限公司"),
)
NOTHING = r"^(?:UNKNOWN|NONE|NULL|NAN|NA|N A|无|不详|未知)$"


class Text:
    """A text of some words."""

    levels = (
        Level("equal", 0.55, agrees=True, by="text"),
        Level("same_words", 0.05, agrees=True, by="words"),
        Level("very_alike", 0.15, agrees=True),
        Level("contained", 0.05, agrees=True),
        Level("same_code", 0.05, agrees=True, by="code"),
        Level("alike", 0.05, agrees=True),
        Level("related", 0.05),
        Level("different", 0.05),
    )

    def read(self, values: pa.Array) -> Column:
        """Fold case, marks, punctuation and forms of companies; split into words and letter pairs."""
        raw, distinct_raw = encode(values)
        text = squeeze(rewrite(fold(nfkc(distinct_raw)), CLEANING))
        text = pc.if_else(pc.match_substring_regex(text, NOTHING), pa.scalar(None, pa.string()), text)
        inner, distinct = encode(text)
        letters, _ = characters(distinct, WIDTH)
        counts, starts, ends, words = tokens_of(letters)
        grams, sizes = _letter_pairs(letters)
        bag = np.sort(words + 1, axis=1)
        features = {
            "text": hash_texts(distinct),
            "words": mix([np.where(counts > 0, 0, ABSENT), *bag.T]),
            "first": words[:, 0],
            **_longest(letters, starts, ends, words),
            **_sketches(grams, sizes),
        }
        parts = {"grams": grams, "sizes": sizes, "bag": bag, "counts": counts, "code": features["code"]}
        equal = np.full(len(distinct), EQUAL, dtype=np.uint8)
        return Column(np.append(inner, np.int32(ABSENT))[raw], distinct, features, equal, parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        p = column.parts
        levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
        _compare(p["grams"], p["sizes"], p["bag"], p["counts"], p["code"], left, right, levels)
        return levels


@numba.njit(cache=True, nogil=True)
def _letter_pairs(letters: NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Keys of neighbouring letters of each row, ascending (blanks left out), and how many. One letter pairs itself."""
    rows, width = letters.shape
    grams, sizes = np.zeros((rows, width), np.int64), np.zeros(rows, np.int64)
    for i in range(rows):
        last = np.int64(0)
        for j in range(width):
            c = np.int64(letters[i, j])
            if c == 0:
                break
            if c == 32:
                continue
            if last:
                grams[i, sizes[i]] = last << 21 | c
                sizes[i] += 1
            last = c
        if sizes[i] == 0 and last:
            grams[i, 0] = last << 21 | last
            sizes[i] = 1
        grams[i, : sizes[i]].sort()
    return grams, sizes


def _longest(letters: NDArray[np.uint32], starts: Ints, ends: Ints, words: Ints) -> dict[str, Ints]:
    """Its longest and second longest word (of equally long ones that with the smaller key) and its longest code."""
    if not len(words):
        return {"longest": words[:, 0], "second": words[:, 0], "code": words[:, 0]}
    size = ends - starts
    digits = np.cumsum((letters >= 48) & (letters <= 57), axis=1)
    until = np.pad(digits, ((0, 0), (1, 0)))
    has_digit = np.take_along_axis(until, ends, axis=1) > np.take_along_axis(until, starts, axis=1)
    order = np.lexsort((words, -size), axis=1)
    rows = np.arange(len(words))
    code_order = np.lexsort((words, -np.where(has_digit, size, 0)), axis=1)[:, 0]
    return {
        "longest": words[rows, order[:, 0]],
        "second": words[rows, order[:, 1]],
        "code": np.where(has_digit[rows, code_order] & (size[rows, code_order] > 1), words[rows, code_order], ABSENT),
    }


def _sketches(grams: Ints, sizes: Ints) -> dict[str, Ints]:
    found = _min_hashes(grams, sizes)
    return {f"sketch{n + 1}": found[:, n] for n in range(SKETCH)}


@numba.njit(cache=True, nogil=True)
def _min_hashes(grams: Ints, sizes: Ints) -> Ints:
    """The least of each of SKETCH hashes over the letter pairs of each row (ABSENT where there are none)."""
    found = np.full((len(grams), SKETCH), -1, np.int64)
    for i in range(len(grams)):
        for n in range(SKETCH):
            for g in range(sizes[i]):
                z = np.uint64(grams[i, g]) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(n) * np.uint64(
                    0xBF58476D1CE4E5B9
                )
                z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                key = np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(1))
                if found[i, n] < 0 or key < found[i, n]:
                    found[i, n] = key
    return found


@numba.njit(cache=True, nogil=True)
def _compare(
    grams: Ints, sizes: Ints, bag: Ints, counts: Ints, code: Ints, left: Codes, right: Codes, levels: Levels
) -> None:
    for k in range(len(left)):
        i, j = left[k], right[k]
        if counts[i] == counts[j] and counts[i] < bag.shape[1] and np.all(bag[i] == bag[j]):
            levels[k] = SAME_WORDS
            continue
        a, b = sizes[i], sizes[j]
        shared = shared_sorted(grams[i], grams[j], a, b)
        dice = 2 * shared / max(a + b, 1)
        if dice >= 0.85:
            levels[k] = VERY_ALIKE
        elif min(a, b) > 3 and shared >= 0.95 * min(a, b):
            levels[k] = CONTAINED
        elif code[i] >= 0 and code[i] == code[j] and dice >= LEAST_WITH_CODE:
            levels[k] = SAME_CODE
        elif dice >= 0.65:
            levels[k] = ALIKE
        elif dice >= 0.45:
            levels[k] = RELATED
