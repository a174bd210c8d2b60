"""Latin addresses and parts of them: unit, number and street are told apart and compared each in its own way.

A value may be a whole address ('Flat 3, 12 High Street, Ely') or one part ('12', 'high st'). Words for kinds of street
and directions are folded to one form. Neighbours differ in a number, typing errors in letters: so numbers are compared
by equality and words by likeness.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Ints, Levels, mix
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.latin import (
    MAX_TOKENS,
    SPELLING,
    fold,
    jaro_winkler,
    one_edit_apart,
    rewrite,
    shared_sorted,
    skeletons,
    squeeze,
    tokens_of,
)
from transforms.match.texts import characters, encode, hash_texts

WIDTH = 64
CLOSE_FROM, SIMILAR_FROM = 0.90, 0.80
EQUAL, CLOSE, OTHER_UNIT, ONE_DIGIT, SAME_STREET, SIMILAR, SAME_NUMBER, DIFFERENT = range(1, 9)

STREETS = {
    "ST": "STREET|STR",
    "RD": "ROAD",
    "AV": "AVENUE|AVE|AVEN",
    "DR": "DRIVE|DRV",
    "LN": "LANE|LA",
    "CT": "COURT|CRT",
    "PL": "PLACE|PLCE",
    "CR": "CRESCENT|CRES|CRS",
    "CL": "CLOSE|CLS",
    "BLVD": "BOULEVARD|BLV|BVD",
    "CIR": "CIRCUIT|CIRCLE|CCT|CIRC",
    "HWY": "HIGHWAY|HIWAY",
    "PKWY": "PARKWAY|PKY|PWY",
    "SQ": "SQUARE",
    "TER": "TERRACE|TCE|TERR",
    "TRL": "TRAIL",
    "PDE": "PARADE",
    "GR": "GROVE|GRV|GRO",
    "MT": "MOUNT",
    "N": "NORTH|NTH",
    "S": "SOUTH|STH",
    "E": "EAST",
    "W": "WEST",
    "NE": "NORTHEAST",
    "NW": "NORTHWEST",
    "SE": "SOUTHEAST",
    "SW": "SOUTHWEST",
}
"""One short form for each word of streets and directions (short forms of the postal services)."""

UNIT = (
    r"(?:\b(?:APT|APARTMENT|UNIT|FLAT|SUITE|STE|ROOM|RM|LOT|SHOP|FL|FLOOR|LEVEL)\b|#)"
    r"\s*(?:NO\s+)?([0-9A-Z]*[0-9][0-9A-Z]*|[A-Z]\b)"
)
CLEANING: tuple[tuple[str, str], ...] = (
    (r"['’`´.]", ""),
    (r"\b([0-9]+[A-Z]?)\s*/\s*([0-9]+)\b", r"UNIT \1 \2"),
    (r"[^\pL0-9#]+", " "),
    (r"\b0+([0-9])", r"\1"),
    *((rf"\b(?:{words})\b", short) for short, words in STREETS.items()),
)
NOT_AN_ADDRESS = r"^(?:UNKNOWN|UNK|NONE|NULL|NAN|NA|N A|NO FIXED ADDRESS|NFA|HOMELESS)$"


class Address:
    """An address in Latin letters, whole or a part."""

    levels = (
        Level("equal", 0.72, agrees=True, by="address"),
        Level("close", 0.10, agrees=True),
        Level("other_unit", 0.03),
        Level("one_digit", 0.02),
        Level("same_street", 0.02),
        Level("similar", 0.02),
        Level("same_number", 0.01),
        Level("different", 0.08),
    )

    def read(self, values: pa.Array) -> Column:
        """Fold each distinct address; take it apart into unit, numbers and words."""
        raw, distinct_raw = encode(values)
        text = squeeze(rewrite(fold(distinct_raw), CLEANING))
        text = pc.if_else(pc.match_substring_regex(text, NOT_AN_ADDRESS), pa.scalar(None, pa.string()), text)
        inner, distinct = encode(text)
        units = pc.replace_substring_regex(distinct, rf"^.*?{UNIT}.*$|^.*$", r"\1")
        rest = pc.replace_substring_regex(distinct, UNIT, " ")
        numbers = pc.utf8_trim_whitespace(pc.replace_substring_regex(rest, r"\b[^0-9 ][^ ]*|[^0-9A-Z]+", " "))
        numbers = pc.replace_substring_regex(numbers, r"\s+", " ")
        words = pc.replace_substring_regex(rest, r"\b[0-9][0-9A-Z]*\b", " ")
        words = pc.utf8_trim_whitespace(pc.replace_substring_regex(words, r"\s+", " "))
        return self._column(np.append(inner, np.int32(ABSENT))[raw], distinct, units, numbers, words)

    def _column(self, codes: Codes, distinct: pa.Array, units: pa.Array, numbers: pa.Array, words: pa.Array) -> Column:
        letters = characters(pc.replace_substring(words, " ", ""), WIDTH)
        digits = characters(numbers, WIDTH)
        tokens = np.sort(tokens_of(characters(distinct, WIDTH)[0])[3] + 1, axis=1)
        parts: dict[str, NDArray[Any]] = {
            "unit": hash_texts(units),
            "number": hash_texts(numbers),
            "words": hash_texts(words),
            "letters": letters[0],
            "length": letters[1],
            "digits": digits[0],
            "digits_length": digits[1],
            "tokens": tokens,
        }
        features = _features(distinct, words, parts)
        equal = np.full(len(distinct), EQUAL, dtype=np.uint8)
        return Column(codes, distinct, features, equal, parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        p = column.parts
        levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
        text = p["letters"], p["length"], p["digits"], p["digits_length"], p["tokens"]
        _compare(p["unit"], p["number"], p["words"], *text, left, right, levels)
        return levels


def _features(distinct: pa.Array, words: pa.Array, parts: dict[str, NDArray[Any]]) -> dict[str, Ints]:
    """Keys for blocking and counting; ``dwelling`` is the number with the street's sound, ``place`` the words alone."""
    heard = skeletons(characters(rewrite(words, SPELLING), WIDTH)[0])
    sounds = np.sort(tokens_of(heard)[3] + 1, axis=1)
    has_words = np.where(parts["words"] >= 0, 0, ABSENT)
    sound = mix([has_words, *(sounds[:, i] for i in range(MAX_TOKENS))])
    start = np.where(parts["length"] > 2, mix([parts["letters"][:, i] for i in range(4)]), ABSENT)
    known = (parts["number"] >= 0) | (sound >= 0)
    return {
        "address": hash_texts(distinct),
        "dwelling": np.where(known, mix([np.maximum(parts["number"], 0), np.maximum(sound, 0)]), ABSENT),
        "place": sound,
        "start": start,
        "number": parts["number"],
        "number_start": mix([parts["number"], start]),
    }


