"""``liandao demo``: a province in a box, the flow on it, and the figures beside the planted truth.

The only module of the flow that knows the province. Deleting the truth changes nothing but the last column.
"""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from liandao import names
from liandao.flow import run as run_flow
from liandao.options import MESSAGES, HomeOption, JsonOption, answer
from liandao.outcome import Outcome, read_outcome
from liandao.progress import watching
from liandao.settings import Settings, read_settings
from liandao.show import Truth, show_outcome
from province import clock, truth
from province.make import make_province
from province.serve import start
from warehouse import reader

DEFAULT_RESIDENTS, DEFAULT_COMMUNITIES, DEFAULT_SEED = 6000, 60, 20260930


def demo(
    home: HomeOption = None,
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
    """Start a province in the home (made on first use, a day later on each further run), run on it, stop it."""
    settings = read_settings(home)
    known = names.platform_ids(names.source_folder({}))
    away = [names.require("platform", p, known, where="--down") for p in down.split(",") if p]
    as_of = prepare_province(settings.home, seed, residents, communities, days)
    with start(settings.home, as_of, away):
        MESSAGES.print(f"省份时钟 the province stands at {as_of:%Y-%m-%d %H:%M}", markup=False)
        if serve_only:
            wait_for_interrupt()
            return
        outcome = _run(settings)
    compared = compare(settings.home, as_of, outcome)
    data = outcome.to_dict() | {"province": {"as_of": as_of.isoformat(), "truth": compared}}
    answer(as_json, data, lambda: show_outcome(outcome, beside(compared)))
    raise typer.Exit(outcome.exit_code)


def prepare_province(home: Path, seed: int, residents: int, communities: int, days: int) -> datetime:
    """Make the province of a home, or move the clock of the one that is there; returns its time."""
    if clock.exists(home):
        return clock.advance(home, timedelta(days=days if reader.is_published(home) else 0))
    MESSAGES.print(
        f"生成省份 making a province: {residents:,} residents, {communities} communities, seed {seed}", markup=False
    )
    make_province(home, seed, residents, communities)
    return clock.read(home)


def wait_for_interrupt() -> None:
    """Block until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    MESSAGES.print("省份在运行，Ctrl-C 结束 the province is being served; Ctrl-C ends it")
    stop.wait()


def _run(settings: Settings) -> Outcome:
    with watching(settings.home) as watcher:
        done = run_flow(settings, watcher)
    return read_outcome(settings.home, done)


def compare(home: Path, as_of: datetime, outcome: Outcome) -> dict[str, Any] | None:
    """Figures beside the planted truth; None when the truth was deleted."""
    folder = home / "province" / "truth"
    if not folder.is_dir():
        return None
    planted = truth.planted(folder, as_of)
    with reader.connect(home) as con:
        persons = truth.evaluate_persons(
            folder, con.execute("SELECT record_id, person_id FROM warehouse.link_person").to_arrow_table()
        )
        matters = truth.evaluate_matters(
            folder, con.execute("SELECT record_id, matter_id FROM warehouse.link_matter").to_arrow_table()
        )
    found = set(outcome.high_use_platforms)
    return {
        "planted": json.loads(json.dumps(asdict(planted), default=sorted)),
        "persons": asdict(persons),
        "matters": asdict(matters),
        "high_use_missed": sorted(set(planted.high_use) - found),
        "high_use_wrong": sorted(found - set(planted.high_use)),
    }


def beside(compared: dict[str, Any] | None) -> Truth | None:
    """The comparison as text for the screen."""
    if compared is None:
        return None
    planted, persons, matters = compared["planted"], compared["persons"], compared["matters"]
    missed, wrong = compared["high_use_missed"], compared["high_use_wrong"]
    exact = "一致 exactly these" if not missed and not wrong else f"漏 missed {len(missed)}, 误 wrong {len(wrong)}"
    return Truth(
        {
            "persons": f"{planted['persons']:,} · P {persons['precision']:.4f} R {persons['recall']:.4f}",
            "matters": f"{planted['matters']:,} · P {matters['precision']:.4f} R {matters['recall']:.4f}",
            "redundant": f"{planted['redundant_entry_rate']:.2%}",
            "high_use": f"{len(planted['high_use'])} · {exact}",
            "satisfaction": f"{planted['satisfaction']:.2%} · 潜在 latent {planted['latent_satisfaction']:.2%}",
        }
    )
