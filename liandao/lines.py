"""One line of business: its platforms side by side, each failure its own, then its gate."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from liandao import ingest
from liandao.attempts import record_failure
from liandao.ingest import Ground
from liandao.observe.telling import tell_failed
from liandao.settings import Settings
from schemas import project
from schemas.errors import LiandaoError
from schemas.receipts import Gated, Ingested

PLATFORMS_AT_ONCE = 4
"""Platforms of a line read side by side: their waiting overlaps, their work does not gain."""


@dataclass(frozen=True, slots=True)
class LineDone:
    """One line of business ingested and judged. ``failed``: platform id -> error."""

    line_id: str
    seconds: float
    ingested: list[Ingested]
    failed: dict[str, LiandaoError]
    gate: Gated | None


def platforms_of(ground: Ground, line_id: str) -> list[str]:
    """The platforms of a line that can be read, by id."""
    return [p.platform_id for p in ground.platforms.values() if p.line_id == line_id]


def ingest_line(settings: Settings, line_id: str, ground: Ground) -> LineDone:
    """Ingest every platform of a line, then judge the line. Runs in a worker process."""
    started = perf_counter()
    project.use(settings.project)  # once, before threads ask for it
    ingested: list[Ingested] = []
    failed: dict[str, LiandaoError] = {}
    with ThreadPoolExecutor(PLATFORMS_AT_ONCE) as pool:
        platform_ids = platforms_of(ground, line_id)
        futures = {p: pool.submit(ingest.ingest_platform, settings, p, ground) for p in platform_ids}
    for platform_id, future in futures.items():
        try:
            ingested.append(future.result())
        except LiandaoError as error:
            failed[platform_id] = error
    return judge_line(settings, line_id, ground, LineDone(line_id, perf_counter() - started, ingested, failed, None))


def judge_line(settings: Settings, line_id: str, ground: Ground, read: LineDone) -> LineDone:
    """Judge what was read of a line, and add the platforms whose file is not right."""
    started = perf_counter()
    project.use(settings.project)
    failed = read.failed | ingest.fail_broken(settings, line_id, ground)
    try:
        gate = ingest.gate_line(settings, line_id, ground.published)
    except LiandaoError as error:  # a line's failure is its own: its batches wait, the others go on
        failed |= fail(settings, [receipt.platform_id for receipt in read.ingested], error)
        return LineDone(line_id, read.seconds + perf_counter() - started, [], failed, None)
    return LineDone(line_id, read.seconds + perf_counter() - started, read.ingested, failed, gate)


def fail(settings: Settings, platform_ids: Iterable[str], error: LiandaoError) -> dict[str, LiandaoError]:
    """Write one error down for several platforms."""
    failed = dict.fromkeys(platform_ids, error)
    tell_failed(settings, failed)
    for platform_id in failed:
        record_failure(settings.home, platform_id, error)
    return failed
