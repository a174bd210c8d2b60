"""Past runs as ``liandao runs`` lists them, and the one that is on, with when it will probably end."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from liandao.answers.plain import RunDetail, RunRow, RunStepRow
from liandao.home import now
from liandao.observe.events import EventDict, read_events
from liandao.observe.history import RUN, Usual, probable_end, read_usual, steps_told
from schemas.errors import UsageError
from warehouse import run_steps
from warehouse.lock import run_lock_path

SILENCE = timedelta(hours=3)
"""After so long without a word, a run that nothing else shows to be on was cut off: no task of Airflow lasts longer."""
Told = list[dict[str, Any]]


def list_runs(home: Path, last: int) -> list[RunRow]:
    """The last runs of a home, newest first."""
    usual = read_usual(home).get((RUN, None))
    with run_steps.open_history(home, lambda since: _told(home, since)) as con:
        rows = run_steps.runs(con, last)
    newest = rows[0]["run_id"] if rows else None
    return [_run_row(home, row, usual, newest=row["run_id"] == newest) for row in rows]


def show_run(home: Path, run_id: str) -> RunDetail:
    """One run with its steps, how long each usually takes beside it. Raises UsageError for a run that nothing tells
    of."""
    usual = read_usual(home)
    with run_steps.open_history(home, lambda since: _told(home, since)) as con:
        rows = [row for row in run_steps.runs(con, -1) if row["run_id"] == run_id]
        steps = run_steps.steps_of(con, run_id)
    if not rows:
        raise UsageError("nothing tells of this run", where="RUN", found=run_id, next_step="liandao runs")
    return RunDetail(_run_row(home, rows[0], usual.get((RUN, None)), newest=True), [_step_row(s, usual) for s in steps])


def _told(home: Path, since: datetime | None) -> Told:
    """What events say that is not published yet; a run that has not ended is there by its beginning alone."""
    events = read_events(home, since)
    rows = steps_told(events)
    ended = {e["run_id"] for e in events if e["kind"] == "run.ended"}
    begun = [e for e in events if e["kind"] == "run.started" and e["run_id"] not in ended]
    return [*rows, *map(_beginning, begun)]


def _beginning(event: EventDict) -> dict[str, Any]:
    return {"event_id": event["id"], "run_id": event["run_id"], "step_code": "begin", "started_at": event["at"]}


def _run_row(home: Path, row: dict[str, Any], usual: Usual | None, *, newest: bool) -> RunRow:
    started, ended = row["started_at"], row["ended_at"]
    if row["is_ended"]:
        state = "failed" if row["error_code"] else "done"
    else:
        state = "running" if newest and _is_on(home, started, ended) else "interrupted"
    is_on = state == "running"
    likely, latest = probable_end(usual, started) if is_on and usual else (None, None)
    return RunRow(
        run_id=row["run_id"],
        state=state,
        started_at=started,
        ended_at=None if is_on else ended,
        seconds=None if is_on else row["seconds"],
        error_code=row["error_code"],
        generation=row["generation"],
        platforms_read=row["platforms_read"],
        platforms_failed=row["platforms_failed"],
        lines_stopped=row["lines_stopped"],
        rows=row["row_count"],
        refused=row["refused_count"],
        probable_end=likely,
        nine_in_ten_end=latest,
    )


def _step_row(step: dict[str, Any], usual: dict[tuple[str, str | None], Usual]) -> RunStepRow:
    platform_id, code = step["platform_id"], step["step_code"]
    usually = usual.get((code, platform_id or step["line_id"]))
    return RunStepRow(
        step=code,
        platform_id=platform_id,
        line_id=step["line_id"],
        started_at=step["started_at"],
        seconds=step["seconds"],
        rows=step["row_count"],
        refused=step["refused_count"],
        error_code=step["error_code"],
        usual_seconds=usually.median_seconds if usually else None,
        p90_seconds=usually.p90_seconds if usually else None,
        samples=usually.samples if usually else 0,
    )


def _is_on(home: Path, started_at: datetime, last_told: datetime) -> bool:
    """Whether a run that has not ended is on: the process that took the home for it lives; or, where none did (Airflow
    takes it step by step), it has been heard of lately."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        owner = json.loads(run_lock_path(home).read_text(encoding="utf-8"))
        own = owner["host"] == socket.gethostname()
        if own and datetime.fromisoformat(owner["since"]) >= started_at - timedelta(seconds=2):
            return _lives(int(owner["pid"]))
    return now() - last_told < SILENCE


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
