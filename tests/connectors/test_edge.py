"""The cursor's edge, as a table: what was read, what comes next, what is taken."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from connectors.edge import Edge, rewound
from schemas.receipts import Cursor

Rows = list[tuple[str, str | None]]


def _table(rows: Rows) -> pa.Table:
    return pa.table({"k": [k for k, _ in rows], "t": pa.array([t for _, t in rows], pa.string())})


def _run(cursor: Cursor, *units: Rows, salt: bytes = b"s") -> tuple[list[str], Cursor]:
    edge, taken = Edge(cursor, "t", None, salt), []
    for unit in units:
        table = _table(unit)
        new = edge.new_rows(table)
        taken += (table if new is None else table.filter(new)).column("k").to_pylist()
    return taken, edge.after()


A, B, C, D = (f"2026-07-01 00:00:0{n}" for n in range(4))


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ([("1", A), ("2", B)], [("2", B)], []),
        ([("1", A), ("2", B)], [("2", B), ("3", B)], ["3"]),
        ([("1", A), ("2", B)], [("2", B), ("3", C)], ["3"]),
        ([("1", A), ("2", B)], [("1", A), ("2", B), ("3", C)], ["3"]),
        ([("2", B), ("1", A)], [("2", B), ("4", D), ("3", C)], ["4", "3"]),
        ([("1", A)], [("1x", A)], ["1x"]),
        ([("1", None), ("2", B)], [("1", None), ("2", B), ("3", None)], ["3"]),
        ([("1", None)], [("1", None), ("2", A)], ["2"]),
        ([], [("1", A)], ["1"]),
        ([("1", A)], [], []),
    ],
)
def test_second_run_takes_what_is_new(first: Rows, second: Rows, taken: list[str]) -> None:
    got, cursor = _run(Cursor(), first)
    assert got == [k for k, _ in first]
    got, cursor = _run(cursor, second)
    assert got == taken
    assert _run(cursor, second)[0] == []


def test_ties_spread_over_units_are_all_remembered() -> None:
    _, cursor = _run(Cursor(), [("1", A), ("2", B)], [("3", B)], [("4", A)])
    assert cursor.value == B
    assert len(cursor.ties) == 2


def test_time_in_the_future_does_not_hide_what_comes_after() -> None:
    first, cursor = _run(Cursor(), [("1", A), ("typo", "2099-01-01 00:00:00")])
    assert (sorted(first), cursor.value) == (["1", "typo"], A)
    assert _run(cursor, [("typo", "2099-01-01 00:00:00"), ("2", B)])[0] == ["2"]


def test_value_is_kept_as_the_source_writes_it() -> None:
    assert _run(Cursor(), [("1", "2026年7月1日 8:05:09")])[1].value == "2026年7月1日 8:05:09"


def test_hashes_depend_on_the_key_of_the_home() -> None:
    ties = {_run(Cursor(), [("1", A)], salt=salt)[1].ties[0] for salt in (b"", b"one", b"two")}
    assert len(ties) == 3


def test_without_a_field_everything_is_new() -> None:
    assert Edge(Cursor(B), None).new_rows(_table([("1", A)])) is None


DAY = date(2026, 7, 3)
BEIJING = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("%Y-%m-%d %H:%M:%S", None),
        ("%Y-%m-%dT%H:%M:%S.%f", None),
        ("%Y-%m-%dT%H:%M:%S+08:00", None),
        ("%Y/%m/%d", None),
        ("%Y年%m月%d日%H时%M分", None),
        ("%Y%m%d%H%M%S", None),
        ("%s", None),
        ("%s000", None),
        ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
        ("%-Y-%-m-%-d %-H:%M", None),
    ],
)
def test_a_cursor_set_back_brings_what_came_since_the_day(written: str, pattern: str | None) -> None:
    """Rows of the day and after come again, however the source writes its times; where its writing can't be imitated,
    all do. Those before the day don't, where it can."""
    times = [datetime(2026, 7, day, 8, 5, tzinfo=BEIJING).strftime(written) for day in (1, 3, 4, 9)]
    before = Cursor(times[-1], ["h"], {"sha": "file"})
    after = rewound(before, DAY, pattern)
    assert after.units == before.units
    assert after.ties == []
    table = _table([(str(n), time) for n, time in enumerate(times)])
    new = Edge(after, "t", pattern, b"s").new_rows(table)
    taken = table if new is None else table.filter(new)
    is_whole = "%-m" in written
    assert taken.column("k").to_pylist() == (["0"] if is_whole else []) + ["1", "2", "3"]
    assert rewound(Cursor(times[0]), DAY, pattern) == Cursor(times[0]), "what is earlier stays"
    assert rewound(Cursor(), DAY, pattern) == Cursor()
