"""Tickets: one thing reported several times, what another call is, and what people decided."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from schemas.arrow import arrow_schema
from schemas.tables.intake import TICKET
from schemas.tables.link import TICKET_LINK, TICKET_PAIR
from transforms.match.matters import TicketMatch, match_tickets

KEY = b"k" * 32
PHONE = "073100000001"
SCHEMA = arrow_schema(TICKET).append(pa.field("person_id", pa.string()))
LAMP, LAMP_TOO, NOISE = "3栋楼下路灯坏了一周没人修", "3栋楼下的路灯坏了两周还没人修", "夜间烧烤摊噪音扰民无法休息"
Rows = list[dict[str, object]]


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T10:00").replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def ticket(number: str, person: str | None, day: str, text: str | None = LAMP, **more: object) -> dict[str, object]:
    """One ticket, closed on the day ``until`` if given."""
    until = more.pop("until", None)
    return (
        dict.fromkeys(SCHEMA.names)
        | {"record_id": f"h:{number}", "platform_id": "h", "source_key": number, "batch_id": "b", "landed_row": 0}
        | {"category_code": "request", "community_code": "439901001001", "status_code": "closed"}
        | {"person_id": person, "received_at": at(day), "content_text": text}
        | {"closed_at": at(str(until)) if until else None}
        | more
    )


def groups(match: TicketMatch) -> list[str]:
    members: dict[str, list[str]] = {}
    for link in match.links.to_pylist():
        members.setdefault(link["ticket_group_id"], []).append(f"{link['record_id'][2:]}={link['role_code']}")
    return sorted(" ".join(sorted(numbers)) for numbers in members.values())


def found(rows: Rows, decisions: list[tuple[str, str, str]] | None = None) -> TicketMatch:
    constraints = None
    if decisions:
        columns = zip(*decisions, strict=True)
        constraints = pa.table(dict(zip(("left_id", "right_id", "judgement"), map(list, columns), strict=True)))
    return match_tickets(pa.Table.from_pylist(rows, schema=SCHEMA), None, KEY, constraints)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ticket("1", "P", "07-01"), ticket("2", "P", "07-03", LAMP_TOO)], ["1=first 2=repeat"]),
        ([ticket("1", "P", "07-01", until="07-02"), ticket("2", "P", "07-03")], ["1=first 2=asked_again"]),
        (
            [ticket("1", "P", "07-01", until="07-09"), ticket("2", "P", "07-03", until="07-04"),
             ticket("3", "P", "07-08")],
            ["1=first 2=repeat 3=repeat"],
        ),
        ([ticket("1", "P", "07-01"), ticket("2", "P", "07-03", NOISE)], ["1=first", "2=first"]),
        ([ticket("1", "P", "07-01"), ticket("2", "Q", "07-01")], ["1=first", "2=first"]),
        ([ticket("1", "P", "07-01"), ticket("2", "P", "07-30")], ["1=first", "2=first"]),
        ([ticket("1", "P", "07-01", None), ticket("2", "P", "07-01", None)], ["1=first", "2=first"]),
        ([ticket("1", None, "07-01"), ticket("2", None, "07-01")], ["1=first", "2=first"]),
        (
            [ticket("1", "P", "07-01", caller_phone=PHONE), ticket("2", "Q", "07-02", caller_phone=PHONE)],
            ["1=first 2=repeat"],
        ),
        (
            [ticket("1", "P", "07-01"), ticket("2", "P", "07-02", platform_id="g", record_id="g:2")],
            ["1=first 2=repeat"],
        ),
    ],
    ids=["open", "closed before", "an earlier one still open", "another thing", "another caller", "a month later",
         "no text", "nobody", "one telephone", "two platforms"],
)  # fmt: skip
def test_tickets(rows: Rows, expected: list[str]) -> None:
    match = found(rows)
    assert groups(match) == expected
    assert groups(found(rows[::-1])) == expected
    assert match.links.schema.equals(arrow_schema(TICKET_LINK))
    assert match.pairs.schema.equals(arrow_schema(TICKET_PAIR))


TWO = [ticket("1", "P", "07-01"), ticket("2", "P", "07-03")]
FAR = [ticket("1", "P", "03-02"), ticket("2", "Q", "07-01", NOISE)]


@pytest.mark.parametrize(
    ("rows", "judgement", "count", "grade"),
    [
        (TWO, "different", 2, "no"),
        (TWO, "unsure", 2, "possible"),
        (TWO, "same", 1, "certain"),
        (FAR, "same", 1, "certain"),
    ],
)
def test_decisions_are_obeyed(rows: Rows, judgement: str, count: int, grade: str) -> None:
    match = found(rows, [("h:2", "h:1", judgement)])
    assert len(groups(match)) == count
    assert match.pairs["grade_code"].to_pylist() == [grade]


def test_ids_stay() -> None:
    before = found([TWO[1]]).links
    after = match_tickets(pa.Table.from_pylist(TWO, schema=SCHEMA), before, KEY).links
    assert set(after["ticket_group_id"].to_pylist()) == set(before["ticket_group_id"].to_pylist())


def test_no_tickets() -> None:
    assert found([]).links.num_rows == 0
