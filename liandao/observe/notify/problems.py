"""What is wrong after a run, as those who are told need it: what, since when, how many rows wait, what to run next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from liandao.attempts import read_attempts
from liandao.batches import unpublished
from liandao.home import now
from liandao.names import platform_ids
from liandao.observe.events import LONGEST_RUN, EventDict, read_events, run_error
from liandao.settings import Settings
from schemas.errors import GateStopped, LiandaoError
from schemas.project import Project
from schemas.receipts import Receipt
from warehouse import reader

PLATFORM, LINE, MEASURE, RUN = "platform", "line", "measure", "run"
MEASURE_FAILED = "measure"
"""Stands for the code of a measure that was left out: measures fail without one."""
NEXT = {RUN: "liandao doctor", LINE: "liandao batch list", MEASURE: "liandao check"}


@dataclass(frozen=True, slots=True)
class Known(Receipt):
    """Problems as of the last look: subject -> error code, and since when (ISO 8601). In ``notify/.known.json``."""

    codes: dict[str, str] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``subject``: ``platform:ID``, ``line:ID``, ``measure:ID`` or ``run``; ``title``: what
    people call it; ``last_success``: of a platform; ``rows_waiting``: landed and not published; ``next_step``: a
    command."""

    subject: str
    code: str
    since: datetime
    title: str
    last_success: datetime | None
    rows_waiting: int
    next_step: str


def look(settings: Settings, run_id: str | None, before: Known) -> Known:
    """What is wrong now. ``run_id``: the run that has ended; what it did not come to is as it was ``before``."""
    home = settings.home
    told = [e for e in read_events(home, now() - LONGEST_RUN) if e.get("run_id") == run_id]
    error = run_error(told, run_id)
    codes = {f"{PLATFORM}:{name}": code for name, code in _failed_platforms(settings).items()}
    codes |= {f"{LINE}:{name}": GateStopped.code for name in _stopped_lines(settings)}
    codes |= ({RUN: error} if error else {}) | _of_measures(told, before)
    since = {subject: before.since[subject] for subject in codes if subject in before.since}
    return Known(codes, {subject: now().isoformat(timespec="seconds") for subject in codes} | since)


def _failed_platforms(settings: Settings) -> dict[str, str]:
    """Platforms of the project whose last attempt failed, with the error's code."""
    known = set(platform_ids(Project(settings.project).sources)) if settings.project else set()
    attempts = read_attempts(settings.home).values()
    return {a.platform_id: a.error_code or "" for a in attempts if not a.ok and a.platform_id in known}


def _stopped_lines(settings: Settings) -> set[str]:
    """Lines whose gate keeps batches of theirs out, as the published generation has it."""
    if settings.project is None or not reader.is_published(settings.home):
        return set()
    stopped = _published_states(settings.home, "error_code = ?", GateStopped.code)
    return {path.parent.name for path in Project(settings.project).sources.glob("*/*.yml") if path.stem in stopped}


def _published_states(home: Path, condition: str, *values: str) -> dict[str, datetime | None]:
    """Platform -> last success, of those that the published generation says something of."""
    with reader.connect(home) as con:
        text = f"SELECT platform_id, last_success_at FROM warehouse.ctl_platform_state WHERE {condition}"  # noqa: S608
        table = con.execute(text, values).to_arrow_table()
    return dict(zip(table["platform_id"].to_pylist(), table["last_success_at"].to_pylist(), strict=True))


def _of_measures(told: Iterable[EventDict], before: Known) -> dict[str, str]:
    done = [e for e in told if e["kind"] == "step.done" and e["step"] == "measure"]
    if not done:
        return {s: code for s, code in before.codes.items() if s.startswith(f"{MEASURE}:")}
    return {f"{MEASURE}:{name}": MEASURE_FAILED for name in done[-1]["left_out"]}


def describe(settings: Settings, known: Known, subjects: Iterable[str]) -> list[Problem]:
    """Problems with all that is told of them."""
    chosen = list(subjects)
    states = _published_states(settings.home, "true") if reader.is_published(settings.home) else {}
    waiting, titles = _rows_waiting(settings.home), _titles()
    return [_describe(subject, known, states, waiting, titles) for subject in chosen]


def _describe(
    subject: str,
    known: Known,
    states: Mapping[str, datetime | None],
    waiting: Mapping[str, int],
    titles: Mapping[str, str],
) -> Problem:
    kind, _, name = subject.partition(":")
    return Problem(
        subject=subject,
        code=known.codes[subject],
        since=datetime.fromisoformat(known.since[subject]),
        title=titles.get(subject, name),
        last_success=states.get(name) if kind == PLATFORM else None,
        rows_waiting=sum(waiting.values()) if kind == RUN else waiting.get(subject, 0),
        next_step=NEXT.get(kind) or f"liandao check {name}",
    )


def _rows_waiting(home: Path) -> Counter[str]:
    """Rows that are landed, not published and not set aside, by platform and by line."""
    rows: Counter[str] = Counter()
    with suppress(LiandaoError):  # damaged receipts are told where they are read
        for batch in unpublished(home):
            if batch.state != "aside":
                count = sum(stream.landed for stream in batch.landed.streams)
                rows[f"{PLATFORM}:{batch.landed.platform_id}"] += count
                rows[f"{LINE}:{batch.landed.line_id}"] += count
    return rows


def _titles() -> dict[str, str]:
    from connectors.registry import load_registry

    with suppress(LiandaoError):
        registry = load_registry()
        titles = {f"{PLATFORM}:{name}": p.file.title.zh for name, p in registry.platforms.items()}
        return titles | {f"{LINE}:{name}": line.file.title.zh for name, line in registry.lines.items()}
    return {}
