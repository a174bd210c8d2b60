"""The steps of one platform and of one line of business, before anything is common to all.

    ingest_platform  extract -> land -> conform, one platform: the unit of retry, log and blame
    gate_line        table-level suites, one line of business
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from threading import Lock

from connectors.edge import rewound
from connectors.extract import extract
from connectors.families import family_of
from connectors.families.base import cursor_pattern
from connectors.landing import RECEIPT, batch_folder
from connectors.registry import BrokenFile, load_platform, load_registry
from liandao.attempts import read_attempts, record_failure, record_success
from liandao.batches import conformed_receipt, last_batch, not_conformed, not_judged, read_positions
from liandao.home import new_id
from liandao.logs import event, open_log
from liandao.observe.telling import tell_failed, telling_gate, telling_platform
from liandao.opening import open_home
from liandao.settings import Settings
from liandao.upkeep.project_archive import keep_project
from schemas import project
from schemas.errors import LiandaoError, RunInProgress
from schemas.platform_file import Deployment, Platform
from schemas.receipts import Conformed, Cursor, Gated, Ingested, Landed
from schemas.refusals import refusal_of, refusals
from warehouse.lock import line_lock, platform_lock
from warehouse.state import PublishedState, read_published, still_published

_CONFORMING = Lock()
"""Conform has one engine a process; platforms are read side by side, conformed one after another."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of a platform is read. ``streams``: those alone, None for all. ``afresh``: from the beginning, whatever
    has been read before. ``since``: again from this day on; what never had a position is read from the beginning, and
    files, which are known by their content, are read on as ever."""

    streams: frozenset[str] | None = None
    afresh: bool = False
    since: date | None = None

    def of(self, platform: Platform) -> Platform:
        """The platform with the chosen streams alone; it may have none of them."""
        if self.streams is None:
            return platform
        chosen = {name: stream for name, stream in platform.file.streams.items() if name in self.streams}
        return platform.model_copy(update={"file": platform.file.model_copy(update={"streams": chosen})})

    def positions(self, platform: Platform, cursors: Mapping[str, Cursor]) -> dict[str, Cursor]:
        """Where each chosen stream is read on from; one without an entry is read from the beginning."""
        chosen = self.of(platform).file.streams
        if self.afresh:
            return {}
        held = {name: cursors[name] for name in chosen if name in cursors}
        if self.since is None or family_of(platform).reads_files:
            return held
        return {name: rewound(cursor, self.since, cursor_pattern(chosen[name])) for name, cursor in held.items()}


@dataclass(frozen=True, slots=True)
class Ground:
    """What ingesting stands on, read once for many platforms: what exists, where it is, what is published of it.
    ``broken``: platforms that can't be read because a file of theirs is not right."""

    platforms: dict[str, Platform]
    deployment: Deployment
    published: PublishedState
    broken: dict[str, BrokenFile] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    project: str = ""
    """Digest of the project in use."""

    def only(self, platforms: Collection[str]) -> Ground:
        """The ground of some platforms."""
        return replace(
            self,
            platforms={name: p for name, p in self.platforms.items() if name in platforms},
            broken={name: b for name, b in self.broken.items() if name in platforms},
        )


@refusals()
def read_ground(settings: Settings) -> Ground:
    """The ground of every platform."""
    deployment, registry = open_home(settings), load_registry()
    published = read_published(settings.home)
    return Ground(registry.platforms, deployment, published, registry.broken, project=_keep_project(settings))


@refusals()
def read_ground_of(settings: Settings, platform_id: str) -> Ground:
    """The ground of one platform: a task that ingests one need not verify the files of all others."""
    deployment, published = open_home(settings), read_published(settings.home)
    return Ground({platform_id: load_platform(platform_id)}, deployment, published, project=_keep_project(settings))


def _keep_project(settings: Settings) -> str:
    assert settings.project is not None  # noqa: S101 - open_home raises without one
    return keep_project(settings.home, settings.project)


@telling_platform
def ingest_platform(
    settings: Settings, platform_id: str, ground: Ground | None = None, scope: Scope | None = None
) -> Ingested:
    """Extract, land and conform what is new on one platform, after conforming what earlier runs landed and did not.
    ``scope``: how much of it is read, by default as the ground has it.

    Raises RunInProgress while another run reads the platform, and a LiandaoError when it can't be read; that failure is
    written down, so that the next publish marks the platform stale. Safe to repeat.
    """
    home = settings.home
    project.use(settings.project)
    open_log(home)
    try:
        stands_on = ground or read_ground_of(settings, platform_id)
        return _ingest(home, platform_id, replace(stands_on, scope=scope or stands_on.scope))
    except RunInProgress:
        raise  # the other run will say how the platform is
    except LiandaoError as error:
        raise _write_down(home, platform_id, error) from error.__cause__
    except Exception as error:  # a platform's failure is its own, even when the fault is ours
        ours = LiandaoError(
            f"{type(error).__name__} while ingesting", where=platform_id, next_step="liandao check " + platform_id
        )
        raise _write_down(home, platform_id, refusal_of(error, home) or ours) from error


