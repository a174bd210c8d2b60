"""Matters: chains within the window, lawful links, duplicates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from schemas.arrow import arrow_schema
from schemas.tables.intake import CASE
from schemas.tables.link import MATTER_LINK
from transforms.match.matters import match_matters

KEY = b"k" * 32
EXTRA = ("person_id", "household_no", "address", "project_no", "object_no", "title")
SCHEMA = pa.schema([*arrow_schema(CASE), *(pa.field(name, pa.string()) for name in EXTRA)])
DIBAO, CHECK, MEDICAL, PROOF = "430100000101", "430100000102", "430100000801", "430100001701"


def case(number: str, person: str | None, item: str, day: str, **more: object) -> dict[str, object]:
    """One case; its record id is its platform and number."""
    platform = str(more.pop("platform", "p1"))
    empty = dict.fromkeys(SCHEMA.names)
    moment = datetime.fromisoformat(f"2026-{day}T10:00").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return (
        empty
        | {
            "record_id": f"{platform}:{number}",
            "platform_id": platform,
            "source_key": number,
            "batch_id": "b",
            "landed_row": 0,
            "item_code": item,
            "community_code": "430102001001",
            "apply_at": moment,
            "status_code": "accepted",
            "person_id": person,
        }
        | more
    )


def matters(rows: list[dict[str, object]]) -> list[str]:
    """Each matter as its cases with their roles."""
    table = match_matters(pa.Table.from_pylist(rows, schema=SCHEMA), None, KEY).links
    assert table.schema.equals(arrow_schema(MATTER_LINK))
    found: dict[str, list[str]] = {}
    for link in table.to_pylist():
        found.setdefault(link["matter_id"], []).append(f"{link['record_id'].split(':')[1]}={link['role_code']}")
    return sorted(" ".join(sorted(cases)) for cases in found.values())


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [case("1", "P", DIBAO, "07-01"), case("2", "P", CHECK, "07-10", platform="p2")],
            ["1=first 2=part"],
        ),
        (
            [case("1", "P", DIBAO, "07-01"), case("2", "P", DIBAO, "07-10", platform="p2")],
            ["1=first 2=duplicate"],
        ),
        (
            [case("1", "P", DIBAO, "07-01"), case("2", "Q", DIBAO, "07-02")],
            ["1=first", "2=first"],
        ),
        (
            [case("1", "P", DIBAO, "07-01"), case("2", "P", MEDICAL, "07-02")],
            ["1=first", "2=first"],
        ),
        (
            [case("1", None, DIBAO, "07-01"), case("2", None, DIBAO, "07-01")],
            ["1=first", "2=first"],
        ),
        (
            [case("1", "P", PROOF, "07-01"), case("2", "P", PROOF, "07-08"), case("3", "P", PROOF, "07-16")],
            ["1=first 2=duplicate", "3=first"],
        ),
        (
            [case("1", "P", DIBAO, "04-01"), case("2", "P", CHECK, "04-20"), case("3", "P", DIBAO, "05-11")],
            ["1=first 2=part 3=part"],
        ),
        (
            [case("1", "P", DIBAO, "03-02"), case("2", "P", DIBAO, "07-02", parent_case_no="1", link_code="reopen")],
            ["1=first 2=reopened"],
        ),
        (
            [case("1", "P", DIBAO, "07-01"), case("2", None, CHECK, "07-03", parent_case_no="1", link_code="transfer")],
            ["1=first 2=transferred"],
        ),
        (
            [case("1", "P", DIBAO, "07-01"), case("2", "P", MEDICAL, "07-01", parent_case_no="1", link_code="parent")],
            ["1=first 2=part"],
        ),
        (
            [
                case("1", "P", DIBAO, "07-01"),
                case("2", "Q", DIBAO, "07-02", parent_case_no="1", link_code="parent", platform="p2"),
            ],
            ["1=first", "2=first"],
        ),
        (
            [case("1", "P", DIBAO, "07-01", status_code="withdrawn"), case("2", "P", DIBAO, "07-03")],
            ["1=first 2=part"],
        ),
        (
            [case("1", "P", PROOF, "09-24"), case("2", "P", PROOF, "10-09")],
            ["1=first 2=duplicate"],
        ),
    ],
    ids=[
        "two items",
        "same item twice",
        "two people",
        "two classes",
        "nobody",
        "chain of five days",
        "beyond fifteen",
        "reopened much later",
        "transferred",
        "composite",
        "a link names the own platform",
        "after withdrawal",
        "five working days over the holidays",
    ],
)
def test_matters(rows: list[dict[str, object]], expected: list[str]) -> None:
    assert matters(rows) == expected
    assert matters(rows[::-1]) == expected


def test_ids_stay_when_a_case_joins() -> None:
    rows = [case("2", "P", DIBAO, "07-10"), case("3", "Q", DIBAO, "07-10")]
    before = match_matters(pa.Table.from_pylist(rows, schema=SCHEMA), None, KEY).links
    rows.append(case("1", "P", CHECK, "07-01"))
    after = match_matters(pa.Table.from_pylist(rows, schema=SCHEMA), before, KEY).links
    ids = {link["record_id"]: link["matter_id"] for link in after.to_pylist()}
    assert {k: ids[k] for k in ("p1:2", "p1:3")} == dict(
        zip(*(before[c].to_pylist() for c in ("record_id", "matter_id")), strict=True)
    )
    assert ids["p1:1"] == ids["p1:2"]


def test_no_cases() -> None:
    found = match_matters(SCHEMA.empty_table(), None, KEY)
    assert (found.links.num_rows, found.pairs.num_rows, found.review.num_rows) == (0, 0, 0)


def test_a_year_without_calendar_counts_weekdays_and_says_so() -> None:
    rows = [case("1", "P", PROOF, "12-31"), case("2", "P", PROOF, "12-31")]
    rows[1]["apply_at"] = datetime(2027, 1, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    with pytest.warns(UserWarning, match="2027"):
        assert matters(rows) == ["1=first 2=duplicate"]
