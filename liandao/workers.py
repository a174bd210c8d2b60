"""Lines of business in worker processes: what dies or hangs in one takes neither the others nor the run with it.

A worker that dies (killed, out of memory, a fault in a library) breaks the pool it is of; the lines that it left undone
are then read again, each platform in a process of its own, so that the one that kills its process is known by name.
Reading ends at a deadline: who has not answered by then fails, and the run goes on with the rest. Workers end with the
process that started them, however it ends.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

from liandao import ingest
from liandao.home import now
from liandao.ingest import Ground
from liandao.lines import LineDone, fail, ingest_line, judge_line, platforms_of
from liandao.settings import Settings
from schemas.errors import DeadlinePassed, LiandaoError, WorkerDied
from schemas.receipts import Ingested

_Result = TypeVar("_Result")
PRELOAD = [
    "pandas",
    "pyarrow",
    "great_expectations",
    "transforms.conform.platform",
    "transforms.quality.gate",
    "connectors.extract",
]
"""Imported once in the fork server, so that every worker process is born with them."""
ORPHANED = 143
"""What a worker ends with when the process that started it is gone."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """When reading began, and when it ends (seconds of the monotonic clock)."""

    at: datetime
    deadline: float

    def left(self) -> float:
        """Seconds until the deadline, 0 when it is past."""
        return max(0.0, self.deadline - monotonic())


def ingest_lines(settings: Settings, ground: Ground) -> Iterator[LineDone]:
    """Ingest every line of the ground in ``settings.workers`` processes; each line as it is done.

    A platform whose process dies fails with WorkerDied, one that has not answered ``settings.reading_minutes`` after
    the beginning with DeadlinePassed.
    """
    begun = _Begun(now(), monotonic() + settings.reading_minutes * 60)
    undone: list[str] = []
    with _pool(settings.workers) as pool:
        futures = {pool.submit(ingest_line, settings, line, ground): line for line in _largest_first(ground)}
        try:
            for future in as_completed(futures, timeout=begun.left()):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    undone.append(futures[future])
        except TimeoutError:
            undone += [line for future, line in futures.items() if not future.done()]
            _kill(pool)
    for line_id in undone:
        yield _platform_by_platform(settings, line_id, ground, begun)


def _largest_first(ground: Ground) -> list[str]:
    """Lines with most platforms first, so that no long one is left for the end."""
    sizes = Counter(p.line_id for p in ground.platforms.values()) + Counter(b.line_id for b in ground.broken.values())
    return [line_id for line_id, _ in sizes.most_common()]


def _platform_by_platform(settings: Settings, line_id: str, ground: Ground, begun: _Begun) -> LineDone:
    """A line that a worker left undone: what it had done is taken from its receipts, every other platform is read in a
    process of its own."""
    started = monotonic()
    ingested: list[Ingested] = []
    failed: dict[str, LiandaoError] = {}
    for platform_id in platforms_of(ground, line_id):
        try:
            read = ingest.read_since(settings.home, ground.platforms[platform_id], begun.at)
            if read is None:
                read = _alone(begun, ingest.ingest_platform, settings, platform_id, ground)
            if isinstance(read, LiandaoError):
                raise read
            ingested.append(read)
        except BrokenProcessPool:
            failed |= fail(settings, [platform_id], _died(platform_id))
        except TimeoutError:
            failed |= fail(settings, [platform_id], _too_late(platform_id, settings.reading_minutes))
        except LiandaoError as error:
            failed[platform_id] = error
    done = LineDone(line_id, monotonic() - started, ingested, failed, None)
    try:
        return _alone(None, judge_line, settings, line_id, ground, done)
    except BrokenProcessPool:
        failed |= fail(settings, [i.platform_id for i in ingested], _died(line_id))
        return LineDone(line_id, monotonic() - started, [], failed, None)


def _alone(begun: _Begun | None, work: Callable[..., _Result], *words: Any) -> _Result:
    """The result of one call in a process of its own. Raises BrokenProcessPool when it dies, TimeoutError at the
    deadline."""
    with _pool(1) as pool:
        future: Future[_Result] = pool.submit(work, *words)
        try:
            return future.result(begun.left() if begun else None)
        except TimeoutError:
            _kill(pool)
            raise


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent)
    try:
        yield pool
    except BaseException:
        _kill(pool)  # nobody waits for what they do
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _kill(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())  # ``kill_workers`` comes with Python 3.14
    pool.shutdown(wait=False, cancel_futures=True)
    # One that was interrupted while it was being started is known to nobody but multiprocessing, which would wait for
    # it at the end of the program.
    for process in {*processes, *multiprocessing.active_children()}:
        process.kill()


def _end_with_parent() -> None:
    """Watch the process that started this worker, and end with it: an orphan would hold files and memory for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - workers have one

    def watch() -> None:
        parent.join()
        os._exit(ORPHANED)

    threading.Thread(target=watch, daemon=True).start()


def _died(where: str) -> WorkerDied:
    return WorkerDied(
        "the process that worked on it died",
        where=where,
        expected="a process that ends by itself",
        found="killed, out of memory, or a fault in a library",
        next_step=f"liandao check {where}; look at the size of what it sends, and for the kernel's killer: dmesg",
    )


def _too_late(platform_id: str, minutes: int) -> DeadlinePassed:
    return DeadlinePassed(
        "the platform had not answered when reading ended",
        where=platform_id,
        expected=f"an answer within {minutes} minutes of the run's beginning",
        next_step=f"liandao check {platform_id}, or more time: settings.reading_minutes in liandao.yml",
    )
