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
from typing import Any

from liandao.flow import run as run_flow
from liandao.init import add_skeleton
from liandao.options import MESSAGES
from liandao.outcome import Outcome, read_outcome
from liandao.progress import watching
from liandao.project import POINTER, find_project, usable
from liandao.project_file import read_project
from liandao.settings import Settings, read_settings
from liandao.show import Truth
from province import clock, truth
from province.make import WINDOW, make_province
from province.project_files import NAME, is_own_project, project_exists, write_project
from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE
from schemas.project_file import ProjectSettings
from warehouse import reader

FOLDER_NAME = "demo"


def demo_folder(option: Path | None) -> Path:
    """The folder of the demo's project: the one named, else that of the pointer in this folder, else ``demo``.

    Raises ConfigurationError when a project of a bureau stands there: a province is never invented into it.
    """
    root = usable(option or find_project() or Path(FOLDER_NAME), "--project")
    if (root / PROJECT_FILE).is_file() and not is_own_project(root):
        raise ConfigurationError(
            "this project is a bureau's, not the demo's",
            where=str(root),
            next_step=f"liandao demo --project {Path(FOLDER_NAME).resolve()}, from a folder outside this project",
        )
    return root


def prepare_province(
    root: Path, home: Path | None, seed: int, residents: int, communities: int, days: int
) -> tuple[Settings, datetime]:
    """Make the province and its project, or move the clock of the one that is there; returns settings and its time.

    Raises ConfigurationError when the project is there and a province of other communities would be made for it.
    """
    place = usable(home, "--home") if home else root / _home_of(root)
    if not clock.exists(place):
        refuse_data_of_others(place)
        MESSAGES.print(
            f"生成省份 making a province: {residents:,} residents, {communities} communities, seed {seed}", markup=False
        )
        people = make_province(place, seed, residents, communities)
        if not project_exists(root):
            write_project(root, people.communities, WINDOW)
            add_skeleton(root, NAME, "虚拟省份", "Invented province")
            point_to(root)
        elif people.communities != read_project(root).scope:
            raise other_communities(root)
    settings = read_settings(home, root)
    return settings, clock.advance(place, timedelta(days=days if reader.is_published(place) else 0))


def _home_of(root: Path) -> str:
    """The folder of the data as the project's own file names it."""
    return read_project(root).settings.home if project_exists(root) else ProjectSettings().home


def refuse_data_of_others(home: Path) -> None:
    """Raise ConfigurationError when a folder without a province holds data or addresses: a bureau's, it must be."""
    others = [name for name in ("home.json", "deployment.yml", "published", "landing") if (home / name).exists()]
    if others:
        raise ConfigurationError(
            "this home is in use, and not by a demo",
            where=str(home),
            expected="an empty folder, or the home of a demo",
            found=", ".join(others),
            next_step="name another project (--project DIR), or take LIANDAO_HOME out of the environment",
        )


def other_communities(root: Path) -> ConfigurationError:
    """What is raised when a home's new province does not have the communities of the project's scope."""
    return ConfigurationError(
        "the project was written for a province of other communities",
        where=str(root / PROJECT_FILE),
        expected="the --seed and --communities that it was made with",
        next_step="name another project: liandao demo --project DIR",
    )


def point_to(root: Path) -> None:
    """Let commands in this folder speak of the demo, unless a project is there already."""
    if find_project() is None and root.is_relative_to(Path.cwd()):
        Path(POINTER).write_text(f"{root.relative_to(Path.cwd())}\n", encoding="utf-8")


def wait_for_interrupt() -> None:
    """Block until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    MESSAGES.print("省份在运行，Ctrl-C 结束 the province is being served; Ctrl-C ends it")
    stop.wait()


def run_on(settings: Settings) -> Outcome:
    """Run the flow, shown as it goes on, and read back what it came to."""
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
