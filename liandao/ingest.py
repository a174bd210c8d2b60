"""The steps of one platform and of one line of business, before anything is common to all.

    ingest_platform  extract -> land -> conform, one platform: the unit of retry, log and blame
    gate_line        table-level suites, one line of business
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from connectors.extract import extract
from connectors.registry import BrokenFile, load_platform, load_registry
from liandao.attempts import record_failure, record_success
from liandao.batches import Positions, read_positions, sweep_unfinished
from liandao.home import new_id
from liandao.logs import event, open_log
from liandao.opening import open_home
from liandao.settings import Settings
from schemas import project
from schemas.errors import LiandaoError
from schemas.platform_file import Deployment, Platform
from schemas.receipts import Conformed, Gated, Landed, Receipt

_CONFORMING = Lock()
"""Conform has one engine a process; platforms are read side by side, conformed one after another."""


@dataclass(frozen=True, slots=True)
class Ingested(Receipt):
    """One platform read and conformed: rows by fate, over all its streams."""

    platform_id: str
    line_id: str
    batch_id: str
    extracted: int
    landed: int
    accepted: int
    quarantined: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Ground:
    """What ingesting stands on, read once for many platforms: what exists, where it is, how far it has been read.
    ``broken``: platforms that can't be read because a file of theirs is not right."""

    platforms: dict[str, Platform]
    deployment: Deployment
    positions: Positions
    broken: dict[str, BrokenFile] = field(default_factory=dict)


def read_ground(settings: Settings) -> Ground:
    """The ground of every platform."""
    deployment, registry = open_home(settings), load_registry()
    return Ground(registry.platforms, deployment, read_positions(settings.home), registry.broken)


def read_ground_of(settings: Settings, platform_id: str) -> Ground:
    """The ground of one platform: a task that ingests one need not verify the files of all others."""
    deployment = open_home(settings)
    platform = load_platform(platform_id)
    positions = read_positions(settings.home, platform.line_id, platform_id)
    return Ground({platform_id: platform}, deployment, positions)


def ingest_platform(settings: Settings, platform_id: str, ground: Ground | None = None) -> Ingested:
    """Extract, land and conform what is new on one platform.

    Raises a LiandaoError when the platform can't be read; the failure is written down, so that the next publish marks
    the platform stale. Safe to repeat: an unfinished batch of an earlier try is swept away first.
    """
    home = settings.home
    project.use(settings.project)
    open_log(home)
    try:
        return _ingest(home, platform_id, ground or read_ground_of(settings, platform_id))
    except LiandaoError as error:
        raise _write_down(home, platform_id, error) from error.__cause__
    except Exception as error:  # a platform's failure is its own, even when the fault is ours
        ours = LiandaoError(
            f"{type(error).__name__} while ingesting", where=platform_id, next_step="liandao check " + platform_id
        )
        raise _write_down(home, platform_id, ours) from error


def fail_broken(settings: Settings, line_id: str, ground: Ground) -> dict[str, LiandaoError]:
    """Platforms of a line whose file is not right, with the error: that is their failure and nobody else's, and it is
    written down like any other."""
    open_log(settings.home)
    broken = {name: file.error for name, file in ground.broken.items() if file.line_id == line_id}
    return {name: _write_down(settings.home, name, error) for name, error in broken.items()}


def _write_down(home: Path, platform_id: str, error: LiandaoError) -> LiandaoError:
    record_failure(home, platform_id, error)
    event("platform failed", platform_id=platform_id, error_code=error.code)
    return error


def _ingest(home: Path, platform_id: str, ground: Ground) -> Ingested:
    from transforms.conform.platform import conform_platform

    platform = ground.platforms[platform_id]
    sweep_unfinished(home, platform_id, ground.positions.judged)
    cursors, landed_before = ground.positions.of(platform_id)
    landed = extract(platform, ground.deployment, home, new_id("b"), cursors, landed_before)
    with _CONFORMING:
        conformed = conform_platform(platform, landed, home)
    record_success(home, platform_id, landed.batch_id)
    receipt = _ingested(landed, conformed)
    counts = {"extracted": receipt.extracted, "accepted": receipt.accepted, "quarantined": receipt.quarantined}
    event("platform ingested", platform_id=platform_id, batch_id=landed.batch_id, dropped=receipt.dropped, **counts)
    return receipt


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


def gate_line(settings: Settings, line_id: str, batch_ids: list[str]) -> Gated:
    """Judge the accepted rows of a line's new batches; a failed stop rule keeps these batches out of the warehouse."""
    from transforms.quality.gate import gate_line as judge

    home = settings.home
    project.use(settings.project)
    open_log(home)
    receipts = sorted((home / "conformed").glob("*/*/conformed.json"))
    conformed = [Conformed.read(p) for p in receipts if p.parent.name in set(batch_ids)]
    try:
        gated = judge(line_id, conformed, home, new_id("q"))
    except Exception as error:
        message = f"{type(error).__name__} while judging the line"
        raise LiandaoError(message, where=line_id, next_step="liandao run") from error
    event("line judged", line_id=line_id, failed_checks=len(gated.failed_stop) + len(gated.failed_warn))
    return gated
