"""The events file of a home: appended by every process that does something, read by whoever watches.

One line is one ``write`` to a file opened for appending, so lines of several processes don't mix. Nothing is forced to
disk: after a power cut the last lines may be missing or torn, and what the warehouse says still holds. A reader passes
over a line that is not whole, and a writer that finds one begins a new line after it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from pydantic import ValidationError

from liandao.home import new_id, now
from schemas.events import Event

LOG = logging.getLogger(__name__)
FOLDER = "events"
BLOCK = 1 << 16
OUT_OF_ORDER = timedelta(minutes=10)
"""How much earlier than its neighbours a line may be: processes write side by side, and clocks are set."""
LONGEST_RUN = timedelta(days=2)
"""How far back the events of the run that has just ended are looked for."""

EventDict = dict[str, Any]
"""A line as read back (see ``schemas.events``): one that a later version wrote may be of a kind unknown here. ``at`` is
a datetime."""


def tell(home: Path, kind: type[Event], **fields: Any) -> None:
    """Append one event, now. One that does not fit its kind, or a home that can't be written to, costs the event and
    not the run: it is logged."""
    moment = now()
    try:
        line = kind(id=new_id("e"), at=moment, **fields).model_dump_json().encode() + b"\n"
        append(home / FOLDER / f"{moment:%Y-%m}.jsonl", line)
    except (OSError, ValidationError) as error:
        LOG.warning("an event was lost: %s", type(error).__name__)


def append(path: Path, line: bytes) -> None:
    """Add one line (or several, whole ones) to a file that other processes may be adding to. Raises OSError."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, b"\n" + line if _is_torn(handle) else line)
    finally:
        os.close(handle)


def _is_torn(handle: int) -> bool:
    """Whether the file's last line has no end, and nobody is writing it just now (a line may grow page by page)."""
    size = -1
    while (now_size := os.fstat(handle).st_size) > 0 and os.pread(handle, 1, now_size - 1) != b"\n":
        if now_size == size:
            return True
        size = now_size
        sleep(0.001)
    return False


def read_events(home: Path, since: datetime | None = None) -> list[EventDict]:
    """Events of a home, oldest first; those at or after ``since``, of which only the end of the files is read."""
    events: list[EventDict] = []
    for path in sorted((home / FOLDER).glob("*.jsonl"), reverse=True):
        for event in _backwards(path):
            if since is not None and event["at"] < since - OUT_OF_ORDER:
                return _sorted(events, since)
            events.append(event)
    return _sorted(events, since)


def last_run(home: Path) -> str | None:
    """The run that began last; None where no event tells of one."""
    for path in sorted((home / FOLDER).glob("*.jsonl"), reverse=True):
        for event in _backwards(path):
            if event["kind"] == "run.started":
                return str(event["run_id"])
    return None


def run_error(told: Iterable[EventDict], run_id: str | None) -> str | None:
    """Code of the error that a run ended with early: of a step that failed and was not done afterwards."""
    failed: dict[str, str] = {}
    for event in told:
        if event.get("run_id") == run_id and event["kind"] == "step.failed":
            failed[event["step"]] = event["error_code"]
        elif event.get("run_id") == run_id and event["kind"] == "step.done":
            failed.pop(event["step"], None)
        elif event.get("run_id") == run_id and event["kind"] == "run.ended" and event["error_code"]:
            failed.setdefault("run", event["error_code"])
    return next(iter(failed.values()), None)


def _sorted(events: list[EventDict], since: datetime | None) -> list[EventDict]:
    return [e for e in reversed(events) if since is None or e["at"] >= since]


def _backwards(path: Path) -> Iterator[EventDict]:
    """The whole lines of one file, last first."""
    with path.open("rb") as file:
        end, rest = file.seek(0, os.SEEK_END), b""
        while end > 0:
            start = max(0, end - BLOCK)
            file.seek(start)
            first, *lines = (file.read(end - start) + rest).split(b"\n")
            for line in reversed(lines):
                if (event := _parsed(line)) is not None:
                    yield event
            end, rest = start, first
        if (event := _parsed(rest)) is not None:
            yield event


def _parsed(line: bytes) -> EventDict | None:
    """One event; None for a line that is empty, torn, or no event."""
    try:
        event: EventDict = json.loads(line)
        moment = datetime.fromisoformat(event["at"])
        return {**event, "at": moment} if moment.tzinfo and isinstance(event["kind"], str) else None
    except (ValueError, TypeError, KeyError):
        return None
