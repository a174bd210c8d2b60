"""Chinese personal names: written alike, sounding alike, looking alike, one edit apart, compatible where visible.

A name is a row of characters; the separator of transliterated names is one point (·, U+00B7, 民委发〔2016〕33号),
remarks in brackets are dropped, a star, a question mark or 某 hides a character, and a name typed in Latin letters is
compared by sound.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Flags, Ints, Levels, scramble_one
from transforms.match.compare.characters import POLYNOMIAL, Sounds, is_han, name_tables, sounds
from transforms.match.compare.edits import INDEL, SUBSTITUTION, TRANSPOSITION, edit_between, first_difference
from transforms.match.compare.kind import NULL, Column, Level
from transforms.match.compare.plain import nfkc
from transforms.match.texts import characters, encode

WIDTH = 24
HEARD = ("tonal", "merged_or_silent")
FEATURES = (*HEARD, "surname", "surname_sound", "name", "merged", "last_sound", "sounds", "given_sounds")
TONAL, MERGED, SOUNDS, GIVEN_SOUNDS, FAMILY = range(5)
"""Columns of what two names are compared by: HEARD, then the features that say how they sound."""
STAR = ord("*")
EXACT, VARIANT, SAME_TONES, SAME_SOUNDS, NEAR_SOUNDS, ALIKE, GIVEN, ONE_CHARACTER, MASKED, SURNAME, DIFFERENT = range(
    1, 12
)
SAME_FAMILY = ("exact", "variant", "same_tones", "same_sounds", "near_sounds", "alike", "one_character", "surname")

REMARK = r"[(\[【〔<（][^)\]】〕>）]*[)\]】〕>）]?$"
UNNAMED = r"^.*之(长|次|三)?(子|女|婴)$|^.*(婴儿|新生儿|小孩)$"
"""A newborn called after a parent has no name yet: the same words agree, other names say nothing."""
TITLE = r"^(.{1,2})(先生|女士|小姐|太太|师傅|阿姨|大爷|大妈|大叔|老师|同志|老板)$"
MALE, FEMALE = "先生|大爷|大叔", "女士|小姐|太太|阿姨|大妈"
POINTS = "[\u2022\u30fb\uff65\u2027\uff0e.\u2219\u22c5]"
NOT_A_NAME = r"^(无名氏|未命名|无名|不详|未知|无|空|NULL|NONE|N/A)$"


class PersonNameZh:
    """A personal name in Chinese characters (or in Latin letters, by sound)."""

    levels = (
        Level("exact", 0.90, agrees=True, by="name"),
        Level("variant", 0.01, agrees=True, by="sounds"),
        Level("same_tones", 0.02, agrees=True, by="sounds"),
        Level("same_sounds", 0.01, agrees=True, by="sounds"),
        Level("near_sounds", 0.005, agrees=True),
        Level("alike", 0.01, agrees=True),
        Level("given", 0.002, needs_proof=True),
        Level("one_character", 0.01, needs_proof=True),
        Level("masked", 0.03, agrees=True, is_masked=True, seen_as=SAME_FAMILY),
        Level("surname", 0.003, needs_proof=True),
        Level("different", 0.002, needs_proof=True),
    )

    def read(self, values: pa.Array) -> Column:
        """Fold width, separators and remarks; look sounds and shapes up per distinct character."""
        codes, distinct = encode(_clean(values))
        matrix, lengths = characters(distinct, WIDTH)
        tables = name_tables()
        matrix = tables.hidden[matrix]
        folded = tables.standard[matrix]
        surname_length = np.where(np.isin(_first_two(folded), list(tables.compound)), 2, 1)
        folded[:, 0] = tables.surname[folded[:, 0]]
        is_masked = np.any(matrix == STAR, axis=1)
        is_unnamed = np.asarray(pc.match_substring_regex(distinct, UNNAMED), dtype=bool)
        keys = _listen(folded, lengths, surname_length, is_masked, *_fields(sounds(folded)))
        features: dict[str, Ints] = {name: keys[:, i] for i, name in enumerate(FEATURES)}
        features["surname"][is_unnamed | ~is_han(folded[:, 0])] = ABSENT
        features["surname_sound"][~is_han(folded[:, 0])] = ABSENT
        columns = [features.pop(name) for name in HEARD] + [features[n] for n in ("sounds", "given_sounds", "surname")]
        heard = np.stack(columns, axis=1)
        shape = np.stack([lengths, surname_length, is_masked + 2 * is_unnamed.astype(np.int64)], axis=1)
        parts: dict[str, NDArray[Any]] = {"folded": folded, "heard": heard, "shape": shape}
        return Column(codes, distinct, features, np.where(is_masked, MASKED, EXACT).astype(np.uint8), parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        parts, tables = column.parts, name_tables()
        points, groups = tables.alike_points, tables.alike_groups
        return _compare(parts["folded"], parts["heard"], parts["shape"], points, groups, left, right)


@numba.njit(cache=True, nogil=True)
def _compare(
    folded: NDArray[np.uint32],
    heard: Ints,
    shape: Ints,
    alike_points: NDArray[np.uint32],
    alike_groups: Ints,
    left: Codes,
    right: Codes,
) -> Levels:
    levels = np.empty(len(left), dtype=np.uint8)
    for k in range(len(left)):
        i, j = left[k], right[k]
        a, b = folded[i], folded[j]
        state = shape[i, 2] | shape[j, 2]
        if state & 1:
            levels[k] = MASKED if _compatible(a, b, min(shape[i, 1], shape[j, 1])) else DIFFERENT
        elif first_difference(a, b) == WIDTH:
            levels[k] = VARIANT
        elif heard[i, TONAL] == heard[j, TONAL]:
            levels[k] = SAME_TONES
        elif heard[i, SOUNDS] == heard[j, SOUNDS] and heard[i, SOUNDS] >= 0:
            levels[k] = SAME_SOUNDS
        elif heard[i, MERGED] == heard[j, MERGED]:
            levels[k] = NEAR_SOUNDS
        elif state & 2:
            levels[k] = NULL
        else:
            levels[k] = _edited(a, b, heard[i], heard[j], shape[i], shape[j], alike_points, alike_groups)
    return levels


@numba.njit(cache=True, nogil=True)
def _edited(
    a: NDArray[np.uint32],
    b: NDArray[np.uint32],
    heard_a: Ints,
    heard_b: Ints,
    shape_a: Ints,
    shape_b: Ints,
    alike_points: NDArray[np.uint32],
    alike_groups: Ints,
) -> int:
    """The level of two names that don't sound alike: parts that agree, or one edit."""
    same_surname = heard_a[FAMILY] == heard_b[FAMILY] and heard_a[FAMILY] >= 0
    if heard_a[GIVEN_SOUNDS] == heard_b[GIVEN_SOUNDS] and heard_a[GIVEN_SOUNDS] >= 0 and not same_surname:
        return GIVEN
    edit = edit_between(a, b)
    if edit == TRANSPOSITION:
        return ALIKE
    if edit == SUBSTITUTION:
        at = first_difference(a, b)
        if _looks_alike(a[at], b[at], alike_points, alike_groups):
            return ALIKE
        if shape_a[0] > 2 and at >= max(shape_a[1], shape_b[1]):
            return ONE_CHARACTER
    if edit == INDEL and same_surname:
        return ONE_CHARACTER
    return SURNAME if same_surname else DIFFERENT


