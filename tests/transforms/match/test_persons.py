"""Persons against known truth, and what must hold whatever the input."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON, PERSON_LINK, PERSON_PAIR, PERSON_RECORD, REVIEW
from tests.transforms.match.judge import precision_by_size, precision_recall
from tests.transforms.match.people import People, identity_number, make_people
from transforms.match.persons import PersonMatch, match_persons

KEY = b"k" * 32


@cache
def people() -> People:
    return make_people(residents=1200, communities=12, seed=5)


@cache
def matched() -> PersonMatch:
    return match_persons(people().records, None, KEY)


def clusters(found: PersonMatch) -> dict[str, str]:
    """Record -> person."""
    return dict(zip(found.links["record_id"].to_pylist(), found.links["person_id"].to_pylist(), strict=True))


def partition(found: PersonMatch, only: set[str] | None = None) -> set[frozenset[str]]:
    """The clusters as sets of records."""
    members: dict[str, set[str]] = defaultdict(set)
    for record, person in clusters(found).items():
        if only is None or record in only:
            members[person].add(record)
    return {frozenset(m) for m in members.values()}


def is_valid_number(text: str | None) -> bool:
    """An own check of a number, apart from the engine's: upgrade, digits, birth date, check character."""
    text = (text or "").upper()
    text = text[:6] + "19" + text[6:] + "#" if len(text) == 15 and text.isdigit() else text
    if len(text) != 18 or not text[:17].isdigit():
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    if not 1895 <= born.year <= 2026:
        return False
    return text[17] in (identity_number(text[:6], born, int(text[14:17]))[17], "#")


def test_precision_and_recall() -> None:
    precision, recall = precision_recall(clusters(matched()), people().truth)
    assert precision >= 0.99
    assert recall >= 0.95
    for size, (pairs, right) in precision_by_size(clusters(matched()), people().truth).items():
        assert right >= 0.95 or pairs < 100, size


def test_no_cluster_holds_two_valid_numbers() -> None:
    numbers = dict(zip(*(people().records[c].to_pylist() for c in ("record_id", "cert_no")), strict=True))
    held: dict[str, set[str]] = defaultdict(set)
    for record, person in clusters(matched()).items():
        text = (numbers[record] or "").upper()
        if is_valid_number(text):
            held[person].add(text[:6] + text[8:17] if len(text) == 18 else text)
    assert sum(len(h) for h in held.values()) > 1000
    assert max(len(h) for h in held.values()) == 1


def test_twins_stay_apart() -> None:
    """Of all pairs of records of two twins at most one in a hundred is taken for one person."""
    records: dict[int, list[str]] = defaultdict(list)
    for record, person in people().truth.items():
        records[person].append(record)
    found, pairs, merged = clusters(matched()), 0, 0
    assert len(people().twins) >= 10
    for one, other in people().twins:
        for a in records[one]:
            pairs += len(records[other])
            merged += sum(found[a] == found[b] for b in records[other])
    assert merged <= pairs / 100


def test_shuffling_changes_nothing() -> None:
    rows = list(range(people().records.num_rows))
    random.Random(3).shuffle(rows)  # noqa: S311
    again = match_persons(people().records.take(pa.array(rows)), None, KEY)
    for name in ("links", "pairs", "review", "persons"):
        assert getattr(again, name).equals(getattr(matched(), name)), name


def test_exact_copies_change_no_cluster() -> None:
    copies = people().records.slice(0, 800)
    named = pc.binary_join_element_wise(copies["record_id"], "copy", "-")
    copies = copies.set_column(0, "record_id", named)
    again = match_persons(pa.concat_tables([people().records, copies]), None, KEY)
    assert partition(again, set(people().truth)) == partition(matched())


def test_splitting_a_platform_changes_no_cluster() -> None:
    platform = people().records["platform_id"]
    halves = pc.if_else(pc.equal(pc.utf8_slice_codeunits(people().records["record_id"], -1), "a"), "other", platform)
    split = people().records.set_column(1, "platform_id", halves)
    assert partition(match_persons(split, None, KEY)) == partition(matched())


def test_unrelated_people_change_next_to_nothing() -> None:
    """Weights are learnt from all records, so a borderline record may move; nothing else may."""
    others = make_people(residents=150, communities=3, seed=77).records
    places = pc.binary_join_element_wise("5299", pc.utf8_slice_codeunits(others["community_code"], 4), "")
    others = others.set_column(10, "community_code", places)
    again = clusters(match_persons(pa.concat_tables([people().records, others]), None, KEY))
    numbers = {person: number for number, person in enumerate(set(clusters(matched()).values()))}
    before = {record: numbers[person] for record, person in clusters(matched()).items()}
    assert min(precision_recall(again, before)) >= 0.998


def test_tables_are_as_declared() -> None:
    found, records = matched(), people().records
    for table, declared in (
        (found.links, PERSON_LINK),
        (found.pairs, PERSON_PAIR),
        (found.review, REVIEW),
        (found.persons, PERSON),
    ):
        assert table.schema.equals(arrow_schema(declared))
    assert found.links["record_id"].to_pylist() == sorted(people().truth)
    assert set(found.persons["person_id"].to_pylist()) == set(found.links["person_id"].to_pylist())
    assert pc.sum(found.persons["record_count"]).as_py() == records.num_rows
    assert pc.all(pc.less(found.pairs["left_id"], found.pairs["right_id"])).as_py()
    assert 0 < found.review.num_rows <= 0.02 * records.num_rows
    assert {"levels", "passes", "seconds", "records", "nodes", "candidate_pairs"} <= set(found.model)


