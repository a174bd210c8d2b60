"""Live progress of a run on stderr: a row per line of business on a terminal, a line of text per event elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connectors.registry import Registry, load_registry
from liandao.flow import Watcher
from liandao.lines import LineDone
from liandao.options import MESSAGES
from schemas.receipts import Built

STEP_TITLES = {
    "load": "入库 load",
    "match": "匹配 match",
    "measure": "计算 measure",
    "publish": "发布 publish",
    "report": "报告 report",
}


@contextmanager
def watching(home: Path) -> Iterator[Watcher]:
    """A watcher that shows what happens; ``home`` is printed once so that people know where things go."""
    registry = load_registry()
    MESSAGES.print(f"目录 home: {home}", markup=False)
    if not MESSAGES.is_terminal:
        yield Watcher(line=lambda done: MESSAGES.print(_line_text(registry, done), markup=False), step=_say_step)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[found]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=MESSAGES.console) as progress:
        live = _Live(progress, registry)
        yield Watcher(line=live.line, step=live.step)


def _titles(registry: Registry) -> dict[str, str]:
    """What each line is called; one whose description is not right, by its id."""
    titles = {line_id: line.file.title.zh for line_id, line in registry.lines.items()}
    return titles | {line_id: line_id for line_id in registry.broken_lines}


def _line_text(registry: Registry, done: LineDone) -> str:
    title = _titles(registry)[done.line_id]
    rows = sum(i.extracted for i in done.ingested)
    aside = sum(i.quarantined + i.dropped for i in done.ingested)
    failed = f" · 未读到 failed: {', '.join(sorted(done.failed))}" if done.failed else ""
    stopped = " · 闸门未通过 gate stopped" if done.gate is not None and not done.gate.passed else ""
    counts = f"{len(done.ingested):>2} 平台 · {rows:>8,} 行 rows · 隔离剔除 {aside:>5,} · {done.seconds:5.1f} s"
    return f"{title:　<8} {counts}{failed}{stopped}"


def _say_step(name: str, built: Built | None) -> None:
    if built is not None:
        counts = " · ".join(f"{k} {v:,}" for k, v in built.counts.items())
        MESSAGES.print(f"{STEP_TITLES[name]} · {built.seconds:.1f} s · {counts}", markup=False)


class _Live:
    """Bars for a terminal: one for each line of business, one for each step."""

    def __init__(self, progress: Progress, registry: Registry) -> None:
        self.progress, self.registry = progress, registry
        self.lines: dict[str, TaskID] = {
            line_id: progress.add_task(f"{title:　<10}", total=1, found="")
            for line_id, title in _titles(registry).items()
        }
        self.steps: dict[str, TaskID] = {}

    def line(self, done: LineDone) -> None:
        """Fill the bar of a finished line."""
        text = _line_text(self.registry, done).split("　")[-1].strip()
        self.progress.update(self.lines[done.line_id], completed=1, found=text)
        self.progress.stop_task(self.lines[done.line_id])

    def step(self, name: str, built: Built | None) -> None:
        """Show a step when it starts and what it made when it ends."""
        if built is None:
            self.steps[name] = self.progress.add_task(STEP_TITLES[name], total=None, found="")
            return
        counts = " · ".join(f"{k} {v:,}" for k, v in built.counts.items())
        self.progress.update(self.steps[name], total=1, completed=1, found=counts)
        self.progress.stop_task(self.steps[name])
