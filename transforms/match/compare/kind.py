"""What a kind of field is: how its values are read, at which levels two of them agree, and what default each has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Ints, Levels
from transforms.match.texts import hash_texts

NULL = 0
"""The level of a pair in which one side has no value: it says nothing. Real levels count from 1, best first."""


@dataclass(frozen=True, slots=True)
class Level:
    """One comparison level.

    ``m``: expected share among matches, where estimation starts from. ``by``: the feature whose frequency decides how
    much the agreement is worth (a rare name weighs more). ``is_masked``: agreement on visible positions only, so never
    certain; ``seen_as``: the levels that look so under the mask (housemates are as alike there as in those).
    ``needs_proof``: no link without the certain field's agreement (given names that differ are what tells
    twins apart); ``is_proof``: masked, but still such an agreement. ``is_contradiction``: the two can't be one,
    whatever else agrees.
    """

    name: str
    m: float
    agrees: bool = False
    by: str | None = None
    is_masked: bool = False
    seen_as: tuple[str, ...] = ()
    needs_proof: bool = False
    is_proof: bool = False
    is_contradiction: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One field, read. ``codes``: for each row the code of its value, ABSENT for none.

    Per distinct value: ``values`` are their texts (null where a register kept all the rest), ``features`` are stable
    keys for blocking and counting (ABSENT where the value has none), ``parts`` are whatever arrays the kind compares
    with (numbers by numpy, texts by Arrow), ``equal_level`` is the level of the value with itself, ``known_by``: a
    stable key of each value, where its text is not one (two spellings of one number).
    """

    codes: Codes
    values: pa.Array
    features: dict[str, Ints]
    equal_level: Levels
    parts: dict[str, NDArray[Any] | pa.Array] = field(default_factory=dict)
    known_by: Ints | None = None

    @property
    def size(self) -> int:
        """Number of distinct values."""
        return len(self.values)

    @property
    def keys(self) -> Ints:
        """A stable key for each distinct value."""
        return hash_texts(self.values) if self.known_by is None else self.known_by

    def feature(self, name: str, codes: NDArray[Any] | None = None) -> Ints:
        """A feature for each row (or for each of ``codes``), ABSENT where there is none."""
        rows = self.codes if codes is None else codes
        return np.append(self.features[name], ABSENT)[rows]

    def at(self, rows: NDArray[Any]) -> Column:
        """The same column for a choice of rows."""
        return replace(self, codes=self.codes[rows])


class Kind(Protocol):
    """A kind of field. Stateless; one module each."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """Its levels, best first."""

    def read(self, values: pa.Array) -> Column:
        """Normalise values of the input (each distinct one once) and describe what they are after that."""

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The level (or NULL) of each pair of different distinct values (codes); left and right can be exchanged."""
