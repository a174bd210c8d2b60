"""Invented people with known truth: residents, and what careless platforms keep about them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON_RECORD
from tests.transforms.match.careless import type_record
from tests.transforms.match.residents import Resident, identity_number, invent_residents, telephone

__all__ = ["People", "identity_number", "make_people"]


@dataclass(frozen=True)
class People:
    """Records in the shape of link_person_record, and the resident behind each record id."""

    records: pa.Table
    truth: dict[str, int]
    residents: list[Resident]
    twins: list[tuple[int, int]]


def make_people(residents: int = 1500, communities: int = 15, seed: int = 1, sloppiness: float = 1.0) -> People:
    """Residents in households and the records that careless platforms keep about them."""
    rng = random.Random(seed)  # noqa: S311
    folk, twins = invent_residents(rng, residents, communities)
    rows: list[dict[str, object]] = []
    truth: dict[str, int] = {}
    for person in folk:
        platforms = rng.sample(range(132), rng.randint(2, 12))
        phone = person.phone
        for platform in platforms:
            if rng.random() < 0.05:
                phone = telephone(rng)
            record_id = f"p{platform:03d}:form:{rng.getrandbits(48):012x}"
            truth[record_id] = person.number
            rows.append(type_record(rng, record_id, platform, replace(person, phone=phone), folk, sloppiness))
    rng.shuffle(rows)
    return People(pa.Table.from_pylist(rows, schema=arrow_schema(PERSON_RECORD)), truth, folk, twins)
