"""The records of a year: residents of a province, of whom platforms learn more, think better, and forget."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON_RECORD
from tests.transforms.match.careless import type_record
from tests.transforms.match.people import People, identity_number, make_people
from tests.transforms.match.residents import Resident

SCHEMA = arrow_schema(PERSON_RECORD)
EARLY = 0.78
"""Share of all records that the first night finds; the others come over the year."""
CORRECTED, REMOVED = 4, 1
"""Records a night that are corrected, and that are withdrawn."""
TAKEN, VICTIM = "w:form:taken", "w:form:victim"
"""How the record ids of the two begin who are made one by mistake."""


@dataclass
class Year:
    """``table``: the records as they are tonight, by id; ``truth``: the resident behind each record id."""

    people: People
    nights: int
    rng: random.Random
    truth: dict[str, int]
    table: pa.Table = field(default_factory=SCHEMA.empty_table)
    later: pa.Table = field(default_factory=SCHEMA.empty_table)

    @classmethod
    def of(cls, residents: int, nights: int, seed: int = 29) -> Year:
        """A province before its first night."""
        people = make_people(residents=residents, communities=max(residents // 100, 4), seed=seed)
        year = cls(people, nights, random.Random(seed), dict(people.truth))  # noqa: S311
        early = int(people.records.num_rows * EARLY)
        year.later = people.records.slice(early)
        year.put(people.records.slice(0, early))
        year.put(year.planted())
        return year

    def put(self, rows: pa.Table) -> None:
        """Records come, or come again."""
        kept = self.table.filter(pc.invert(pc.is_in(self.table["record_id"], rows["record_id"].combine_chunks())))
        self.table = pa.concat_tables([kept, rows.cast(SCHEMA)]).sort_by("record_id").combine_chunks()

    def night(self, night: int) -> None:
        """What changes before one night."""
        bounds = np.linspace(0, self.later.num_rows, self.nights + 1).astype(int)
        self.put(self.later.slice(bounds[night - 1], bounds[night] - bounds[night - 1]))
        chosen = self.rng.sample(self.table["record_id"].to_pylist(), CORRECTED + REMOVED + 8)
        ordinary = [r for r in chosen if r[0] != "w"]
        self.put(pa.Table.from_pylist([self.typed_again(r) for r in ordinary[:CORRECTED]], schema=SCHEMA))
        gone = pa.array(ordinary[CORRECTED : CORRECTED + REMOVED])
        self.table = self.table.filter(pc.invert(pc.is_in(self.table["record_id"], gone))).combine_chunks()

    def typed_again(self, record_id: str) -> dict[str, object]:
        """The record, typed once more by somebody as careless."""
        who = self.people.residents[self.truth[record_id]]
        platform = int(record_id[1:4])
        return type_record(self.rng, record_id, platform, who, self.people.residents, 1.0)

    def planted(self) -> pa.Table:
        """Four records of one resident with a number, three of another without; both otherwise unknown."""
        one, other = (self.unknown(n) for n in (0, 1))
        self.truth |= {f"{TAKEN}{n}": one.number for n in range(4)} | {f"{VICTIM}{n}": other.number for n in range(3)}
        rows = [row(f"{TAKEN}{n}", one) for n in range(4)]
        rows += [row(f"{VICTIM}{n}", other, cert_no=None) for n in range(3)]
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    def unknown(self, number: int) -> Resident:
        """Somebody like a resident, with a name, a telephone and a home of nobody else."""
        name, born = (("濮璟煊", date(1976, 3, 12)), ("鄢瑆炘", date(1951, 11, 29)))[number]
        like = self.people.residents[0]
        who = replace(like, number=-1 - number, name=name, birth=born, home=-1 - number, parent=None)
        who = replace(who, cert_no=identity_number("439977", born, 101), sex="1", phone=f"1007765{number}3{number}1")
        return replace(who, address=f"绝无仅有里{31 + number}栋2单元501室", community="439901001001")

    def mistake(self) -> None:
        """Somebody types the details of the one into the records of the other."""
        one = self.unknown(0)
        taken = self.table.filter(pc.equal(self.table["record_id"], f"{TAKEN}0")).to_pylist()[0]
        rows = [taken | {"record_id": f"{VICTIM}{n}", "cert_no": None, "person_name": one.name} for n in range(3)]
        self.put(pa.Table.from_pylist(rows, schema=SCHEMA))

    def more_of_the_taken(self, count: int) -> None:
        """One more record of the one."""
        taken = self.table.filter(pc.equal(self.table["record_id"], f"{TAKEN}0")).to_pylist()[0]
        self.put(pa.Table.from_pylist([taken | {"record_id": f"{TAKEN}9{count}"}], schema=SCHEMA))
        self.truth[f"{TAKEN}9{count}"] = self.truth[f"{TAKEN}0"]


def row(record_id: str, who: Resident, **other: object) -> dict[str, object]:
    """A record typed without a slip."""
    own = {
        "record_id": record_id,
        "platform_id": "w",
        "stream": "form",
        "person_name": who.name,
        "cert_type_code": None,
        "cert_no": who.cert_no,
        "sex_code": who.sex,
        "birth_date": who.birth,
        "phone": who.phone,
        "address": who.address,
        "community_code": who.community,
        "recorded_at": None,
    }
    return own | other
