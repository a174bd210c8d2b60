"""A small province, run once, shared by the tests that need a whole flow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SIZE = ("--residents", "400", "--communities", "16", "--seed", "7")
LONGEST_S = 900


@dataclass(frozen=True)
class Ran:
    """What a command of the command line came to."""

    exit_code: int
    out: str
    messages: str

    @property
    def data(self) -> Any:
        """The JSON it printed."""
        return json.loads(self.out)


def liandao(home: Path, *words: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run the command line as a user does, with ``--json``, on the project whose home this is."""
    told = ("--json", "--project", str(home.parent))
    command = [sys.executable, "-c", "from liandao.cli import main; main()", *words, *told]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST_S, env={**os.environ, **(env or {})}, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A home after its first ``liandao demo``; copy it before changing it."""
    home = tmp_path_factory.mktemp("first") / "home"
    ran = liandao(home, "demo", *SIZE)
    assert ran.exit_code == 0, ran.messages
    return home, ran


@pytest.fixture
def copied_home(first_run: tuple[Path, Ran], tmp_path: Path) -> Path:
    """A private copy of the home after its first run, in a copy of its project."""
    root = tmp_path / "copied"
    shutil.copytree(first_run[0].parent, root, symlinks=True)
    return root / "home"


@pytest.fixture(scope="session")
def call() -> Callable[..., Ran]:
    """The command line."""
    return liandao
