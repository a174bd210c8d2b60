"""Chinese personal names: written alike, sounding alike, looking alike, one edit apart, compatible where visible.

A name is a row of characters; the separator of transliterated names is one point (·, U+00B7, 民委发〔2016〕33号),
remarks in brackets are dropped, a star, a question mark or 某 hides a character, and a name typed in Latin letters is
compared by sound.
"""

from __future__ import annotations

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Flags, Ints, Levels, characters, encode, row_keys
from transforms.match.compare.characters import POLYNOMIAL, Sounds, is_han, name_tables, replace, sounds
from transforms.match.compare.edits import INDEL, SUBSTITUTION, TRANSPOSITION, edit_between, first_difference
from transforms.match.compare.kind import NULL, Column, Level

WIDTH = 24
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
        matrix = replace(matrix, {ord("?"): STAR, ord("某"): STAR, ord("□"): STAR, ord("�"): STAR, ord("_"): STAR})
        folded = replace(matrix, name_tables().standard)
        surname_length = np.where(np.isin(_first_two(folded), list(name_tables().compound)), 2, 1)
        folded[:, 0] = replace(folded[:, 0], name_tables().surname)
        heard = sounds(folded)
        is_masked = np.any(matrix == STAR, axis=1)
        is_unnamed = np.asarray(pc.match_substring_regex(distinct, UNNAMED), dtype=bool)
        features = _features(folded, lengths, surname_length, heard, is_masked)
        features["surname"] = np.where(is_unnamed, ABSENT, features["surname"])
        silent = -1 - folded.astype(np.int64)  # a character without a sound is its own
        parts = {
            "folded": folded,
            "state": is_masked + 2 * is_unnamed.astype(np.uint8),
            "length": lengths,
            "surname_length": surname_length,
            "tonal": row_keys(np.where(heard.tonal < 0, silent, heard.tonal)),
            "merged": row_keys(np.where(heard.merged < 0, silent, heard.merged)),
        }
        return Column(codes, distinct, features, np.where(is_masked, MASKED, EXACT).astype(np.uint8), parts)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The best level that holds."""
        p, f, tables = column.parts, column.features, name_tables()
        heard = np.stack([p["tonal"], f["sounds"], p["merged"], f["given_sounds"], f["surname"]], axis=1)
        shape = np.stack([p["length"], p["surname_length"], p["state"]], axis=1).astype(np.int64)
        return _compare(p["folded"], heard, shape, tables.alike_points, tables.alike_groups, left, right)


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
        elif heard[i, 0] == heard[j, 0]:
            levels[k] = SAME_TONES
        elif heard[i, 1] == heard[j, 1] and heard[i, 1] >= 0:
            levels[k] = SAME_SOUNDS
        elif heard[i, 2] == heard[j, 2]:
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
    same_surname = heard_a[4] == heard_b[4] and heard_a[4] >= 0
    if heard_a[3] == heard_b[3] and heard_a[3] >= 0 and not same_surname:
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
    text = pc.utf8_upper(pc.utf8_normalize(values, form="NFKC"))
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


def _features(
    folded: NDArray[np.uint32], lengths: Ints, surname: Ints, heard: Sounds, is_masked: Flags
) -> dict[str, Ints]:
    """Keys for blocking and counting. A hidden character takes away what it is part of."""
    positions = np.arange(WIDTH)[None, :]
    in_surname = positions < surname[:, None]
    hidden = folded == STAR
    surname_seen = ~np.any(hidden & in_surname, axis=1) & (lengths > 0) & is_han(folded[:, 0])
    whole = ~is_masked & (lengths > 1)
    joined = _joined(folded, heard)
    given = _joined(np.where(in_surname, 0, folded).astype(np.uint32), heard, ~in_surname)
    return {
        "name": np.where(whole, row_keys(folded), ABSENT),
        "sounds": np.where(whole & (joined > 0), (joined >> np.uint64(1)).astype(np.int64), ABSENT),
        "merged": np.where(whole, row_keys(heard.merged), ABSENT),
        "surname": np.where(surname_seen, row_keys(np.where(in_surname, folded, 0)), ABSENT),
        "surname_sound": np.where(surname_seen, heard.toneless[:, 0], ABSENT),
        "given_sounds": np.where(whole & (lengths > surname), (given >> np.uint64(1)).astype(np.int64), ABSENT),
        "last_sound": np.where(whole, heard.merged[np.arange(len(folded)), np.maximum(lengths - 1, 0)], ABSENT),
    }


def _joined(points: NDArray[np.uint32], heard: Sounds, use: Flags | None = None) -> NDArray[np.uint64]:
    """Rolling hash of all letters of a row: syllables of Chinese characters, Latin letters as they are."""
    value = np.zeros(len(points), dtype=np.uint64)
    powers = POLYNOMIAL ** np.arange(8, dtype=np.uint64)
    latin = (points >= ord("A")) & (points <= ord("Z"))
    for i in range(points.shape[1]):
        syllable = (heard.length[:, i] > 0) & (True if use is None else use[:, i])
        letters = np.where(syllable, heard.letters[:, i], np.where(latin[:, i], points[:, i] + 32, 0).astype(np.uint64))
        length = np.where(syllable, heard.length[:, i], latin[:, i].astype(np.int64))
        value = value * powers[length] + letters
    return value