@numba.njit(cache=True, nogil=True)
def _compare(
    unit: Ints,
    number: Ints,
    words: Ints,
    letters: NDArray[np.uint32],
    length: Ints,
    digits: NDArray[np.uint32],
    digits_length: Ints,
    tokens: Ints,
    left: Codes,
    right: Codes,
    levels: Levels,
) -> None:
    for k in range(len(left)):
        i, j = left[k], right[k]
        alike = 1.0
        if words[i] != words[j]:
            alike = jaro_winkler(letters[i, : length[i]], letters[j, : length[j]])
            if min(length[i], length[j]) > 3 and alike < CLOSE_FROM:
                shared = shared_sorted(tokens[i], tokens[j], MAX_TOKENS, MAX_TOKENS)
                empty = np.sum(tokens[i] == 0), np.sum(tokens[j] == 0)
                shared -= min(empty[0], empty[1])
                least = MAX_TOKENS - max(empty[0], empty[1])
                if least > 1 and shared >= least:
                    alike = CLOSE_FROM
                elif least > 2 and shared >= least - 1:
                    alike = max(alike, SIMILAR_FROM)
        if number[i] == number[j]:
            levels[k] = _same_number(alike, unit[i], unit[j], number[i])
        elif alike >= SIMILAR_FROM:
            a, b = digits[i, : digits_length[i]], digits[j, : digits_length[j]]
            open_end = number[i] < 0 or number[j] < 0
            if alike >= CLOSE_FROM and not open_end and one_edit_apart(a, b):
                levels[k] = ONE_DIGIT
            else:
                levels[k] = SAME_STREET if alike >= CLOSE_FROM else DIFFERENT


@numba.njit(cache=True, nogil=True)
def _same_number(alike: float, unit: int, other: int, number: int) -> int:
    """Level where the numbers are equal (or absent on both sides)."""
    if alike >= CLOSE_FROM:
        return CLOSE if unit == other or unit < 0 or other < 0 else OTHER_UNIT
    if alike >= SIMILAR_FROM:
        return SIMILAR
    return SAME_NUMBER if number >= 0 else DIFFERENT
