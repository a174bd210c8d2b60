"""``liandao demo``: a province in a box, and the flow on it."""

from __future__ import annotations

from typing import Annotated

import typer

from liandao import names
from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer

DEFAULT_RESIDENTS, DEFAULT_COMMUNITIES, DEFAULT_SEED = 6000, 60, 20260930


def demo(
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    residents: Annotated[int, typer.Option(min=50, help="居民人数 Residents of a new province.")] = DEFAULT_RESIDENTS,
    communities: Annotated[
        int, typer.Option(min=4, help="社区数 Communities of a new province.")
    ] = DEFAULT_COMMUNITIES,
    seed: Annotated[int, typer.Option(help="随机种子 Seed of a new province.")] = DEFAULT_SEED,
    days: Annotated[
        int, typer.Option(min=0, help="在已有省份上前进几天 Days the clock moves on in a province that ran.")
    ] = 1,
    down: Annotated[
        str,
        typer.Option(
            help="停机的平台，逗号分隔 Platforms that are down, comma-separated.",
            autocompletion=names.complete_platforms,
        ),
    ] = "",
    serve_only: Annotated[
        bool, typer.Option("--serve", help="只启动省份，不运行 Serve the province until Ctrl-C.")
    ] = False,
) -> None:
    """Start a province in its project (made on first use, a day later on each further run), run on it, stop it."""
    from liandao.demo import beside, compare, demo_folder, prepare_province, run_on, wait_for_interrupt
    from liandao.show import show_outcome
    from province.estate import habits
    from province.serve import start

    known = {habit.platform_id for habit in habits()}
    away = [names.require("platform", p, known, where="--down") for p in down.split(",") if p]
    root = demo_folder(project)
    settings, as_of = prepare_province(root, home, seed, residents, communities, days)
    with start(settings.home, as_of, away):
        MESSAGES.print(f"省份时钟 the province stands at {as_of:%Y-%m-%d %H:%M}", markup=False)
        if serve_only:
            wait_for_interrupt()
            return
        outcome = run_on(settings)
    compared = compare(settings.home, as_of, outcome)
    data = outcome.to_dict() | {"province": {"as_of": as_of.isoformat(), "truth": compared}}
    answer(as_json, data, lambda: show_outcome(outcome, beside(compared)))
    raise typer.Exit(outcome.exit_code)
