"""State that the flow goes on from: cursors, batches, freshness. Read from what is published, written with what is
built.

A cursor is published with the rows it covers, so it can't run ahead of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.errors import GateStopped
from schemas.expect import PERIODS, RowsBefore
from schemas.receipts import Cursor
from schemas.tables import control
from warehouse import reader
from warehouse.build import Build
from warehouse.queries import guarded, query
from warehouse.structure import replace_table

Stream = tuple[str, str]
"""Platform id and stream."""


def published_cursors(home: Path) -> dict[Stream, Cursor]:
    """How far each stream has been read and published; empty before the first generation."""
    rows = _published(home, "SELECT platform_id, stream, cursor_json FROM warehouse.ctl_cursor")
    return {(platform, stream): Cursor.from_dict(json.loads(text)) for platform, stream, text in rows}


def cursor_batches(home: Path) -> dict[Stream, str]:
    """The batch that each published cursor comes from."""
    rows = _published(home, "SELECT platform_id, stream, batch_id FROM warehouse.ctl_cursor")
    return {(platform, stream): batch_id for platform, stream, batch_id in rows}


def published_batches(home: Path) -> set[str]:
    """Ids of the batches that the published generation holds."""
    return {b for (b,) in _published(home, "SELECT DISTINCT batch_id FROM warehouse.ctl_batch")}


def published_setting(home: Path, name: str) -> str | None:
    """What the published generation says of a setting; None where it says nothing."""
    rows = _published(home, "SELECT value FROM warehouse.ctl_setting WHERE name = ?", name)
    return rows[0][0] if rows else None


def landed_before(home: Path, as_of: datetime) -> dict[Stream, RowsBefore]:
    """What was landed and published of each stream, seen from ``as_of``: floors and ceilings are judged on it. The time
    of a batch is that of the run that loaded it."""
    if not reader.is_published(home):
        return {}
    since = {period: as_of - span for period, span in PERIODS.items()}
    with reader.connect(home) as con, guarded("published generation"):
        rows = con.execute(query("landed_before"), since).to_arrow_table().to_pylist()
    return {
        (row["platform_id"], row["stream"]): RowsBefore(as_of, row["first_at"], {p: row[f"{p}_rows"] for p in PERIODS})
        for row in rows
    }


def _published(home: Path, text: str, *values: str) -> list[tuple[Any, ...]]:
    if not reader.is_published(home):
        return []
    with reader.connect(home) as con, guarded("published generation"):
        return con.execute(text, values).fetchall()


def set_platform_states(build: Build, attempts: Sequence[Mapping[str, Any]]) -> int:
    """Write how fresh each platform is; returns how many are stale. Call after loading.

    ``attempts``: the last attempt of each platform: ``platform_id``, ``at`` (ISO 8601), ``ok``, ``batch_id`` (None when
    nothing was new), ``error_code``, ``error_text``. A platform is stale when its last attempt failed, or when what it
    brought was not loaded (a gate stopped it). One without an attempt keeps the state it had.
    """
    columns = ("platform_id", "at", "ok", "batch_id", "error_code", "error_text")
    types = [pa.string(), pa.string(), pa.bool_(), pa.string(), pa.string(), pa.string()]
    schema = pa.schema(list(zip(columns, types, strict=True)))
    build.con.register("attempts", pa.Table.from_pylist([dict(a) for a in attempts], schema=schema))
    with guarded("platform states"):
        build.con.execute(
            query("platform_states"),
            {"stopped": GateStopped.code, "stopped_text": f"{GateStopped.title_zh} {GateStopped.title_en}"},
        )
        rows = build.con.execute("SELECT * FROM platform_states").to_arrow_table()
        replace_table(build.con, "ctl_platform_state", rows)
    build.con.unregister("attempts")
    stale = build.con.execute("SELECT count(*) FROM warehouse.ctl_platform_state WHERE is_stale").fetchone()
    return int(stale[0]) if stale else 0


def write_settings(build: Build, settings: Mapping[str, str]) -> None:
    """Set what figures depend on (window, scope size) in ``ctl_setting``; other names keep their
    value."""
    held = dict(build.con.execute("SELECT name, value FROM warehouse.ctl_setting").fetchall())
    merged = sorted({**held, **settings}.items())
    rows = [{"name": name, "value": value} for name, value in merged]
    replace_table(build.con, "ctl_setting", pa.Table.from_pylist(rows, schema=arrow_schema(control.SETTING)))
