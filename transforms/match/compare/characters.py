"""Tables of single characters: standard form, sound and shape. Names are compared through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

from schemas.codes import load_yaml
from transforms.match.arrays import Ints

HAN = (0x3007, 0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0x20000, 0x323AF)
LAST_POINT = 0x10FFFF
STAR, HIDDEN = "*", "?某□\ufffd_"
"""What a hidden character is written as, and what else is typed for one."""
POLYNOMIAL = np.uint64(1_000_003)
"""Base of the rolling hash that makes 'zhangwei' equal to 'zhang' + 'wei'."""


@dataclass(frozen=True, slots=True)
class NameTables:
    """Read once. ``standard``, ``surname``, ``hidden``: for each code point the one that stands for it.
    ``alike_points`` ascend; ``alike_groups``: for each of them the groups of characters that it is mistaken within (a
    row of numbers, -1 behind the end)."""

    standard: NDArray[np.uint32]
    surname: NDArray[np.uint32]
    hidden: NDArray[np.uint32]
    compound: frozenset[str]
    alike_points: NDArray[np.uint32]
    alike_groups: Ints


@cache
def name_tables() -> NameTables:
    """The character tables of ``characters.yml``."""
    raw = load_yaml(Path(__file__).with_name("characters.yml"))
    shape: dict[int, set[int]] = {}
    for number, group in enumerate(raw["look_alike"].split()):
        for character in group:
            shape.setdefault(ord(character), set()).add(number)
    return NameTables(
        standard=_mapping({pair[0]: pair[1] for pair in raw["traditional"].split()}),
        surname=_mapping({pair[0]: pair[1] for pair in raw["surnames"].split()}),
        hidden=_mapping(dict.fromkeys(HIDDEN, STAR)),
        compound=frozenset(raw["compound_surnames"].split()),
        alike_points=np.array(sorted(shape), dtype=np.uint32),
        alike_groups=_padded([sorted(shape[point]) for point in sorted(shape)]),
    )


def _mapping(pairs: dict[str, str]) -> NDArray[np.uint32]:
    """A whole table: what is not in ``pairs`` stays as it is."""
    mapped = np.arange(LAST_POINT + 1, dtype=np.uint32)
    mapped[[ord(one) for one in pairs]] = [ord(other) for other in pairs.values()]
    return mapped


def _padded(rows: list[list[int]]) -> Ints:
    width = max(map(len, rows))
    return np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int64)


def is_han(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether code points are Chinese characters."""
    low = points == HAN[0]
    for first, last in zip(HAN[1::2], HAN[2::2], strict=True):
        low = low | ((points >= first) & (points <= last))
    result: NDArray[np.bool_] = low
    return result


@dataclass(frozen=True, slots=True)
class Sounds:
    """Sounds of the characters in use. ``place``: for each code point its row in the others.

    Keys (-1 where there is no sound) with tone, without, and with dialects merged; ``letters``, ``length``: rolling
    hash and number of the letters (of a syllable, or of a Latin letter itself; length 0 for neither).
    """

    place: NDArray[np.int32]
    tonal: Ints
    toneless: Ints
    merged: Ints
    letters: NDArray[np.uint64]
    length: Ints


def sounds(points: NDArray[np.uint32]) -> Sounds:
    """Look the sound of each character up, once per distinct character."""
    used = np.zeros(LAST_POINT + 1, dtype=bool)
    used[points] = True
    distinct = np.flatnonzero(used).astype(np.uint32)
    place = np.zeros(LAST_POINT + 1, dtype=np.int32)
    place[distinct] = np.arange(len(distinct))
    tonal = [_syllable(p) if h else "" for p, h in zip(distinct.tolist(), is_han(distinct).tolist(), strict=True)]
    toneless = [s.rstrip("12345") for s in tonal]
    latin = [chr(p).lower() if ord("A") <= p <= ord("Z") else "" for p in distinct.tolist()]
    spelt = [s or letter for s, letter in zip(toneless, latin, strict=True)]
    return Sounds(
        place,
        _keys(tonal),
        _keys(toneless),
        _keys([merge_dialect(s) for s in toneless]),
        np.array([rolling(s) for s in spelt], dtype=np.uint64),
        np.array([len(s) for s in spelt], dtype=np.int64),
    )


@cache
def _syllable(point: int) -> str:
    found: list[str] = lazy_pinyin(chr(point), style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
    return found[0].replace("ü", "v") if found else ""


def merge_dialect(syllable: str) -> str:
    """Merge what southern typists mix up: zh/z, ch/c, sh/s, n/l, h/f before u, and the two nasal endings."""
    for pair in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("hu", "fu")):
        if syllable.startswith(pair[0]):
            syllable = pair[1] + syllable[len(pair[0]) :]
    syllable = "l" + syllable[1:] if syllable.startswith("n") else syllable
    return syllable[:-1] if syllable.endswith(("ang", "eng", "ing")) else syllable


def rolling(text: str) -> int:
    """Polynomial hash of letters modulo 2**64: ``rolling(a + b) == rolling(a) * POLYNOMIAL**len(b) + rolling(b)``."""
    value = 0
    for letter in text:
        value = (value * int(POLYNOMIAL) + ord(letter)) % 2**64
    return value


def _keys(words: list[str]) -> Ints:
    return np.array([rolling(word) >> 1 if word else -1 for word in words], dtype=np.int64)
