"""Tiny worlds: a few people on one telephone and what is written of them, changing night by night.

Each world has its telephones and numbers to itself, so that many of them are matched in one table and none concerns
another.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa

from tests.transforms.match.people import identity_number
from transforms.match.config import Field, MatchConfig, Pass

CONFIG = MatchConfig(
    record_id="record_id",
    fields=(Field("name", "person_name_zh"), Field("cert_no", "identity_number"), Field("phone", "phone")),
    passes=(
        Pass(("name.sounds", "phone.number"), is_training=True),
        Pass(("cert_no.number",), is_training=True),
        Pass(("phone.number",)),
    ),
    anchors=(("cert_no.valid",), ("name.sounds", "phone.number")),
    exclusive="cert_no.valid",
    certain_field="cert_no",
)
NAMES = ("张伟", "张炜", "张卫国", "李静", "李婧", "李静怡", "王芳", "欧阳娜娜", "赵敏", "赵明", "孙丽")
COUNTIES = tuple(f"4399{n:02d}" for n in range(1, 90))


@dataclass(frozen=True)
class Row:
    """One record. ``valid``: the valid number that it states in clear."""

    record_id: str
    name: str
    cert_no: str | None
    phone: str | None
    valid: str | None


@dataclass(frozen=True)
class Person:
    """Somebody of a world."""

    name: str
    number: str


@dataclass
class World:
    """The people of one world and the records of them that there are; ``count``: of all there ever were."""

    name: str
    rng: random.Random
    people: list[Person]
    phones: list[str]
    rows: dict[str, Row] = field(default_factory=dict)
    count: int = 0

    @classmethod
    def of(cls, place: int, rng: random.Random) -> World:
        """A world that shares no telephone and no number with one of another place (below 8,000)."""
        people = []
        for n in range(rng.choice((2, 2, 3))):
            born = date(1950 + place % 50, 1 + place // 50 % 12, 1 + place // 600 % 28)
            people.append(Person(rng.choice(NAMES), identity_number(COUNTIES[n], born, 100 + place // 16800 + 7 * n)))
        phones = [f"100{place:06d}{n:02d}" for n in (1, 57)]
        world = cls(f"w{place:05d}", rng, people, phones)
        for _ in range(rng.randint(3, 9)):
            world.add()
        return world

    def add(self) -> None:
        """A record of somebody."""
        record_id = f"{self.name}:{self.count:02d}"
        self.count += 1
        self.rows[record_id] = self._write(record_id, self.rng.choice(self.people))

    def remove(self) -> None:
        """A record is gone."""
        if len(self.rows) > 2:
            del self.rows[self.rng.choice(list(self.rows))]

    def correct(self) -> None:
        """A record states another number, or none, or is about somebody else altogether."""
        row, who = self.rows[self.rng.choice(list(self.rows))], self.rng.choice(self.people)
        written = self._write(row.record_id, who)
        if self.rng.random() < 0.7:
            written = replace(written, name=row.name, phone=row.phone)
        self.rows[row.record_id] = written

    def pair(self) -> tuple[str, str]:
        """Two records."""
        one, other = self.rng.sample(list(self.rows), 2)
        return one, other

    def _write(self, record_id: str, who: Person) -> Row:
        number, valid = self._number(who.number)
        name = who.name if self.rng.random() < 0.9 else self.rng.choice(NAMES)
        phone = None if self.rng.random() < 0.1 else self.phones[self.rng.random() < 0.1]
        return Row(record_id, name, number, phone, valid)

    def _number(self, number: str) -> tuple[str | None, str | None]:
        """How a number is stated, and itself where it can be read."""
        chance = self.rng.random()
        if chance < 0.4:
            return number, number
        if chance < 0.55:
            return f"{number[:6]}********{number[-4:]}", None
        if chance < 0.6:
            return number[:-1] + ("0" if number[-1] != "0" else "1"), None
        return None, None


def table_of(worlds: list[World]) -> pa.Table:
    """All records of some worlds, as they are matched."""
    rows = [row for world in worlds for row in world.rows.values()]
    names = (CONFIG.record_id, *(f.name for f in CONFIG.fields))
    return pa.table({n: pa.array([getattr(r, n) for r in rows], pa.string()) for n in names})