@numba.njit(cache=True, nogil=True)
def _looks_alike(a: int, b: int, points: NDArray[np.uint32], groups: Ints) -> bool:
    """Whether two characters are known to be mistaken for one another."""
    i, j = np.searchsorted(points, a), np.searchsorted(points, b)
    if i == len(points) or j == len(points) or points[i] != a or points[j] != b:
        return False
    for g in groups[i]:
        for h in groups[j]:
            if g == h and g >= 0:
                return True
    return False


@numba.njit(cache=True, nogil=True)
def _compatible(a: NDArray[np.uint32], b: NDArray[np.uint32], surname_length: int) -> bool:
    """Equal wherever both are visible, one position at least; ``张*`` also stands for names of three characters."""
    visible, same_length, same_surname = False, True, True
    for k in range(len(a)):
        if a[k] == STAR or b[k] == STAR:
            continue
        if a[k] != b[k]:
            same_length = False
            same_surname = same_surname and k >= surname_length
        elif a[k] != 0:
            visible = True
    is_open = _is_open(a, surname_length) or _is_open(b, surname_length)
    return visible and (same_length or (same_surname and is_open))


@numba.njit(cache=True, nogil=True)
def _is_open(row: NDArray[np.uint32], surname_length: int) -> bool:
    """A surname and one star or more, nothing else: the number of stars says nothing."""
    starred = False
    for k in range(len(row)):
        if k < surname_length and row[k] == STAR:
            return False
        if k >= surname_length and row[k] != STAR and row[k] != 0:
            return False
        starred = starred or row[k] == STAR
    return starred


