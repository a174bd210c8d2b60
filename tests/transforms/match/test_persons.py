"""Persons against known truth, and what must hold whatever the input."""

from __future__ import annotations

import random
from collections import defaultdict
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


def row(
    record_id: str,
    name: str | None,
    number: str | None = None,
    born: date | None = None,
    phone: str | None = None,
    address: str | None = None,
    community: str | None = "439901001001",
) -> dict[str, object]:
    moment = datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    return dict(
        zip(
            PERSON_RECORD.columns.keys(),
            (record_id, "p1", "form", name, "111", number, None, born, phone, address, community, moment),
            strict=True,
        )
    )


NUMBER = identity_number("439901", date(1976, 3, 12), 271)
BROTHER = identity_number("439901", date(1976, 3, 12), 273)
MASKED = NUMBER[:3] + "*" * 11 + NUMBER[-4:]
PHONE = "10077654321"
HOME = "绝无仅有里3栋2单元501室"
BORN = date(1976, 3, 12)


@pytest.mark.parametrize(
    ("one", "other", "grade"),
    [
        (row("a", "濮阳磊森", NUMBER), row("b", "濮阳磊森", NUMBER.lower()), "certain"),
        (row("a", "濮阳磊森", NUMBER), row("b", "濮阳磊森", MASKED, phone=PHONE), "probable"),
        (row("a", "濮阳磊森", NUMBER), row("b", "濮阳*", NUMBER), "probable"),
        (row("a", "濮阳磊森", NUMBER, phone=PHONE), row("b", "濮阳磊森", born=BORN, phone=PHONE), "probable"),
        (
            row("a", "濮阳磊森", NUMBER, phone=PHONE, address=HOME),
            row("b", "濮阳磊森", BROTHER, phone=PHONE, address=HOME),
            None,
        ),
        (
            row("a", "濮阳磊森", NUMBER, phone=PHONE, address=HOME),
            row("b", "濮阳磊淼", born=BORN, phone=PHONE, address=HOME),
            None,
        ),
        (
            row("a", "濮阳磊森", NUMBER, phone=PHONE, address=HOME),
            row("b", "濮阳立", None, phone=PHONE, address=HOME),
            None,
        ),
        (row("a", "王伟", phone=PHONE), row("b", "王伟", community="439901001002"), None),
        (row("a", "王伟"), row("b", "王伟"), None),
    ],
    ids=[
        "same number",
        "masked number",
        "masked name",
        "no number",
        "two numbers",
        "twins",
        "father",
        "name",
        "copies",
    ],
)
def test_two_records_among_many(one: dict[str, object], other: dict[str, object], grade: str | None) -> None:
    """Grade of the link between two records put among the others, None for none."""
    two = pa.Table.from_pylist([one, other], schema=arrow_schema(PERSON_RECORD))
    found = match_persons(pa.concat_tables([people().records, two]), None, KEY)
    links = {r["record_id"]: r for r in found.links.to_pylist() if r["record_id"] in ("a", "b")}
    if grade is None:
        assert links["a"]["person_id"] != links["b"]["person_id"]
    else:
        assert links["a"]["person_id"] == links["b"]["person_id"]
        assert links["b"]["grade_code"] == grade


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_records(count: int) -> None:
    rows = [row(str(i), "濮阳磊森", NUMBER) for i in range(count)]
    found = match_persons(pa.Table.from_pylist(rows, schema=arrow_schema(PERSON_RECORD)), None, KEY)
    assert found.links.num_rows == count
    assert found.persons.num_rows == min(count, 1)
