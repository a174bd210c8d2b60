"""``liandao run``: the flow on the platforms of the deployment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import Settings, read_settings

if TYPE_CHECKING:
    from liandao.flow import Choice
    from liandao.ingest import Scope


def run(
    platform: Annotated[
        list[str] | None,
        typer.Option(help="只读这些平台，可多次 Read these platforms alone.", autocompletion=names.complete_platform),
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(help="只读这些条线，可多次 Read these lines alone.", autocompletion=names.complete_line),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="只读有此标签的条线 Read lines with this tag alone.")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="只读这些数据流 Read these kinds of streams alone.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="自该日起重读 Read again from this day on.")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="从头读取 Read from the beginning, not only what is new.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只列出将读取的内容 Only say what would be read; nobody is asked.")
    ] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what is new on every platform (or on those named), publish, print the outcome on one screen."""
    from liandao.flow import run as run_flow
    from liandao.ingest import Scope
    from liandao.observe.ending import ending_run
    from liandao.observe.screen import say_delivery, say_usual
    from liandao.outcome import read_outcome
    from liandao.progress import watching
    from liandao.show import show_outcome

    settings = read_settings(home, project)
    scope = Scope(_streams(stream or []), full_refresh, since.date() if since else None)
    choice = chosen(platform or [], line or [], tag or [], scope)
    if dry_run:
        _show_plan(settings, choice, as_json)
        return
    say_usual(settings.home)
    with ending_run(settings, say_delivery), watching(settings.home) as watcher:
        done = run_flow(settings, watcher, choice)
    outcome = read_outcome(settings.home, done)
    answer(as_json, outcome, lambda: show_outcome(outcome, None))
    raise typer.Exit(outcome.exit_code)


def chosen(platforms: list[str], lines: list[str], tags: list[str], scope: Scope) -> Choice:
    """The platforms named, all of the lines named, and all of lines that have a tag named; every platform when nothing
    is. Where only some kinds of streams are read, platforms that have none of them are left out. Raises UsageError for
    an unknown name."""
    from connectors.registry import load_registry
    from liandao.flow import Choice

    if not (platforms or lines or tags or scope.streams):
        return Choice(scope=scope)
    registry = load_registry()
    line_of = {p: platform.line_id for p, platform in registry.platforms.items()}
    line_of |= {p: broken.line_id for p, broken in registry.broken.items()}
    tags_of = {line_id: line.file.tags for line_id, line in registry.lines.items()}
    for name in platforms:
        names.require("platform", name, line_of, where="--platform", next_step="liandao platforms")
    for name in lines:
        names.require("line", name, [*registry.lines, *registry.broken_lines], where="--line")
    for name in tags:
        names.require("tag", name, sorted({t for of_line in tags_of.values() for t in of_line}), where="--tag")
    wanted_lines = {*lines, *(line_id for line_id, of_line in tags_of.items() if set(tags) & set(of_line))}
    wanted = {p for p, line_id in line_of.items() if p in platforms or line_id in wanted_lines}
    if not (platforms or lines or tags):
        wanted = set(line_of)
    if scope.streams is not None:
        wanted &= {p for p, platform in registry.platforms.items() if scope.streams & platform.file.streams.keys()}
    return Choice(frozenset(wanted), scope)


def _streams(named: list[str]) -> frozenset[str] | None:
    from schemas.streams import stream_tables

    for name in named:
        names.require("kind of stream", name, stream_tables(), where="--stream")
    return frozenset(named) or None


def _show_plan(settings: Settings, choice: Choice, as_json: bool) -> None:
    from liandao.planning import plan

    rows = plan(settings, choice)
    headings = ("条线 line", "平台 platform", "数据流 stream", "读取 reading")
    cells = [(r.line_id, r.platform_id, r.stream, r.reading) for r in rows]
    title = f"将读取 {len(rows)} 个数据流 streams would be read"
    answer(as_json, rows, lambda: print_table(title, headings, cells))
