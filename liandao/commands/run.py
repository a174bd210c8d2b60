"""``liandao run``: the flow on the platforms of the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import HomeOption, JsonOption, ProjectOption, answer
from liandao.settings import read_settings

if TYPE_CHECKING:
    from liandao.flow import Choice


def run(
    platform: Annotated[
        list[str] | None,
        typer.Option(help="只读这些平台，可多次 Read these platforms alone.", autocompletion=names.complete_platform),
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(help="只读这些条线，可多次 Read these lines alone.", autocompletion=names.complete_line),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="从头读取 Read from the beginning, not only what is new.")
    ] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what is new on every platform (or on those named), publish, print the outcome on one screen."""
    from liandao.flow import run as run_flow
    from liandao.observe.ending import ending_run
    from liandao.observe.screen import say_delivery, say_usual
    from liandao.outcome import read_outcome
    from liandao.progress import watching
    from liandao.show import show_outcome

    settings = read_settings(home, project)
    choice = chosen(platform or [], line or [], afresh=full_refresh)
    say_usual(settings.home)
    with ending_run(settings, say_delivery), watching(settings.home) as watcher:
        done = run_flow(settings, watcher, choice)
    outcome = read_outcome(settings.home, done)
    answer(as_json, outcome, lambda: show_outcome(outcome, None))
    raise typer.Exit(outcome.exit_code)


def chosen(platforms: list[str], lines: list[str], *, afresh: bool) -> Choice:
    """The platforms named, and all of the lines named; every platform when neither is. Raises UsageError for an unknown
    name."""
    from connectors.registry import load_registry
    from liandao.flow import Choice

    if not platforms and not lines:
        return Choice(afresh=afresh)
    registry = load_registry()
    line_of = {p: platform.line_id for p, platform in registry.platforms.items()}
    line_of |= {p: broken.line_id for p, broken in registry.broken.items()}
    for name in platforms:
        names.require("platform", name, line_of, where="--platform", next_step="liandao platforms")
    for name in lines:
        names.require("line", name, [*registry.lines, *registry.broken_lines], where="--line")
    wanted = {p for p, line_id in line_of.items() if p in platforms or line_id in lines}
    return Choice(frozenset(wanted), afresh)