def test_a_person_that_did_not_change_keeps_the_id() -> None:
    """A year on: a tenth of the records gone, new ones come; who keeps two thirds of the records keeps the id."""
    before = clusters(matched())
    fewer = people().records.slice(people().records.num_rows // 10)
    after = clusters(match_persons(fewer, matched().links, KEY))
    kept = sum(before[record] == person for record, person in after.items())
    assert kept >= 0.99 * len(after)


def row(record_id: str, name: str | None, **more: object) -> dict[str, object]:
    """One record; what isn't said is not filled in."""
    moment = datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    given = {
        "record_id": record_id,
        "platform_id": "p1",
        "person_name": name,
        "community_code": "439901001001",
        "recorded_at": moment,
    }
    return dict.fromkeys(PERSON_RECORD.columns.keys()) | given | more


BORN = date(1976, 3, 12)


@dataclass(frozen=True)
class Somebody:
    """Somebody whom nobody else resembles; ``at`` makes each one another."""

    at: int

    @property
    def name(self) -> str:
        return f"{'濮鄢逯夔隗郜蒯佘麴'[self.at]}{'璟瑆琇珮瓒璠珝玹瑀'[self.at]}{'煊炘焘熠烁炜烨煜焱'[self.at]}"

    @property
    def number(self) -> str:
        return identity_number("439901", BORN, 101 + 40 * self.at)

    @property
    def home(self) -> dict[str, str]:
        """Telephone and address."""
        return {"phone": f"1007765{self.at}3{self.at}1", "address": f"绝无仅有里{self.at + 31}栋2单元501室"}

    def masked(self) -> str:
        return self.number[:3] + "*" * 11 + self.number[-4:]

    def twin_name(self) -> str:
        return self.name[:-1] + "嘉"

    def twin_number(self) -> str:
        return identity_number("439901", BORN, 103 + 40 * self.at)


def _pairs() -> list[tuple[str, dict[str, object], dict[str, object], str | None]]:
    """What the two records have in common, the two, and the grade of their link (None: there must be none)."""
    who = [Somebody(at) for at in range(9)]
    return [
        (
            "number",
            row("0a", who[0].name, cert_no=who[0].number),
            row("0b", who[0].name, cert_no=who[0].number.lower()),
            "certain",
        ),
        (
            "masked number",
            row("1a", who[1].name, cert_no=who[1].number),
            row("1b", who[1].name, cert_no=who[1].masked(), phone="10077654321"),
            "probable",
        ),
        (
            "masked name",
            row("2a", who[2].name, cert_no=who[2].number),
            row("2b", who[2].name[0] + "*", cert_no=who[2].number),
            "probable",
        ),
        (
            "no number",
            row("3a", who[3].name, cert_no=who[3].number, **who[3].home),
            row("3b", who[3].name, birth_date=BORN, phone=who[3].home["phone"]),
            "probable",
        ),
        (
            "two numbers",
            row("4a", who[4].name, cert_no=who[4].number, **who[4].home),
            row("4b", who[4].name, cert_no=who[4].twin_number(), **who[4].home),
            None,
        ),
        (
            "twins",
            row("5a", who[5].name, cert_no=who[5].number, **who[5].home),
            row("5b", who[5].twin_name(), birth_date=BORN, **who[5].home),
            None,
        ),
        (
            "father and child",
            row("6a", who[6].name, cert_no=who[6].number, **who[6].home),
            row("6b", who[6].name[:-1], **who[6].home),
            None,
        ),
        (
            "lent number",
            row("7a", who[7].name, cert_no=who[7].number, **who[7].home),
            row("7b", who[7].name[0] + "立", cert_no=who[7].number, birth_date=date(2015, 2, 2), **who[7].home),
            None,
        ),
        ("common name", row("8a", "王伟"), row("8b", "王伟"), None),
    ]


@cache
def among_many() -> dict[str, dict[str, object]]:
    rows = [record for _, one, other, _ in _pairs() for record in (one, other)]
    two = pa.Table.from_pylist(rows, schema=arrow_schema(PERSON_RECORD))
    found = match_persons(pa.concat_tables([people().records, two]), None, KEY)
    return {link["record_id"]: link for link in found.links.to_pylist()}


@pytest.mark.parametrize(("one", "other", "grade"), [p[1:] for p in _pairs()], ids=[p[0] for p in _pairs()])
def test_two_records_among_many(one: dict[str, object], other: dict[str, object], grade: str | None) -> None:
    left, right = (among_many()[str(r["record_id"])] for r in (one, other))
    assert (left["person_id"] == right["person_id"]) is (grade is not None)
    if grade is not None:
        assert right["grade_code"] == grade


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_records(count: int) -> None:
    rows = [row(str(i), "濮阳磊森", cert_no=Somebody(0).number) for i in range(count)]
    found = match_persons(pa.Table.from_pylist(rows, schema=arrow_schema(PERSON_RECORD)), None, KEY)
    assert found.links.num_rows == count
    assert found.persons.num_rows == min(count, 1)
