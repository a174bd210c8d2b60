"""State that the flow goes on from: cursors, batches, freshness. Read from what is published, written with what is
built.

A cursor is published with the rows it covers, so it can't run ahead of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.columns import ZONE, Tier
from schemas.errors import GateStopped
from schemas.expect import PERIODS, RowsBefore
from schemas.receipts import Cursor
from schemas.tables import control
from warehouse import places, reader
from warehouse.build import Build
from warehouse.queries import guarded, query
from warehouse.structure import replace_table

Stream = tuple[str, str]
"""Platform id and stream."""


@dataclass(frozen=True, slots=True)
class PublishedState:
    """What a published generation (None before the first) says of every stream: ``cursors`` and the batch that each is
    ``read_by``, when and how many rows were ``landed`` of it (floors and ceilings are judged on it; the time of a batch
    is that of the run that loaded it), and the ``batches`` that it holds."""

    generation: int | None
    cursors: dict[Stream, Cursor]
    read_by: dict[Stream, str]
    landed: dict[Stream, RowsBefore]
    batches: frozenset[str]


def read_published(home: Path, as_of: datetime | None = None) -> PublishedState:
    """What the published generation says. ``as_of``: the moment from which the last day, week, month and year are
    counted back, by default now."""
    generation = places.current_generation(home)
    if generation is None:
        return PublishedState(None, {}, {}, {}, frozenset())
    moment = as_of or datetime.now(tz=ZoneInfo(ZONE))
    since = {period: moment - span for period, span in PERIODS.items()}
    with reader.connect_generation(home, generation) as con, guarded("published generation"):
        cursors = con.execute("SELECT platform_id, stream, cursor_json, batch_id FROM warehouse.ctl_cursor").fetchall()
        batches = con.execute("SELECT DISTINCT batch_id FROM warehouse.ctl_batch").fetchall()
        rows = con.execute(query("landed_before"), since).to_arrow_table().to_pylist()
    return PublishedState(
        generation,
        {(platform, stream): Cursor.from_dict(json.loads(text)) for platform, stream, text, _ in cursors},
        {(platform, stream): batch_id for platform, stream, _, batch_id in cursors},
        {(row["platform_id"], row["stream"]): _rows_before(moment, row) for row in rows},
        frozenset(batch_id for (batch_id,) in batches),
    )


def _rows_before(moment: datetime, row: Mapping[str, Any]) -> RowsBefore:
    return RowsBefore(moment, row["first_at"], {period: row[f"{period}_rows"] for period in PERIODS})


def still_published(home: Path, before: PublishedState) -> PublishedState:
    """What is published now: the same, unless another run has published in the meantime."""
    return before if places.current_generation(home) == before.generation else read_published(home)


@dataclass(frozen=True, slots=True)
class GenerationFacts:
    """What a generation says of itself: the run that made it, the last of those that it knows (empty where none is
    written down), its content ``checksum``, its ``settings`` and the ``batches`` that it holds."""

    run_id: str
    checksum: str
    settings: Mapping[str, str | None]
    batches: frozenset[str]


def generation_facts(home: Path, generation: int) -> GenerationFacts:
    """What one of the generations kept says of itself."""
    file = (places.generation_folder(home, generation) / places.FILES[Tier.WAREHOUSE]).stat()
    return _read_facts(home, generation, file.st_ino, file.st_mtime_ns)


@lru_cache(maxsize=8)
def _read_facts(home: Path, generation: int, _inode: int, _mtime_ns: int) -> GenerationFacts:
    """A generation never changes, and every step asks it: opening its file costs more than reading it. Inode and time
    tell it from another that took its place."""
    with reader.connect_generation(home, generation) as con, guarded("published generation"):
        run = con.execute("SELECT run_id, checksum FROM warehouse.ctl_run ORDER BY generation DESC LIMIT 1").fetchone()
        settings = dict(con.execute("SELECT name, value FROM warehouse.ctl_setting").fetchall())
        batches = con.execute("SELECT DISTINCT batch_id FROM warehouse.ctl_batch").fetchall()
    run_id, checksum = run or ("", "")
    return GenerationFacts(run_id, checksum or "", settings, frozenset(batch_id for (batch_id,) in batches))


def published_facts(home: Path) -> GenerationFacts | None:
    """What the published generation says of itself; None before the first."""
    generation = places.current_generation(home)
    return None if generation is None else generation_facts(home, generation)


def published_batches(home: Path) -> frozenset[str]:
    """Ids of the batches that the published generation holds."""
    facts = published_facts(home)
    return facts.batches if facts else frozenset()


def published_setting(home: Path, name: str) -> str | None:
    """What the published generation says of a setting; None where it says nothing."""
    facts = published_facts(home)
    return facts.settings.get(name) if facts else None


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
