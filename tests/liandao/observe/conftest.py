"""A deployment that has lived two nights, for everything that looks at it from outside."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from liandao import ingest, steps
from liandao.home import new_id
from liandao.observe.lineage import lineage_of
from liandao.observe.telling import telling_run
from liandao.settings import Settings, read_settings
from schemas import project
from schemas.errors import LiandaoError
from tests.projects import LINE, PLATFORM_FILE, write, write_log, write_project
from warehouse.lock import run_lock

PLATFORMS = ("patrol_log", "gate_log")
AWAY = "gate_log"
TOLD_AT_ONCE = "lineage.json"
"""Lineage of the first run, as it was told at its end: later on nothing says any more how its rows were conformed."""


def run_in_process(settings: Settings) -> str:
    """What ``liandao run`` does, without worker processes; returns the run."""
    run_id = new_id("r")
    with run_lock(settings.home), telling_run(settings, run_id):
        for name in PLATFORMS:
            try:
                ingest.ingest_platform(settings, name)
            except LiandaoError:
                continue
        ingest.gate_line(settings, "grid")
        for step in (steps.load, steps.match, steps.measure, steps.publish):
            step(settings, run_id)
    return run_id


@pytest.fixture(scope="session")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A project of two platforms and its two runs: rows on both; one has nothing new, the other is away. Lived once,
    by the first of the tests' processes that asks."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _live(tmp_path_factory.mktemp("observed") / "bureau")
    root = tmp_path_factory.getbasetemp().parent / "observed"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (root / "runs.json").exists():
            return root / "bureau", json.loads((root / "runs.json").read_text(encoding="utf-8"))
        lived = _live(root / "bureau")
        (root / "runs.json").write_text(json.dumps(lived[1]), encoding="utf-8")
    return lived


def _live(root: Path) -> tuple[Path, list[str]]:
    write_project(root, endpoints={name: f"file:{name}" for name in PLATFORMS})
    write(root / "sources" / "grid" / "_line.yml", LINE)
    for name in PLATFORMS:
        write(root / "sources" / "grid" / f"{name}.yml", PLATFORM_FILE.replace("endpoint: log", f"endpoint: {name}"))
    settings = read_settings(project=root)
    for number, name in enumerate(PLATFORMS):
        write_log(settings.home / name, "log_0.csv", 3 + number)
    first = run_in_process(settings)
    (root / TOLD_AT_ONCE).write_text(json.dumps(lineage_of(settings, first)), encoding="utf-8")
    (settings.home / AWAY).rename(settings.home / "away")
    return root, [first, run_in_process(settings)]


@pytest.fixture
def bureau(two_nights: tuple[Path, list[str]], tmp_path: Path) -> Iterator[Settings]:
    """A copy of that project to change."""
    root = tmp_path / "bureau"
    shutil.copytree(two_nights[0], root, symlinks=True)
    yield read_settings(project=root)
    project.use(None)


@pytest.fixture
def run_ids(two_nights: tuple[Path, list[str]]) -> list[str]:
    return two_nights[1]
