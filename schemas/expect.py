"""How many rows of a stream are plausible, and what has to be known of earlier batches to judge that.

An incremental read of one night says nothing about a source's size, so no bound is ever judged on one: a bound is
either for a read from the beginning, or for a period over which the rows landed are added up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema

PERIODS: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}
"""Months and years are as long as the longest: what comes once a month is then always within the last one."""
_PER = re.compile(rf"(\d+) per ({'|'.join(PERIODS)})")
_WRITING = f"a number of rows, alone or 'per' one of {', '.join(PERIODS)}: 1000, or 500 per week"


@dataclass(frozen=True, slots=True)
class Bound:
    """``rows`` of one read, or of the last ``period`` (a name of :data:`PERIODS`)."""

    rows: int
    period: str | None = None

    def __str__(self) -> str:
        return f"{self.rows} per {self.period}" if self.period else str(self.rows)


def parse_bound(value: Any) -> Bound:
    """``1000`` or ``500 per week``; raises ValueError, as pydantic wants it."""
    if isinstance(value, Bound):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Bound(value)
    match = _PER.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"is not {_WRITING}")
    return Bound(int(match[1]), match[2])


BoundText = Annotated[
    Bound,
    PlainValidator(parse_bound),
    PlainSerializer(lambda bound: str(bound) if bound.period else bound.rows),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^{_PER.pattern}$"}]}),
]


class Expect(BaseModel):
    """How many rows are plausible; both may be left out.

    ``floor``: fewer stop the stream. A plain number is for a full read (from the beginning, or of a stream without a
    cursor; of files, the first read); ``500 per week`` is for the rows landed over the last week, as soon as the
    stream has been read for so long. ``ceiling``: more are warned of; a plain number is for one batch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    floor: BoundText | None = None
    ceiling: BoundText | None = None


@dataclass(frozen=True, slots=True)
class RowsBefore:
    """What was landed of a stream before this batch, seen from ``as_of``. ``first_at``: time of its first batch;
    ``within``: period -> rows of the batches within it."""

    as_of: datetime | None = None
    first_at: datetime | None = None
    within: Mapping[str, int] = field(default_factory=dict)

    def covers(self, period: str) -> bool:
        """True when the stream has been read for so long that a whole period is known of it, its first load (which
        brings what gathered before) left out."""
        if self.as_of is None or self.first_at is None:
            return False
        return self.first_at <= self.as_of - PERIODS[period]

    def with_batch(self, at: datetime, rows: int, as_of: datetime) -> RowsBefore:
        """The same with one batch more, landed at ``at``."""
        recent = {p: self.within.get(p, 0) + (rows if at > as_of - span else 0) for p, span in PERIODS.items()}
        return RowsBefore(as_of, min(at, self.first_at or at), recent)
