"""The cursor's edge: what has been read already, and how far we are now.

A cursor is the text of the greatest change time seen (``value``) and the hashes of the rows seen at that very time
(``ties``). The next run asks for ``>= value``: asking for ``> value`` would lose a row that was written in the same
second after we looked. Rows that come again are recognised by hash and not taken twice. Rows without a readable
change time can't be placed before or after anything; they are always asked for and recognised by hash too. A change
time that lies in the future is a slip of somebody's clock or pen: it counts as unreadable, or one row of the year 2099
would hide everything that comes after it.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from connectors.ordering import order_key
from schemas.columns import ZONE
from schemas.receipts import Cursor

EPOCH_DIGITS = (10, 13)
"""How many digits Unix times in seconds and in milliseconds have, for as long as anybody will read this."""
ZONE_SUFFIX = r" ?(?:Z|[+-]\d{2}(?::?\d{2})?)$"
LEAD = timedelta(days=2)
"""How far ahead of this machine's clock a source's may run (zones included) before its times are not believed."""


class Edge:
    """Tells what is new since ``before`` and follows the greatest change time.

    ``field``: source field of the change time; with ``None`` everything is new and nothing moves.
    ``salt``: keys the hashes, so that a stored cursor can't be searched for a person's values.
    """

    def __init__(self, before: Cursor, field: str | None, pattern: str | None = None, salt: bytes = b"") -> None:
        self.before = before
        self._field, self._pattern, self._salt = field, pattern, salt[:64]
        self._known = frozenset(before.ties)
        self._floor = self._key_of(before.value)
        self._top, self._value = self._floor, before.value
        self._ties: set[str] = set(before.ties)
        self._undated: set[str] = set()
        self._latest = f"{datetime.now(tz=ZoneInfo(ZONE)) + LEAD:%Y%m%d%H%M%S}".ljust(23, "9")

    def new_rows(self, table: pa.Table) -> pa.BooleanArray | None:
        """Which rows are new: neither older than the edge nor identical to a row seen on it. None means all."""
        if self._field is None or self._field not in table.column_names or not table.num_rows:
            return None
        keys = order_key(table.column(self._field), self._pattern)
        keys = pc.if_else(pc.greater(keys, self._latest), pa.scalar(None, pa.string()), keys)
        self._follow(table, keys)
        if self._floor is None and not self._known:
            return None
        return self._is_new(table, keys)

    def after(self) -> Cursor:
        """The cursor once every new row is landed; files read are added by the caller."""
        return Cursor(self._value, sorted(self._ties | self._undated), dict(self.before.units))

    def _key_of(self, value: str | None) -> str | None:
        if value is None:
            return None
        key: str | None = order_key(pa.array([value], pa.string()), self._pattern)[0].as_py()
        return key

    def _is_new(self, table: pa.Table, keys: pa.Array) -> pa.BooleanArray:
        newer = pc.fill_null(pc.greater(keys, self._floor or ""), False)
        at_edge = pc.fill_null(pc.equal(keys, self._floor or ""), True)
        positions = pc.indices_nonzero(at_edge)
        unknown = [h not in self._known for h in self._hashes(table.take(positions))]
        return pc.replace_with_mask(newer, at_edge, pa.array(unknown, pa.bool_()))

    def _follow(self, table: pa.Table, keys: pa.Array) -> None:
        self._undated.update(self._hashes(table.filter(pc.is_null(keys))))
        top = pc.max(keys).as_py()
        if top is None or (self._top is not None and top < self._top):
            return
        at_top = pc.fill_null(pc.equal(keys, top), False)
        hashes = self._hashes(table.filter(at_top))
        if top != self._top:
            self._top, self._ties = top, set()
            self._value = table.column(self._field)[pc.index(at_top, True).as_py()].as_py()
        self._ties.update(hashes)

    def _hashes(self, rows: pa.Table) -> list[str]:
        return [_row_hash(row, self._salt) for row in rows.to_pylist()]


def rewound(cursor: Cursor, day: date, pattern: str | None) -> Cursor:
    """A cursor set back to the beginning of a day, written as the source writes its times; one that is earlier already,
    or whose writing can't be imitated, stays as it is or becomes the beginning, so that nothing is passed over."""
    if cursor.value is None:
        return cursor
    key = order_key(pa.array([cursor.value], pa.string()), pattern)[0].as_py()
    if key is None or key < f"{day:%Y%m%d}":
        return cursor
    written = _written_like(cursor.value, day, pattern)
    if written is None:
        return Cursor(units=dict(cursor.units))
    return Cursor(written, [], dict(cursor.units))


def _written_like(value: str, day: date, pattern: str | None) -> str | None:
    """Midnight of a day in the writing of ``value``; None where that is not to be told from it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    if pattern is not None:
        return midnight.strftime(pattern)
    digits = iter(f"{day:%Y%m%d}")
    if value.isdigit() and len(value) in EPOCH_DIGITS:
        return str(int(midnight.timestamp()) * 10 ** (len(value) - min(EPOCH_DIGITS)))
    text = re.sub(ZONE_SUFFIX, "", value)
    zone = value[len(text) :]
    text = "".join(next(digits, "0") if c.isdigit() else c for c in text)
    written: str | None = order_key(pa.array([text], pa.string()), pattern)[0].as_py()
    return text + zone if written is not None and written.startswith(f"{day:%Y%m%d}000000") else None


def _row_hash(row: dict[str, str | None], salt: bytes) -> str:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=salt).hexdigest()