def _clean(values: pa.Array) -> pa.Array:
    text = pc.utf8_upper(nfkc(values))
    text = pc.replace_substring_regex(text, r"[\s\p{Cf}\d'\"]", "")
    text = pc.replace_substring_regex(text, REMARK, "")
    text = pc.replace_substring_regex(text, POINTS, "·")
    text = pc.replace_substring_regex(text, TITLE, r"\1*")
    return pc.if_else(pc.match_substring_regex(text, NOT_A_NAME), pa.scalar(None, pa.string()), text)


def sex_in_title(names: pa.Array) -> pa.Array:
    """Sex code that a title of address states ('1' for 先生, '2' for 女士 and the like), null elsewhere."""
    male, female = (pc.match_substring_regex(names, f"(?:{words})$") for words in (MALE, FEMALE))
    return pc.case_when(pc.make_struct(male.fill_null(False), female.fill_null(False)), "1", "2")


def _first_two(matrix: NDArray[np.uint32]) -> NDArray[np.str_]:
    return np.ascontiguousarray(matrix[:, :2]).view("U2").ravel()


def _fields(heard: Sounds) -> tuple[NDArray[Any], ...]:
    return heard.place, heard.tonal, heard.toneless, heard.merged, heard.letters, heard.length


@numba.njit(cache=True, nogil=True)
def _listen(
    folded: NDArray[np.uint32],
    lengths: Ints,
    surname: Ints,
    is_masked: Flags,
    place: NDArray[np.int32],
    tonal: Ints,
    toneless: Ints,
    merged: Ints,
    letters: NDArray[np.uint64],
    spelt: Ints,
) -> Ints:
    """Keys of each name in the order of FEATURES. A hidden character takes away what it is part of."""
    keys = np.full((len(folded), 9), ABSENT, dtype=np.int64)
    for i in range(len(folded)):
        z = np.zeros(5, dtype=np.uint64)  # written, with tones, dialects merged as heard, the same as spelt, surname
        joined, given, last, surname_seen = np.uint64(0), np.uint64(0), -1, lengths[i] > 0
        for j in range(lengths[i]):
            point, at = folded[i, j], place[folded[i, j]]
            silent = -1 - np.int64(point)  # a character without a sound is its own
            z[0] = scramble_one(z[0] ^ scramble_one(point))
            z[1] = scramble_one(z[1] ^ scramble_one(tonal[at] if tonal[at] >= 0 else silent))
            z[2] = scramble_one(z[2] ^ scramble_one(merged[at] if merged[at] >= 0 else silent))
            z[3] = scramble_one(z[3] ^ scramble_one(merged[at]))
            for _ in range(spelt[at]):
                joined *= POLYNOMIAL
            joined += letters[at]
            if j < surname[i]:
                z[4] = scramble_one(z[4] ^ scramble_one(point))
                surname_seen = surname_seen and point != STAR
            else:
                for _ in range(spelt[at]):
                    given *= POLYNOMIAL
                given += letters[at]
            last = merged[at]
        keys[i, 0], keys[i, 1] = np.int64(z[1] >> np.uint64(1)), np.int64(z[2] >> np.uint64(1))
        if surname_seen:
            keys[i, 2], keys[i, 3] = np.int64(z[4] >> np.uint64(1)), toneless[place[folded[i, 0]]]
        if not is_masked[i] and lengths[i] > 1:
            keys[i, 4], keys[i, 5], keys[i, 6] = np.int64(z[0] >> np.uint64(1)), np.int64(z[3] >> np.uint64(1)), last
            if joined > 0:
                keys[i, 7] = np.int64(joined >> np.uint64(1))
            if lengths[i] > surname[i]:
                keys[i, 8] = np.int64(given >> np.uint64(1))
    return keys
