"""Bounds on rows as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.columns import ZONE
from schemas.expect import PERIODS, Bound, RowsBefore, parse_bound

NOW = datetime(2026, 9, 30, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        (0, Bound(0)),
        (1000, Bound(1000)),
        ("500 per week", Bound(500, "week")),
        (" 500 per week ", Bound(500, "week")),
        *[(f"7 per {period}", Bound(7, period)) for period in PERIODS],
    ],
)
def test_bounds(text: int | str, bound: Bound) -> None:
    assert parse_bound(text) == bound
    assert parse_bound(str(bound) if bound.period else bound.rows) == bound


WRONG = ["1000", "per week", "5 per hour", "5 per weeks", "5 a week", "-5 per week", -1, True, 1.5, []]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_bound(text: object) -> None:
    with pytest.raises(ValueError, match="500 per week"):
        parse_bound(text)


def test_rows_before_add_up() -> None:
    rows = RowsBefore(NOW)
    assert not any(rows.covers(period) for period in PERIODS)
    for days, count in ((400, 1000), (20, 100), (3, 10), (0.5, 1)):
        rows = rows.with_batch(NOW - timedelta(days=days), count, NOW)
    assert dict(rows.within) == {"day": 1, "week": 11, "month": 111, "year": 111}
    assert rows.first_at == NOW - timedelta(days=400)
    assert all(rows.covers(period) for period in PERIODS)
