"""Homes that have lived, for the tests of what people decide and of what the commands say, and the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from liandao import __version__, steps
from liandao.cli import run
from liandao.home_file import write_home_file
from tests.liandao.calling import Called
from tests.liandao.nights import Nights, live
from warehouse.build import reopen_build
from warehouse.publish import publish

COUNTY = Path(__file__).parents[2] / "examples" / "county"


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Six nights lived; read it, or give back what was changed."""
    return live(tmp_path_factory.mktemp("nights") / "home")


@pytest.fixture
def home_of_nights(lived: Nights, tmp_path: Path) -> Path:
    """A copy of that home to change."""
    return Path(shutil.copytree(lived.home, tmp_path / "home", symlinks=True))


@pytest.fixture(scope="session")
def measured(lived: Nights, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """The same after a seventh night, as a home of the example project, with figures; read it only."""
    root = Path(shutil.copytree(COUNTY, tmp_path_factory.mktemp("measured") / "county"))
    home = Path(shutil.copytree(lived.home, root / "home", symlinks=True))
    write_home_file(home, root, "county", __version__)
    nights = Nights(home, lived.count, [*lived.ids])
    run_id = nights.match()
    steps.measure(nights.settings, run_id)
    with reopen_build(home, run_id) as build:
        publish(build)
    return nights


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    """``liandao`` with these words, in this process; nothing of it is left out but the end of the process."""

    def called(*words: object) -> Called:
        monkeypatch.setattr(sys, "argv", ["liandao", *map(str, words)])
        capsys.readouterr()
        exit_code = run()
        return Called(exit_code, *capsys.readouterr())

    return called
