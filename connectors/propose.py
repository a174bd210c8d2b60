"""What may be expected of a source, proposed from one full read: nothing is landed, only days are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract import Contract
from connectors.families import family_of, open_source
from connectors.families.base import Source
from connectors.ordering import order_key
from schemas.errors import LiandaoError
from schemas.expect import Bound, Expect
from schemas.platform_file import Deployment, Platform, StreamFile
from schemas.receipts import Cursor
from schemas.streams import event_time

_LOOKED_AT = {"week": 12, "month": 12, "year": 3}
"""Whole periods that are looked at, counted back from the newest row; the first and the last seen are never whole."""
_FEWEST = {"week": 4, "month": 3, "year": 1}
"""With fewer whole periods nothing can be said."""
_LEAST = 10
"""A quietest period with fewer rows makes no floor."""
_FLOOR, _CEILING = 0.5, 4
"""A floor is half of the quietest period, a ceiling four times the busiest: updates land a row again."""


@dataclass(frozen=True, slots=True)
class Span:
    """``count`` whole periods, with the rows of the quietest and of the busiest."""

    period: str
    count: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one stream showed. ``rows``: of the full read; ``span``: what the bounds were taken from, None when from the
    full read; ``expect``: None when there was no row, or when it could not be read (``error``)."""

    stream: str
    rows: int = 0
    span: Span | None = None
    expect: Expect | None = None
    error: LiandaoError | None = None


def propose(platform: Platform, deployment: Deployment, home: Path, today: date) -> list[Proposal]:
    """Read every stream from the beginning, count, and propose floor and ceiling.

    Raises a LiandaoError when the platform can't be opened; that of a single stream is in its proposal.
    """
    with open_source(platform, deployment, home) as source:
        return [_propose(platform, source, name, stream, today) for name, stream in platform.file.streams.items()]


def _propose(platform: Platform, source: Source, name: str, stream: StreamFile, today: date) -> Proposal:
    contract = Contract(f"{platform.platform_id}.{name}", stream)
    by_file = family_of(platform).reads_files
    field = _time_field(name, stream)
    pattern = stream.formats.get(stream.fields[field]) if field else None
    rows, days = 0, Counter[date]()
    try:
        for unit in source.read(stream, Cursor()):
            if unit.table.num_columns:
                contract.check_fields(unit.table.column_names, unit.name)
                rows += unit.table.num_rows
                seen = _days(unit.table, field, pattern, today)
                days += Counter({max(seen): unit.table.num_rows}) if by_file and seen else seen
    except LiandaoError as error:
        return Proposal(name, error=error)
    span = _span(days) if stream.cursor or by_file else None
    return Proposal(name, rows, span, _expect(rows, span))


def _time_field(name: str, stream: StreamFile) -> str | None:
    """The field of the event's time, else that of the cursor."""
    by_column = {column: source for source, column in stream.fields.items()}
    return by_column.get(event_time(name), stream.cursor)


def _days(table: pa.Table, field: str | None, pattern: str | None, today: date) -> Counter[date]:
    """Rows by day; times that can't be read, or lie in the future, are left out."""
    if field is None or field not in table.column_names:
        return Counter()
    keys = pc.utf8_slice_codeunits(order_key(table.column(field), pattern), 0, 8)
    counts = pc.value_counts(pc.drop_null(keys)).to_pylist()
    latest = f"{today + timedelta(days=2):%Y%m%d}"
    return Counter({_day(c["values"]): c["counts"] for c in counts if c["values"] <= latest and _is_day(c["values"])})


def _span(days: Counter[date]) -> Span | None:
    """The shortest period of which every whole one had rows enough."""
    for period, looked_at in _LOOKED_AT.items():
        counts = list(_whole(days, period))[-looked_at:]
        if len(counts) >= _FEWEST[period] and min(counts) >= _LEAST:
            return Span(period, len(counts), min(counts), max(counts))
    return None


def _whole(days: Counter[date], period: str) -> Iterator[int]:
    """Rows of each whole period between the first and the last day, those without any included."""
    numbers = Counter[int]()
    for day, count in days.items():
        numbers[_number(day, period)] += count
    if numbers:
        yield from (numbers[n] for n in range(min(numbers) + 1, max(numbers)))


def _number(day: date, period: str) -> int:
    if period == "week":
        return (day.toordinal() - 1) // 7  # Monday to Sunday
    return day.year * 12 + day.month if period == "month" else day.year


def _expect(rows: int, span: Span | None) -> Expect | None:
    if rows == 0:
        return None
    least, most, period = (span.least, span.most, span.period) if span else (rows, rows, None)
    return Expect(floor=Bound(_rounded(least * _FLOOR), period), ceiling=Bound(_rounded(most * _CEILING), period))


def _rounded(number: float) -> int:
    """Two digits are enough for a bound; a bound of nothing would be none."""
    size: int = 10 ** max(0, len(str(int(number))) - 2)
    return max(1, int(number) // size * size)


def _is_day(digits: str) -> bool:
    try:
        return _day(digits).year >= 2000
    except ValueError:
        return False


def _day(digits: str) -> date:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
