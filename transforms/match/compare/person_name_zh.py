"""Chinese personal names: written alike, sounding alike, looking alike, one edit apart, compatible where visible.

A name is a row of characters; the separator of transliterated names is one point (·, U+00B7, 民委发〔2016〕33号),
remarks in brackets are dropped, a star, a question mark or 某 hides a character, and a name typed in Latin letters is
compared by sound.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Flags, Ints, Levels, characters, encode, mix, scramble
from transforms.match.compare.characters import POLYNOMIAL, Sounds, is_han, name_tables, replace, sounds
from transforms.match.compare.edits import one_indel, one_substitution, one_transposition
from transforms.match.compare.kind import NULL, Column, Level

WIDTH = 24
SHORT = 5
"""Names of fewer characters are compared by this many columns."""
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

    def read(self, values: pa.ChunkedArray) -> Column:
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
        silent = -1 - folded.astype(np.int64)
        parts = {
            "folded": folded,
            "is_masked": is_masked,
            "is_unnamed": is_unnamed,
            "length": lengths,
            "surname_length": surname_length,
            "tonal": np.where(heard.tonal < 0, silent, heard.tonal),
            "merged": np.where(heard.merged < 0, silent, heard.merged),
        }
        features = _features(folded, lengths, surname_length, heard, is_masked)
        features["surname"] = np.where(is_unnamed, ABSENT, features["surname"])
        parts["sounds"] = features["sounds"]
        return Column(codes, distinct, features, np.where(is_masked, MASKED, EXACT).astype(np.uint8), parts)

    def compare(self, column: Column, left: Ints, right: Ints) -> Levels:
        """Compare short names (nearly all) by a few columns, the others by all."""
        is_short = np.maximum(column.parts["length"][left], column.parts["length"][right]) < SHORT
        levels = np.empty(len(left), dtype=np.uint8)
        for rows, width in ((np.flatnonzero(is_short), SHORT), (np.flatnonzero(~is_short), WIDTH)):
            levels[rows] = _compare(column, left[rows], right[rows], width)
        return levels


def _compare(column: Column, left: Ints, right: Ints, width: int) -> Levels:
    """The best level that holds, assigned from the worst upwards."""
    parts = {name: part[:, :width] if part.ndim > 1 else part for name, part in column.parts.items()}
    a, b = parts["folded"][left], parts["folded"][right]
    is_masked = parts["is_masked"][left] | parts["is_masked"][right]
    same_surname = _same(column.features["surname"], left, right)
    levels = np.full(len(left), DIFFERENT, dtype=np.uint8)
    levels[same_surname] = SURNAME
    near = np.flatnonzero(np.count_nonzero(a != b, axis=1) <= 2)
    levels[near] = _edited(
        a[near],
        b[near],
        levels[near],
        np.maximum(parts["surname_length"][left[near]], parts["surname_length"][right[near]]),
    )
    shifted = np.flatnonzero(same_surname & (np.abs((a != 0).sum(axis=1) - (b != 0).sum(axis=1)) == 1))
    levels[shifted[one_indel(a[shifted], b[shifted])]] = ONE_CHARACTER
    levels[_same(column.features["given_sounds"], left, right) & ~same_surname] = GIVEN
    levels[_same_row(parts["merged"], left, right)] = NEAR_SOUNDS
    levels[_same(parts["sounds"], left, right)] = SAME_SOUNDS
    levels[_same_row(parts["tonal"], left, right)] = SAME_TONES
    levels[np.all(a == b, axis=1)] = VARIANT
    levels[(parts["is_unnamed"][left] | parts["is_unnamed"][right]) & (levels > NEAR_SOUNDS)] = NULL
    levels[is_masked] = np.where(
        _compatible(a[is_masked], b[is_masked], parts["surname_length"][left[is_masked]]), MASKED, DIFFERENT
    )
    return levels


def _clean(values: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_upper(pc.utf8_normalize(values, form="NFKC"))
    text = pc.replace_substring_regex(text, r"[\s\p{Cf}\d'\"]", "")
    text = pc.replace_substring_regex(text, REMARK, "")
    text = pc.replace_substring_regex(text, POINTS, "·")
    text = pc.replace_substring_regex(text, TITLE, r"\1*")
    return pc.if_else(pc.match_substring_regex(text, NOT_A_NAME), pa.scalar(None, pa.string()), text)


def sex_in_title(names: pa.ChunkedArray) -> pa.Array:
    """Sex code that a title of address states ('1' for 先生, '2' for 女士 and the like), null elsewhere."""
    names = names.combine_chunks()
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
        "name": np.where(whole, mix([folded[:, i] for i in range(WIDTH)]), ABSENT),
        "sounds": np.where(whole & (joined > 0), (joined >> np.uint64(1)).astype(np.int64), ABSENT),
        "merged": np.where(whole, _row_key(heard.merged), ABSENT),
        "surname": np.where(surname_seen, _row_key(np.where(in_surname, folded, 0).astype(np.int64)), ABSENT),
        "surname_sound": np.where(surname_seen, heard.toneless[:, 0], ABSENT),
        "given_sounds": np.where(whole & (lengths > surname), (given >> np.uint64(1)).astype(np.int64), ABSENT),
        "last_sound": np.where(whole, heard.merged[np.arange(len(folded)), np.maximum(lengths - 1, 0)], ABSENT),
    }


def _row_key(matrix: Ints) -> Ints:
    key = np.zeros(len(matrix), dtype=np.uint64)
    for i in range(matrix.shape[1]):
        key = scramble(key ^ scramble(matrix[:, i]))
    return (key >> np.uint64(1)).astype(np.int64)


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


def _same(codes: Ints, left: Ints, right: Ints) -> Flags:
    result: Flags = (codes[left] == codes[right]) & (codes[left] >= 0)
    return result


def _same_row(codes: Ints, left: Ints, right: Ints) -> Flags:
    """Every character sounds the same (a character without a sound is its own)."""
    result: Flags = np.all(codes[left] == codes[right], axis=1)
    return result


def _edited(a: NDArray[np.uint32], b: NDArray[np.uint32], levels: Levels, surname_length: Ints) -> Levels:
    """Levels of names that differ in at most two positions, better where one edit explains the difference."""
    at = np.argmax(a != b, axis=1)
    substituted = one_substitution(a, b)
    is_long = np.count_nonzero(a, axis=1) > 2
    levels = np.where(substituted & is_long & (at >= surname_length), ONE_CHARACTER, levels).astype(np.uint8)
    alike = np.flatnonzero(substituted)
    alike = alike[_looks_alike(a[alike, at[alike]], b[alike, at[alike]])]
    levels[alike] = ALIKE
    levels[one_transposition(a, b)] = ALIKE
    return levels


def _looks_alike(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> Flags:
    """Whether two characters are known to be mistaken for one another."""
    shape, nothing = name_tables().shape, frozenset[int]()
    pairs, inverse = np.unique(a.astype(np.int64) << 32 | b, return_inverse=True)
    alike = [bool(shape.get(p >> 32, nothing) & shape.get(p & 0xFFFFFFFF, nothing)) for p in pairs.tolist()]
    result: Flags = np.array(alike, dtype=bool)[inverse] if len(a) else np.zeros(0, bool)
    return result


def _compatible(a: NDArray[np.uint32], b: NDArray[np.uint32], surname_length: Ints) -> Flags:
    """Equal wherever both are visible, one position at least; ``张*`` also stands for names of three characters."""
    hidden = (a == STAR) | (b == STAR)
    visible = np.any((a == b) & ~hidden & (a != 0), axis=1)
    same_length = np.all((a == b) | hidden, axis=1)
    given = np.arange(a.shape[1])[None, :] >= surname_length[:, None]
    open_end = np.all((a == b) | given, axis=1) & (_is_open(a, given) | _is_open(b, given))
    result: Flags = visible & (same_length | open_end)
    return result


def _is_open(matrix: NDArray[np.uint32], given: Flags) -> Flags:
    """A surname and one star or more, nothing else: the number of stars says nothing."""
    star = matrix == STAR
    result: Flags = np.all(np.where(given, star | (matrix == 0), ~star), axis=1) & np.any(star, axis=1)
    return result
