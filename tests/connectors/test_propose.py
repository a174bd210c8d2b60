"""What is proposed from one full read, and that nothing is landed by it."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.propose import propose
from schemas.errors import ContractBroken
from schemas.expect import Bound, Expect
from tests.connectors.conftest import FIELDS, Bench, usage_row

START, TODAY = date(2026, 1, 5), date(2026, 9, 30)
"""A Monday, and the day of the read."""


def rows_on(days: dict[int, int]) -> list[dict[str, Any]]:
    """Day after the start -> rows on it."""
    each = [START + timedelta(day) for day, count in days.items() for _ in range(count)]
    return [usage_row(number, f"{day} 00:00:00") for number, day in enumerate(each)]


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    lines = [",".join(str(row[f]) for f in FIELDS) for row in rows]
    path.write_text("\n".join([",".join(FIELDS), *lines, ""]), encoding="utf-8")


def database(bench: Bench, rows: list[dict[str, Any]], **stream: Any) -> None:
    con = sqlite3.connect(bench.home / "a.db")
    con.execute(f"CREATE TABLE rizhi ({', '.join(f'{f} TEXT' for f in FIELDS)})")
    places = ", ".join("?" * len(FIELDS))
    con.executemany(f"INSERT INTO rizhi VALUES ({places})", [[row[f] for f in FIELDS] for row in rows])
    con.commit()
    con.close()
    bench.access, bench.endpoint, bench.stream = {"family": "sql"}, {"url": "sqlite:a.db"}, stream


EVEN = dict.fromkeys(range(120), 10)
"""Ten rows a day for seventeen weeks."""
QUIET_WEEK = {day: (2 if 63 <= day < 70 else 10) for day in range(120)}
MONTHLY = {31 * month: 300 for month in range(8)}
#  rows by day | has a cursor | rows in all | what is expected | how many periods were looked at
DATABASES = [
    (EVEN, True, 1200, Expect(floor="35 per week", ceiling="280 per week"), 12),
    (QUIET_WEEK, True, 1144, Expect(floor="7 per week", ceiling="280 per week"), 12),
    (dict.fromkeys(range(40), 10), True, 400, Expect(floor="35 per week", ceiling="280 per week"), 4),
    (dict.fromkeys(range(20), 10), True, 200, Expect(floor=100, ceiling=800), None),
    (MONTHLY, True, 2400, Expect(floor="150 per month", ceiling="1200 per month"), 6),
    (EVEN | {40000: 5}, True, 1205, Expect(floor="35 per week", ceiling="280 per week"), 12),
    (EVEN, False, 1200, Expect(floor=600, ceiling=4800), None),
    ({0: 12345}, False, 12345, Expect(floor=6100, ceiling=49000), None),
    ({0: 1}, False, 1, Expect(floor=1, ceiling=4), None),
    ({}, True, 0, None, None),
]


@pytest.mark.parametrize(("days", "has_cursor", "rows", "expect", "looked_at"), DATABASES)
def test_a_database(
    bench: Bench, days: dict[int, int], has_cursor: bool, rows: int, expect: Expect | None, looked_at: int | None
) -> None:
    database(bench, rows_on(days), cursor="gxsj" if has_cursor else None)
    (proposal,) = propose(bench.platform(), bench.deployment(), bench.home, TODAY)
    assert (proposal.stream, proposal.rows, proposal.expect) == ("usage", rows, expect)
    assert (proposal.span.count if proposal.span else None) == looked_at
    assert not (bench.home / "landing").exists()


#  days of the rows in each file | what is expected
DELIVERIES = [
    ([range(30 * month, 30 * month + 30) for month in range(8)], Bound(150, "month")),
    ([range(7 * week, 7 * week + 7) for week in range(20)], Bound(35, "week")),
    ([range(240)], Bound(1200)),
]


@pytest.mark.parametrize(("files", "floor"), DELIVERIES, ids=["monthly", "weekly", "one file"])
def test_files_are_counted_when_they_are_delivered(bench: Bench, files: list[range], floor: Bound) -> None:
    """The rows of a monthly file are from every day of the month, and come all at once: no week has any by itself."""
    bench.access, bench.endpoint = {"family": "folder_files", "format": {"type": "csv"}}, {"url": "file:drop"}
    bench.stream = {"source": "*.csv", "cursor": None}
    for number, days in enumerate(files):
        write_csv(bench.home / "drop" / f"{number:02d}.csv", rows_on(dict.fromkeys(days, 10)))
    (proposal,) = propose(bench.platform(), bench.deployment(), bench.home, TODAY)
    assert proposal.expect is not None
    assert proposal.expect.floor == floor


def test_a_stream_that_cannot_be_read_is_told_and_the_others_are_proposed(bench: Bench) -> None:
    database(bench, rows_on(EVEN))
    platform = bench.platform()
    good = platform.file.streams["usage"]
    bad = good.model_copy(update={"fields": {k: v for k, v in good.fields.items() if k != "sq"}})
    file = platform.file.model_copy(update={"streams": {"case": bad, "usage": good}})
    proposals = propose(platform.model_copy(update={"file": file}), bench.deployment(), bench.home, TODAY)
    assert [(p.stream, p.rows, type(p.error)) for p in proposals] == [
        ("case", 0, ContractBroken), ("usage", 1200, type(None)),
    ]  # fmt: skip
