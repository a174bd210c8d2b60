"""Names as they are given: surnames by frequency, given names by sex and generation, and the unusual ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from province.population.chance import Bools, Days, Ints, Texts, generator, pick, texts, zipf
from province.population.lexicon import words

OLD = -5_500
"""Day number below which (born before 1955) names are of the old generation."""


@dataclass(frozen=True, slots=True)
class Names:
    """Surname, given name and what makes a name hard: arrays of one entry per resident."""

    surname: Texts
    given: Texts

    @property
    def full(self) -> Texts:
        """The name as registered."""
        return np.asarray(self.surname + self.given)


def draw_surnames(rng: np.random.Generator, size: int) -> Texts:
    """Surnames by frequency; about one in two hundred is compound."""
    table = dict(words()["surnames"])
    table |= {name: weight * 0.09 for name, weight in words()["compound"].items()}
    return np.asarray(texts(list(table))[pick(rng, list(table.values()), size)])


def draw_given(rng: np.random.Generator, sex: Ints, birth: Days) -> Texts:
    """Given names of one or two characters by sex and generation, frequency-skewed."""
    out = texts([""] * len(sex))
    old = birth < OLD
    for is_old, is_male, group in _generations():
        rows = np.flatnonzero((old == is_old) & ((sex == 1) == is_male))
        characters = texts(list(words()[group]))
        first, second = (characters[pick(rng, zipf(len(characters), 0.55), len(rows))] for _ in range(2))
        single = rng.random(len(rows)) < (0.1 if is_old else 0.17)
        out[rows] = np.where(single, first, first + second)
    return out


def _generations() -> tuple[tuple[bool, bool, str], ...]:
    return (
        (False, True, "given_male"),
        (False, False, "given_female"),
        (True, True, "given_old_male"),
        (True, False, "given_old_female"),
    )


def name_people(
    seed: int, surname: Texts, sex: Ints, birth: Days, twin_of: Ints, dotted: Bools, foreign: Bools
) -> Names:
    """Name everyone. ``twin_of``: the elder twin's index or -1; ``dotted``: names with ·; ``foreign``: foreign
    names."""
    rng = generator(seed, "names")
    given, surname = draw_given(rng, sex, birth), surname.copy()
    _rare_characters(rng, given)
    _twins(rng, given, twin_of)
    for rows, full in (
        (np.flatnonzero(dotted), _dotted(rng, int(dotted.sum()))),
        (np.flatnonzero(foreign), _foreign(rng, int(foreign.sum()))),
    ):
        surname[rows], given[rows] = "", full
    return Names(surname, given)


def _rare_characters(rng: np.random.Generator, given: Texts) -> None:
    rare = texts(list(words()["rare"]))
    rows = np.flatnonzero(rng.random(len(given)) < 0.008)
    chosen = rare[pick(rng, zipf(len(rare)), len(rows))]
    given[rows] = texts([text[:-1] + c for text, c in zip(given[rows], chosen, strict=True)])


def _twins(rng: np.random.Generator, given: Texts, twin_of: Ints) -> None:
    """The younger twin's name differs from the elder's in its last character only."""
    younger = np.flatnonzero(twin_of >= 0)
    pool = texts(list(words()["given_male"][:40]))
    for row, character in zip(younger, pool[rng.integers(0, len(pool), len(younger))], strict=True):
        elder = str(given[twin_of[row]])
        elder = elder if len(elder) == 2 else elder + "宇"
        given[twin_of[row]] = elder
        given[row] = elder[0] + (character if character != elder[1] else "轩")


def _dotted(rng: np.random.Generator, size: int) -> Texts:
    first, last = texts(words()["dotted_first"]), texts(words()["dotted_last"])
    return np.asarray(first[rng.integers(0, len(first), size)] + "·" + last[rng.integers(0, len(last), size)])


def _foreign(rng: np.random.Generator, size: int) -> Texts:
    known = texts(words()["foreign"])
    return np.asarray(known[rng.integers(0, len(known), size)])
