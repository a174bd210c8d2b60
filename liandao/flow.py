"""The whole flow on one machine: lines side by side in a few processes, then the steps that see everything.

Airflow is the other shell on the same steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter

from liandao import steps
from liandao.definitions import verify_definitions
from liandao.home import new_id
from liandao.ingest import Ground, Scope, read_ground
from liandao.lines import LineDone
from liandao.observe.telling import telling_run
from liandao.opening import open_home
from liandao.settings import Settings
from liandao.workers import ingest_lines
from schemas.errors import LiandaoError, SourceUnreachable
from schemas.receipts import Built, Gated
from warehouse.lock import publish_lock, run_lock

UNIFY: tuple[Callable[[Settings, str], Built], ...] = (
    steps.load,
    steps.match,
    steps.measure,
    steps.publish,
    steps.report,
)


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
    def problems(self) -> dict[str, str]:
        """What steps left out, and why."""
        return {name: why for built in self.built for name, why in built.problems.items()}

    @property
    def exit_code(self) -> int:
        """0 clean, 1 finished with data problems, 3 when no platform at all could be reached."""
        unreachable = SourceUnreachable.exit_code
        nothing_read = not any(line.ingested for line in self.lines)
        if self.failed and nothing_read and all(e.exit_code == unreachable for e in self.failed.values()):
            return unreachable
        return 1 if self.failed or self.stopped or self.problems else 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What a run reads. ``platforms``: their ids, None for all; ``scope``: how much of each. What other platforms have
    landed and not loaded is loaded all the same."""

    platforms: frozenset[str] | None = None
    scope: Scope = field(default_factory=Scope)

    def of(self, ground: Ground) -> Ground:
        """The ground that is read."""
        chosen = ground if self.platforms is None else ground.only(self.platforms)
        return replace(chosen, scope=self.scope)


def run(settings: Settings, watcher: Watcher | None = None, choice: Choice | None = None) -> RunDone:
    """Run everything: ingest all lines (or what is chosen), then load, match, measure, publish, report.

    Raises ConfigurationError without a project, RunInProgress while another run holds the home, Unbalanced
    when the audit finds a row that is not accounted for.
    """
    open_home(settings)
    verify_definitions(settings.home)
    watcher, started, run_id = watcher or Watcher(), perf_counter(), new_id("r")
    with run_lock(settings.home), telling_run(settings, run_id):
        lines = []
        for line in ingest_lines(settings, (choice or Choice()).of(read_ground(settings))):
            watcher.line(line)
            lines.append(line)
        built = []
        with publish_lock(settings.home):
            for step in UNIFY:
                watcher.step(step.__name__, None)
                built.append(step(settings, run_id))
                watcher.step(step.__name__, built[-1])
    return RunDone(run_id, perf_counter() - started, sorted(lines, key=lambda d: d.line_id), built)
