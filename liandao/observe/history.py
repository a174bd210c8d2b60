"""History of runs: what events told, as rows of ``ctl_run_step``, and how long things usually take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from liandao.observe.events import EventDict, read_events
from schemas.errors import GateStopped
from warehouse import run_steps
from warehouse.build import Build

SAMPLES = 30
"""Runs that say how long a step usually takes: the last ones."""
LEAST_SAMPLES = 5
"""Of fewer runs nothing usual is said."""
RUN, READ, JUDGE = "run", "read", "judge"
OF_RUNS = ("run.ended", "step.done", "step.failed")
OF_PLATFORMS = ("platform.read", "platform.failed", "gate.judged", "gate.failed")


def steps_told(events: Iterable[EventDict], run_id: str | None = None) -> list[dict[str, Any]]:
    """Rows of ``ctl_run_step``, in the order of the events.

    What platforms and lines did belongs to the run from the command line that was on; else to the next one that began,
    which loaded it; else to ``run_id``.
    """
    rows: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    running: str | None = None
    for event in events:
        kind = event["kind"]
        if kind == "run.started":
            running = event["run_id"]
            for row in waiting:
                row["run_id"] = running
            waiting = []
        elif kind in OF_RUNS or kind in OF_PLATFORMS:
            rows.append(_row(event, running))
            if kind in OF_PLATFORMS and running is None:
                waiting.append(rows[-1])
        if kind == "run.ended":
            running = None
    for row in waiting:
        row["run_id"] = run_id
    return rows


def _row(event: EventDict, running: str | None) -> dict[str, Any]:
    seconds = event.get("seconds")
    return {
        "event_id": event["id"],
        "run_id": event.get("run_id", running),
        "step_code": event.get("step") or _STEPS[event["kind"]],
        "platform_id": event.get("platform_id"),
        "line_id": event.get("line_id"),
        "started_at": event["at"] - timedelta(seconds=seconds or 0),
        "seconds": seconds,
        "row_count": event.get("extracted"),
        "refused_count": event["quarantined"] + event["dropped"] if "quarantined" in event else None,
        "error_code": event.get("error_code") or (None if event.get("passed", True) else GateStopped.code),
    }


_STEPS = {
    "run.ended": RUN,
    "platform.read": READ,
    "platform.failed": READ,
    "gate.judged": JUDGE,
    "gate.failed": JUDGE,
}


def keep_steps(build: Build) -> None:
    """Write into a build what events have told since the newest step that it holds."""
    events = read_events(build.home, run_steps.newest_step(build.con))
    run_steps.append_steps(build, steps_told(events, build.run_id))


@dataclass(frozen=True, slots=True)
class Usual:
    """How long a step, or one platform or line in it, usually takes: median and ninth decile in seconds, over so many
    runs."""

    samples: int
    median_seconds: float
    p90_seconds: float


Subject = tuple[str, str | None]
"""Step, and the platform that is read or the line that is judged in it."""


def read_usual(home: Path) -> dict[Subject, Usual]:
    """How long steps usually take in a home; those that fewer than five runs speak of are left out."""
    with run_steps.open_history(home, lambda since: steps_told(read_events(home, since))) as con:
        rows = run_steps.usual_seconds(con, SAMPLES)
    return {
        (row["step_code"], row["platform_id"] or row["line_id"]): Usual(
            row["samples"], round(row["median_seconds"], 3), round(row["p90_seconds"], 3)
        )
        for row in rows
        if row["samples"] >= LEAST_SAMPLES
    }


def probable_end(usual: Usual, started_at: datetime) -> tuple[datetime, datetime]:
    """When a run that began then will probably end, and by when nine of ten did."""
    return started_at + timedelta(seconds=usual.median_seconds), started_at + timedelta(seconds=usual.p90_seconds)