def read_since(home: Path, platform: Platform, moment: datetime) -> Ingested | LiandaoError | None:
    """What became of a platform since a moment, as its receipts and its last attempt say; None when nothing did."""
    attempt = read_attempts(home).get(platform.platform_id)
    if attempt is None or datetime.fromisoformat(attempt.at) < moment:
        return None
    if not attempt.ok:
        return attempt.error()
    if attempt.batch_id is None:
        return _nothing_new(platform)
    landed = Landed.read(batch_folder(home, platform.platform_id, attempt.batch_id) / RECEIPT)
    return _ingested(landed, Conformed.read(conformed_receipt(home, landed)))


def fail_broken(settings: Settings, line_id: str, ground: Ground) -> dict[str, LiandaoError]:
    """Platforms of a line whose file is not right, with the error: that is their failure and nobody else's, and it is
    written down like any other."""
    open_log(settings.home)
    broken = {name: file.error for name, file in ground.broken.items() if file.line_id == line_id}
    tell_failed(settings, broken)
    return {name: _write_down(settings.home, name, error) for name, error in broken.items()}


def _write_down(home: Path, platform_id: str, error: LiandaoError) -> LiandaoError:
    record_failure(home, platform_id, error)
    event("platform failed", platform_id=platform_id, error_code=error.code)
    return error


def _ingest(home: Path, platform_id: str, ground: Ground) -> Ingested:
    platform = ground.platforms[platform_id]
    with platform_lock(home, platform_id):
        published = still_published(home, ground.published)
        for unfinished in not_conformed(home, platform_id, published):
            _conform(platform, unfinished, home, ground.project)
            event("batch carried on", platform_id=platform_id, batch_id=unfinished.batch_id)
        cursors, landed_before = read_positions(home, published, platform_id).of(platform_id)
        chosen, before = ground.scope.of(platform), ground.scope.positions(platform, cursors)
        batch_id = new_id("b", after=last_batch(home, published, platform_id))
        landed = extract(chosen, ground.deployment, home, batch_id, before, landed_before)
        if landed.is_empty:
            record_success(home, platform_id, None)
            return _nothing_new(platform)
        conformed = _conform(platform, landed, home, ground.project)
        record_success(home, platform_id, landed.batch_id)
    receipt = _ingested(landed, conformed)
    counts = {"extracted": receipt.extracted, "accepted": receipt.accepted, "quarantined": receipt.quarantined}
    event("platform ingested", platform_id=platform_id, batch_id=landed.batch_id, dropped=receipt.dropped, **counts)
    return receipt


def _conform(platform: Platform, landed: Landed, home: Path, digest: str) -> Conformed:
    from transforms.conform.platform import conform_platform

    with _CONFORMING:
        return conform_platform(platform, landed, home, digest)


def _nothing_new(platform: Platform) -> Ingested:
    return Ingested(platform.platform_id, platform.line_id, "", 0, 0, 0, 0, 0)


def _ingested(landed: Landed, conformed: Conformed) -> Ingested:
    return Ingested(
        landed.platform_id,
        landed.line_id,
        landed.batch_id,
        extracted=sum(s.extracted for s in landed.streams),
        landed=sum(s.landed for s in landed.streams),
        accepted=sum(s.accepted for s in conformed.streams),
        quarantined=sum(sum(s.quarantined.values()) for s in conformed.streams),
        dropped=sum(sum(s.dropped.values()) for s in conformed.streams),
    )


@telling_gate
@refusals()
def gate_line(settings: Settings, line_id: str, before: PublishedState | None = None) -> Gated:
    """Judge the accepted rows of a line's batches that no gate has judged; a failed stop rule keeps these batches out
    of the warehouse. Where nothing waits to be judged, nothing is written, and the receipt names no batch. ``before``:
    what was published when the run began."""
    home = settings.home
    project.use(settings.project)
    open_log(home)
    with line_lock(home, line_id):
        published = still_published(home, before) if before else read_published(home)
        conformed = not_judged(home, line_id, published)
        if not conformed:
            return Gated(line_id, "", [], passed=True, evaluated=0, failed_stop=[], failed_warn=[], results_path="")
        gated = _judge(line_id, conformed, home)
    event("line judged", line_id=line_id, failed_checks=len(gated.failed_stop) + len(gated.failed_warn))
    return gated


def _judge(line_id: str, conformed: list[Conformed], home: Path) -> Gated:
    from transforms.quality.gate import gate_line as judge

    try:
        return judge(line_id, conformed, home, new_id("q"))
    except Exception as error:
        message = f"{type(error).__name__} while judging the line"
        ours = LiandaoError(message, where=line_id, next_step="liandao run")
        raise refusal_of(error, home) or ours from error
