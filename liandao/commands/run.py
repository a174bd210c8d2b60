"""``liandao run``: the flow on the platforms of the deployment."""

from __future__ import annotations

import typer

from liandao.options import HomeOption, JsonOption, ProjectOption, answer
from liandao.settings import read_settings


def run(home: HomeOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Read what is new on every platform, publish, print the outcome on one screen."""
    from liandao.flow import run as run_flow
    from liandao.outcome import read_outcome
    from liandao.progress import watching
    from liandao.show import show_outcome

    settings = read_settings(home, project)
    with watching(settings.home) as watcher:
        done = run_flow(settings, watcher)
    outcome = read_outcome(settings.home, done)
    answer(as_json, outcome, lambda: show_outcome(outcome, None))
    raise typer.Exit(outcome.exit_code)
