"""Latin personal names, given, family or full: spelled alike, called alike, sounding alike, exchanged, shortened.

A name is folded to upper-case letters without marks; titles and generation suffixes drop, 'Family, Given' turns round.
Names of one word (a given or a family name) are compared whole; names of several words by first and last word, so that
two members of a family are not taken for alike because they share half of the letters.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.codes import load_yaml
from transforms.match.arrays import ABSENT, Codes, Ints, Levels, mix
from transforms.match.compare.kind import Column, Level
from transforms.match.compare.latin import (
    MAX_TOKENS,
    SPELLING,
    fold,
    jaro_winkler,
    one_edit_apart,
    rewrite,
    skeletons,
    squeeze,
    tokens_of,
)
from transforms.match.texts import characters, encode, hash_texts

WIDTH = 48
NICKNAMES = 6
"""Names that one short form may stand for, at most."""
CLOSE_FROM, SIMILAR_FROM, SOUND_FROM = 0.92, 0.82, 0.78
EXACT, NICKNAME, SAME_SOUNDS, CLOSE, SWAPPED, PART, INITIAL, SIMILAR, GIVEN, FAMILY, DIFFERENT = range(1, 12)

CLEANING: tuple[tuple[str, str], ...] = (
    (r"[(\[{].*?[)\]}]", " "),
    (r"^\s*([^,]+),\s*([^,]+)$", r"\2 \1"),
    (r"['’`´.]", ""),
    (r"[^\pL]+", " "),
    (r"^(?:\s*(?:MR|MRS|MS|MISS|DR|PROF|SIR|MME|HERR|FRAU)\s)+(\s*\pL)", r" \1"),
    (r"(\pL)\s+(?:JR|SR|II|III|IV|ESQ|PHD|MD)\s*$", r"\1"),
)
NOT_A_NAME = r"^(?:UNKNOWN|UNK|NONE|NULL|NAN|NA|N A|NO NAME|NOT KNOWN|NOT STATED|NOT AVAILABLE|XX+|TEST)$"


class PersonName:
    """A Latin personal name. ``nicknames``: whether short forms count as the name."""

    levels = (
        Level("exact", 0.84, agrees=True, by="name"),
        Level("nickname", 0.02, agrees=True),
        Level("same_sounds", 0.03, agrees=True, by="sounds"),
        Level("close", 0.05, agrees=True),
        Level("swapped", 0.005, agrees=True),
        Level("part", 0.01, agrees=True),
        Level("initial", 0.01, agrees=True),
        Level("similar", 0.01),
        Level("given", 0.004),
        Level("family", 0.004),
        Level("different", 0.017),
    )

    def __init__(self, nicknames: bool = True) -> None:
        self.nicknames = nicknames

    def read(self, values: pa.Array) -> Column:
        """Fold and split each distinct name; look its sounds and its short forms up."""
        raw, distinct_raw = encode(values)
        text = squeeze(rewrite(fold(distinct_raw), CLEANING))
        text = pc.if_else(pc.match_substring_regex(text, NOT_A_NAME), pa.scalar(None, pa.string()), text)
        inner, distinct = encode(text)
        letters, _ = characters(distinct, WIDTH)
        counts, starts, ends, words = tokens_of(letters)
        heard = skeletons(characters(rewrite(distinct, SPELLING), WIDTH)[0])
        joined, lengths = characters(pc.replace_substring(distinct, " ", ""), WIDTH)
        features = _features(letters, counts, heard, hash_texts(distinct))
        parts: dict[str, NDArray[Any]] = {
            "letters": letters,
            "joined": joined,
            "length": lengths,
            "counts": counts,
            "starts": starts,
            "ends": ends,
            "words": words,
            "bag": mix(list(np.sort(words + 1, axis=1).T)) if len(words) else counts,
            "sounds": features["sounds"],
            "short": _short_forms(distinct) if self.nicknames else np.zeros((len(distinct), NICKNAMES), int),
        }
        equal = np.full(len(distinct), EXACT, dtype=np.uint8)
        return Column(np.append(inner, np.int32(ABSENT))[raw], distinct, features, equal, parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        p = column.parts
        levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
        whole = p["joined"], p["length"], p["bag"], p["sounds"], p["short"]
        _compare(p["letters"], p["counts"], p["starts"], p["ends"], p["words"], *whole, left, right, levels)
        return levels


def _features(letters: NDArray[np.uint32], counts: Ints, heard: NDArray[np.uint32], names: Ints) -> dict[str, Ints]:
    """Keys for blocking and counting; ``start``, ``end``: three letters; ``bag`` leaves the order of words out."""
    sounds = tokens_of(heard)[3]
    rows = np.arange(len(letters))
    last = np.maximum(counts - 1, 0)
    whole = np.where(counts > 0, 0, ABSENT)
    size = np.count_nonzero(letters, axis=1)
    tail = np.take_along_axis(letters, np.maximum(size[:, None] - 3 + np.arange(3)[None, :], 0), axis=1)
    real = size > 1
    return {
        "name": names,
        "sounds": mix([whole, *(sounds[:, i] + 1 for i in range(MAX_TOKENS))]),
        "bag": mix([whole, *(np.sort(sounds + 1, axis=1)[:, i] for i in range(MAX_TOKENS))]),
        "first_sounds": sounds[:, 0],
        "last_sounds": sounds[rows, np.minimum(last, MAX_TOKENS - 1)],
        "start": np.where(real, mix([whole, *(letters[:, i] for i in range(3))]), ABSENT),
        "end": np.where(real, mix([whole, *(tail[:, i] for i in range(3))]), ABSENT),
        "initial": np.where(counts > 0, letters[:, 0].astype(np.int64), ABSENT),
    }


@cache
def _formal_names() -> dict[str, list[int]]:
    """Short form (and the name itself) -> numbers of the names that it may stand for."""
    table: dict[str, list[int]] = {}
    groups = load_yaml(Path(__file__).with_name("nicknames.yml"))
    for number, (name, forms) in enumerate(groups.items(), start=1):
        for form in dict.fromkeys([name, *forms.split()]):
            table.setdefault(form, []).append(number)
    return table


def _short_forms(distinct: pa.Array) -> Ints:
    """For each name the numbers of what its first word may stand for, 0 behind the end."""
    first = pc.replace_substring_regex(distinct, " .*", "").dictionary_encode()
    known = np.zeros((len(first.dictionary) + 1, NICKNAMES), dtype=np.int64)
    for row, word in enumerate(first.dictionary.to_pylist()):
        numbers = _formal_names().get(word, [])[:NICKNAMES]
        known[row, : len(numbers)] = numbers
    forms: Ints = known[first.indices.to_numpy(zero_copy_only=False)]
    return forms


@numba.njit(cache=True, nogil=True)
def _compare(
    letters: NDArray[np.uint32],
    counts: Ints,
    starts: Ints,
    ends: Ints,
    words: Ints,
    joined: NDArray[np.uint32],
    length: Ints,
    bag: Ints,
    sounds: Ints,
    short: Ints,
    left: Codes,
    right: Codes,
    levels: Levels,
) -> None:
    for k in range(len(left)):
        i, j = left[k], right[k]
        a, b = joined[i, : length[i]], joined[j, : length[j]]
        if length[i] == length[j] and np.all(a == b):
            levels[k] = CLOSE
        elif bag[i] == bag[j]:
            levels[k] = SWAPPED
        elif counts[i] > 1 and counts[j] > 1:
            levels[k] = _full(letters, counts, starts, ends, words, sounds, short, i, j)
        else:
            levels[k] = _single(letters, counts, words, sounds, short, i, j, a, b)


@numba.njit(cache=True, nogil=True)
def _single(
    letters: NDArray[np.uint32],
    counts: Ints,
    words: Ints,
    sounds: Ints,
    short: Ints,
    i: int,
    j: int,
    a: NDArray[np.uint32],
    b: NDArray[np.uint32],
) -> int:
    """At least one of the names has one word."""
    if counts[i] == 1 and counts[j] == 1 and _stands_for(short[i], short[j]):
        return NICKNAME
    alike = jaro_winkler(a, b)
    if sounds[i] == sounds[j] and alike >= SOUND_FROM:
        return SAME_SOUNDS
    if alike >= CLOSE_FROM or (min(len(a), len(b)) > 3 and one_edit_apart(a, b)):
        return CLOSE
    if min(len(a), len(b)) == 1:
        return INITIAL if letters[i, 0] == letters[j, 0] else DIFFERENT
    for x in range(min(counts[i], MAX_TOKENS)):
        for y in range(min(counts[j], MAX_TOKENS)):
            if words[i, x] == words[j, y]:
                return PART
    return SIMILAR if alike >= SIMILAR_FROM else DIFFERENT


@numba.njit(cache=True, nogil=True)
def _full(
    letters: NDArray[np.uint32],
    counts: Ints,
    starts: Ints,
    ends: Ints,
    words: Ints,
    sounds: Ints,
    short: Ints,
    i: int,
    j: int,
) -> int:
    """Both have several words: first with first and last with last; what stands between is a middle name."""
    x, y = min(counts[i], MAX_TOKENS) - 1, min(counts[j], MAX_TOKENS) - 1
    same_first, same_last = words[i, 0] == words[j, 0], words[i, x] == words[j, y]
    if same_first and same_last:
        return PART
    first_i, first_j = letters[i, starts[i, 0] : ends[i, 0]], letters[j, starts[j, 0] : ends[j, 0]]
    last_i, last_j = letters[i, starts[i, x] : ends[i, x]], letters[j, starts[j, y] : ends[j, y]]
    first, last = jaro_winkler(first_i, first_j), jaro_winkler(last_i, last_j)
    if same_last and _stands_for(short[i], short[j]):
        return NICKNAME
    if sounds[i] == sounds[j] and min(first, last) >= SOUND_FROM:
        return SAME_SOUNDS
    close_first, close_last = _is_close(first_i, first_j, first), _is_close(last_i, last_j, last)
    if close_first and close_last:
        return CLOSE
    if close_last and min(len(first_i), len(first_j)) == 1 and first_i[0] == first_j[0]:
        return INITIAL
    crossed = words[i, 0] == words[j, y] or words[i, x] == words[j, 0]
    if crossed and max(jaro_winkler(first_i, last_j), jaro_winkler(last_i, first_j)) >= SIMILAR_FROM:
        other = jaro_winkler(last_i, first_j) if words[i, 0] == words[j, y] else jaro_winkler(first_i, last_j)
        if other >= SIMILAR_FROM:
            return SWAPPED
    if (close_first and last >= SIMILAR_FROM) or (close_last and first >= SIMILAR_FROM):
        return SIMILAR
    if close_first:
        return GIVEN
    return FAMILY if close_last else DIFFERENT


@numba.njit(cache=True, nogil=True)
def _is_close(a: NDArray[np.uint32], b: NDArray[np.uint32], alike: float) -> bool:
    return alike >= CLOSE_FROM or (min(len(a), len(b)) > 3 and one_edit_apart(a, b))


@numba.njit(cache=True, nogil=True)
def _stands_for(a: Ints, b: Ints) -> bool:
    """Whether two first words can be short for one name."""
    for x in range(len(a)):
        for y in range(len(b)):
            if a[x] > 0 and a[x] == b[y]:
                return True
    return False
