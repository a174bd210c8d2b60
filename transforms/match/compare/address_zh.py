"""Chinese addresses: numbers (building, unit, room) are compared apart from words (road, estate, village)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from transforms.match.arrays import ABSENT, Codes, Ints, Levels, mix
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.plain import nfkc, where
from transforms.match.texts import encode, hash_texts

EQUAL, SAME_DWELLING, SAME_PLACE, SIMILAR, DIFFERENT = range(1, 6)
PLACE_ALIKE = 75
"""Ratio (0 to 100) from which the words of two addresses with the same numbers mean one place."""
TEXT_ALIKE = 80

UNIT = "(栋|单元|组|队|室|层|楼|号|弄|巷|排|村)"
NUMERALS = ("[一壹]", "[二贰两]", "[三叁]", "[四肆]", "[五伍]", "[六陆]", "[七柒]", "[八捌]", "[九玖]")
NO_ESTATE = "[^0-9小社园校新厂山景区县]"
STEPS: tuple[tuple[str, str], ...] = (
    (r"[\s,.，。、;；:()（）\[\]\-－—_/]+", " "),
    (r"([0-9A-Z])(幢|座|号楼|#楼|#|栋楼)", r"\1栋"),
    (r"([0-9])(房间|房)", r"\1室"),
    (r"^[^0-9省 ]{2,7}省", ""),
    (r"^[^0-9市 ]{2,9}?(市|自治州)", ""),
    (rf"^{NO_ESTATE}{{1,6}}(县|区)", ""),
    (r"^[^0-9 ]{1,7}?(街道|镇|乡)(办事处)?", ""),
)
"""RE2 rewriting steps in order: separators, words for building and room, leading divisions."""


NUMERALS_AFTER = 3
"""Steps before which Chinese numerals stay: a building's word must be known to see that a number stands before it."""


class AddressZh:
    """A home address."""

    levels = (
        Level("equal", 0.75, agrees=True, by="address"),
        Level("same_dwelling", 0.08, agrees=True),
        Level("same_place", 0.05, agrees=True),
        Level("similar", 0.02, agrees=True),
        Level("different", 0.10),
    )

    def read(self, values: pa.Array) -> Column:
        """Rewrite each distinct address; split it into numbers and words."""
        raw, distinct_raw = encode(values)
        text = pc.utf8_upper(nfkc(distinct_raw))
        for pattern, replacement in STEPS[:NUMERALS_AFTER]:
            text = pc.replace_substring_regex(text, pattern, replacement)
        text = _numerals(text)
        for pattern, replacement in STEPS[NUMERALS_AFTER:]:
            text = pc.replace_substring_regex(text, pattern, replacement)
        inner, distinct = encode(pc.replace_substring(text, " ", ""))
        split = pc.utf8_trim_whitespace(pc.replace_substring_regex(distinct, "[^0-9]+", " "))
        words = pc.replace_substring_regex(distinct, f"[0-9]+{UNIT}?", "")
        numbers, place = hash_texts(split), hash_texts(words)
        several = np.asarray(pc.match_substring(split, " ")) if len(distinct) else np.zeros(0, bool)
        features = {
            "address": hash_texts(distinct),
            "numbers": np.where(several, numbers, ABSENT),
            "place": place,
            "dwelling": mix([numbers, place]),
        }
        parts = {"numbers": numbers, "text": distinct, "place_text": words}
        codes = np.append(inner, np.int32(ABSENT))[raw]
        return Column(codes, distinct, features, np.full(len(distinct), EQUAL, np.uint8), parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """Numbers by equality, words by RapidFuzz."""
        place = _ratio(column.features["place"], column.parts["place_text"], left, right)
        numbers = column.parts["numbers"][left], column.parts["numbers"][right]
        same_numbers = (numbers[0] == numbers[1]) & (numbers[0] >= 0)
        levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
        rest = np.flatnonzero(~same_numbers & (place < PLACE_ALIKE))
        whole = _ratio(column.features["address"], column.parts["text"], left[rest], right[rest])
        levels[rest[whole >= TEXT_ALIKE]] = SIMILAR
        levels[place >= PLACE_ALIKE] = SAME_PLACE
        levels[same_numbers & (place >= PLACE_ALIKE)] = SAME_DWELLING
        return levels


def _numerals(text: pa.Array) -> pa.Array:
    """Chinese numerals before a unit become digits; only addresses that have one are looked at nine times."""
    has_one = pc.match_substring_regex(text, f"[{''.join(n.strip('[]') for n in NUMERALS)}]{UNIT}").fill_null(False)
    return where(text, np.asarray(has_one), _as_digits)


def _as_digits(text: pa.Array) -> pa.Array:
    for digit, numeral in enumerate(NUMERALS, start=1):
        text = pc.replace_substring_regex(text, f"{numeral}{UNIT}", rf"{digit}\1")
    return text


def _ratio(keys: Ints, texts: pa.Array, left: Codes, right: Codes) -> NDArray[np.float32]:
    """Ratio of each pair of texts (absent ones count as equal), each distinct pair once; ``keys``: of the texts."""
    a, b = keys[left], keys[right]
    scores = np.where(a == b, 100.0, 0.0).astype(np.float32)
    rest = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    if len(rest):
        pairs = mix([np.minimum(a, b)[rest], np.maximum(a, b)[rest]])
        _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
        sides = (texts.take(pa.array(side[rest[first]])).to_pylist() for side in (left, right))
        scores[rest] = process.cpdist(*sides, scorer=fuzz.ratio, dtype=np.float32)[inverse]
    return scores
