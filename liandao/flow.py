"""The whole flow on one machine: lines side by side in a few processes, then the steps that see everything.

Airflow is the other shell on the same steps.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from time import perf_counter

from liandao import ingest, steps
from liandao.attempts import record_failure
from liandao.definitions import verify_definitions
from liandao.home import new_id
from liandao.ingest import Ground, Ingested, read_ground
from liandao.opening import open_home
from liandao.settings import Settings
from liandao.steps import Built
from schemas import project
from schemas.errors import LiandaoError, SourceUnreachable
from schemas.receipts import Gated
from warehouse.lock import publish_lock, run_lock

PRELOAD = [
    "pandas",
    "pyarrow",
    "great_expectations",
    "transforms.conform.platform",
    "transforms.quality.gate",
    "connectors.extract",
]
"""Imported once in the fork server, so that every worker process is born with them."""
PLATFORMS_AT_ONCE = 4
"""Platforms of a line read side by side: their waiting overlaps, their work does not gain."""

UNIFY: tuple[Callable[[Settings, str], Built], ...] = (
    steps.load,
    steps.match,
    steps.measure,
    steps.publish,
    steps.report,
)


@dataclass(frozen=True, slots=True)
class LineDone:
    """One line of business ingested and judged. ``failed``: platform id -> error."""

    line_id: str
    seconds: float
    ingested: list[Ingested]
    failed: dict[str, LiandaoError]
    gate: Gated | None


@dataclass(slots=True)
class Watcher:
    """Who wants to know how the run goes on; every call is optional."""

    line: Callable[[LineDone], None] = field(default=lambda _: None)
    step: Callable[[str, Built | None], None] = field(default=lambda _name, _built: None)


@dataclass(frozen=True, slots=True)
class RunDone:
    """A finished run."""

    run_id: str
    seconds: float
    lines: list[LineDone]
    built: list[Built]

    @property
    def failed(self) -> dict[str, LiandaoError]:
        """Platforms that could not be read, with the error."""
        return {p: e for line in self.lines for p, e in line.failed.items()}

    @property
    def stopped(self) -> list[Gated]:
        """Gates that kept a line's batches out."""
        return [line.gate for line in self.lines if line.gate is not None and not line.gate.passed]

    @property
    def exit_code(self) -> int:
        """0 clean, 1 finished with data problems, 3 when no platform at all could be reached."""
        unreachable = SourceUnreachable.exit_code
        nothing_read = not any(line.ingested for line in self.lines)
        if self.failed and nothing_read and all(e.exit_code == unreachable for e in self.failed.values()):
            return unreachable
        return 1 if self.failed or self.stopped else 0


def ingest_line(settings: Settings, line_id: str, ground: Ground) -> LineDone:
    """Ingest every platform of a line, each failure its own, then judge the line. Runs in a worker process."""
    started = perf_counter()
    project.use(settings.project)  # once, before threads ask for it
    platform_ids = [p.platform_id for p in ground.platforms.values() if p.line_id == line_id]
    ingested: list[Ingested] = []
    failed = ingest.fail_broken(settings, line_id, ground)
    with ThreadPoolExecutor(PLATFORMS_AT_ONCE) as pool:
        futures = {p: pool.submit(ingest.ingest_platform, settings, p, ground) for p in platform_ids}
    for platform_id, future in futures.items():
        try:
            ingested.append(future.result())
        except LiandaoError as error:
            failed[platform_id] = error
    try:
        gate = ingest.gate_line(settings, line_id)
    except LiandaoError as error:  # a line's failure is its own: its batches wait, the others go on
        failed |= {receipt.platform_id: error for receipt in ingested}
        for receipt in ingested:
            record_failure(settings.home, receipt.platform_id, error)
        ingested, gate = [], None
    return LineDone(line_id, perf_counter() - started, ingested, failed, gate)


def run(settings: Settings, watcher: Watcher | None = None) -> RunDone:
    """Run everything: ingest all lines, then load, match, measure, publish, report.

    Raises ConfigurationError without a project, RunInProgress while another run holds the home, Unbalanced
    when the audit finds a row that is not accounted for.
    """
    open_home(settings)
    verify_definitions(settings.home)
    watcher, started, run_id = watcher or Watcher(), perf_counter(), new_id("r")
    with run_lock(settings.home):
        lines = list(_ingest_lines(settings, watcher))
        built = []
        with publish_lock(settings.home):
            for step in UNIFY:
                watcher.step(step.__name__, None)
                built.append(step(settings, run_id))
                watcher.step(step.__name__, built[-1])
    return RunDone(run_id, perf_counter() - started, sorted(lines, key=lambda d: d.line_id), built)


def _ingest_lines(settings: Settings, watcher: Watcher) -> Iterator[LineDone]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    ground = read_ground(settings)
    sizes = Counter(p.line_id for p in ground.platforms.values()) + Counter(b.line_id for b in ground.broken.values())
    # Lines with most platforms first, so that no long one is left for the end.
    line_ids = [line_id for line_id, _ in sizes.most_common()]
    with ProcessPoolExecutor(settings.workers, mp_context=context) as pool:
        futures = {pool.submit(ingest_line, settings, line, ground): line for line in line_ids}
        for future in as_completed(futures):
            done = future.result()
            watcher.line(done)
            yield done
