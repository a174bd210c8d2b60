"""Making a province: its people live, its platforms write, and what they wrote is kept under the home."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from province.estate import habits
from province.habits import Habit
from province.rendering import render
from province.serve_store import save_rows
from schemas.tables.intake import PROGRAM_STREAMS

FIRST_MOMENT = datetime.fromisoformat("2026-09-30T23:59:59+08:00")
"""The clock of a new province: the last moment of the window."""
WORKERS = 2
WINDOW = (date(2026, 7, 1), date(2026, 9, 30))


class People(Protocol):
    """What a population hands over (see :func:`province.population.populate`)."""

    @property
    def streams(self) -> dict[str, pa.Table]:
        """Stream -> canonical events of all platforms."""
        ...

    @property
    def communities(self) -> list[str]:
        """Codes of the communities that take part."""
        ...

    def write_truth(self, folder: Path) -> None:
        """Write the planted truth into an existing folder."""
        ...


def make_province(home: Path, seed: int, residents: int, communities: int) -> People:
    """Make a province in ``home/province``: ``data`` (what platforms hold), ``truth`` (what is so), ``province.json``.

    Returns the people. Deterministic in (seed, residents, communities). What was there before is replaced; the clock
    is set to the end of the window.
    """
    from province.population import populate  # takes a second to import; serving needs none of it

    people = populate(habits(), seed, residents, communities)
    keep_province(home, people, seed, residents)
    return people


def keep_province(home: Path, people: People, seed: int, residents: int) -> None:
    """Render what people did and keep it. ``province.json`` is written last: without it there is no province."""
    folder = home / "province"
    (folder / "province.json").unlink(missing_ok=True)
    for name in ("data", "truth", "files"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for stream in PROGRAM_STREAMS:
        render_stream(people.streams[stream], stream, seed, folder / "data")
    (folder / "truth").mkdir(parents=True)
    people.write_truth(folder / "truth")
    facts = {
        "seed": seed,
        "residents": residents,
        "communities": list(people.communities),
        "as_of": FIRST_MOMENT.isoformat(),
        "window": [day.isoformat() for day in WINDOW],
    }
    (folder / "province.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


def render_stream(events: pa.Table, stream: str, seed: int, folder: Path) -> None:
    """Render one stream of all platforms that have it; a platform without events keeps an empty one with its fields."""
    events = events.take(pc.sort_indices(events, sort_keys=[("platform_id", "ascending")]))
    owners = events.column("platform_id").combine_chunks().dictionary_encode()
    spans = _spans(owners)

    def render_platform(habit: Habit) -> None:
        start, stop = spans.get(habit.platform_id, (0, 0))
        rows = render(events.slice(start, stop - start), habit, stream, seed)
        save_rows(rows, data_path(folder, habit, stream), as_json=is_http(habit))

    with ThreadPoolExecutor(WORKERS) as pool:  # Arrow lets go of the interpreter while it works
        list(pool.map(render_platform, (h for h in habits() if stream in h.streams)))


def is_http(habit: Habit) -> bool:
    """Whether a platform is asked over HTTP."""
    return habit.family in ("http_page", "http_cursor")


def data_path(folder: Path, habit: Habit, stream: str) -> Path:
    """Where a platform's rendered stream is kept."""
    return folder / habit.platform_id / f"{stream}.arrow"


def _spans(owners: pa.DictionaryArray) -> dict[str, tuple[int, int]]:
    """Platform id -> first row and row after the last; rows are sorted by platform."""
    counts = pc.value_counts(owners)
    spans, start = {}, 0
    for platform_id, count in zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True):
        spans[platform_id] = (start, start + count)
        start += count
    return spans
