"""A draft of forms: what stands in each field, and whether it is still the true value.

Attribute columns are object arrays of text (None where nothing stands). ``key`` says which value it is, per person and
attribute: 0 or 1 for the true value before or after its change, a number made from the text for anything else, so that
two entries of one person's attribute hold the same value exactly when their keys are equal.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from province.population.biography import Lives
from province.population.chance import Bools, Days, Ints, Texts, texts, where
from province.population.people import People
from province.population.platforms import Platforms
from province.population.visits import Visits
from schemas.tables.intake import ATTRIBUTES

ACCEPTED, DROPPED = "accepted", "dropped"


@dataclass(frozen=True, slots=True)
class Draft:
    """Forms being filled in. ``prefilled``: (forms, attributes) came from the platform itself and is not typed;
    ``trap``: the name of what makes the record hard, or ""; ``fate``: what a careful intake does with the row."""

    visits: Visits
    people: People
    lives: Lives
    columns: dict[str, Texts]
    keys: dict[str, Ints]
    prefilled: Bools
    trap: Texts
    fate: Texts
    cert_type: Texts

    def __len__(self) -> int:
        return len(self.visits)

    @property
    def person(self) -> Ints:
        """The person of each form; test entries (-1) point at the last resident."""
        return self.visits.person

    @property
    def day(self) -> Days:
        """Day of entry."""
        return self.visits.day

    def typed(self, attribute: str, rows: Ints) -> Ints:
        """Those of ``rows`` where somebody typed the attribute."""
        column, number = self.columns[attribute][rows], ATTRIBUTES.index(attribute)
        filled = np.array([v is not None for v in column], dtype=bool)
        return np.asarray(rows[filled & ~self.prefilled[rows, number]])

    def rewrite(self, attribute: str, rows: Ints, values: list[str | None] | Texts, trap: str = "") -> None:
        """Put another spelling of the same value."""
        self.columns[attribute][rows] = texts(list(values))
        if trap:
            self.trap[rows] = trap

    def replace(self, attribute: str, rows: Ints, values: list[str | None] | Texts, trap: str) -> None:
        """Put another value: the entry no longer holds the truth (rows where it does by chance stay as they are)."""
        new = texts(list(values))
        differs = np.array([a != b for a, b in zip(new, self.columns[attribute][rows], strict=True)], dtype=bool)
        rows, new = rows[differs], new[differs]
        self.columns[attribute][rows] = new
        self.keys[attribute][rows] = [value_key(v) for v in new]
        self.trap[rows] = trap


def value_key(text: str | None) -> int:
    """A number for a value that is not a true one; never 0 or 1."""
    return 2 + zlib.crc32((text or "").encode())


def draft_forms(rng: np.random.Generator, visits: Visits, people: People, lives: Lives, platforms: Platforms) -> Draft:
    """Forms filled in correctly: every attribute that the platform asks, as it is true on the day of entry."""
    person, day, size = visits.person, visits.day, len(visits)
    asked = {a: platforms.asking(a)[visits.platform] for a in ATTRIBUTES}
    columns, keys = {}, {}
    for attribute in ATTRIBUTES:
        value = lives.values[attribute]
        rows = np.flatnonzero(asked[attribute])
        columns[attribute] = texts([None] * size)
        keys[attribute] = np.zeros(size, dtype=np.int64)
        columns[attribute][rows] = value.at(person[rows], day[rows])
        keys[attribute][rows] = value.epoch(person[rows], day[rows])
    share = platforms.prefill_share[visits.platform]
    prefilled = rng.random((size, len(ATTRIBUTES))) < share[:, None]
    return Draft(
        visits,
        people,
        lives,
        columns,
        keys,
        prefilled,
        trap=texts([""] * size),
        fate=texts([ACCEPTED] * size),
        cert_type=where(asked["cert_no"], people.cert_type[person], None),
    )
