"""The wheel in an environment of its own (part of ``make test-heavy``): installed by pip, used from an empty folder.

The core alone is installed, in the versions of the lock, from the registry as pip is set to reach it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from liandao import __version__
from schemas.extras import EXTRAS
from tests.house.test_wheel import ROOT, build_wheel
from tests.projects import PLATFORM, write_log, write_project

NOT_FOR_A_BUREAU = {*sum(EXTRAS.values(), ()), "pytest", "hypothesis", "airflow", "mypy", "ruff"}


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with the wheel, and an empty folder to be in."""

    folder: Path
    empty: Path

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A program of the environment."""
        command = [str(self.folder / "bin" / words[0]), *words[1:]]
        own = {k: v for k, v in os.environ.items() if not k.startswith(("LIANDAO", "PYTHON"))}
        return subprocess.run(command, cwd=self.empty, env=own | env, capture_output=True, text=True, check=False)

    def ok(self, *words: str) -> str:
        """What a program says that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    pins = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
    (folder / "versions.txt").write_text(re.sub(r" \\\n( *--hash=\S+( \\)?\n)+", "\n", pins), encoding="utf-8")
    wheel = build_wheel(folder)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    empty = folder / "empty"
    empty.mkdir()
    there = Installed(folder / "venv", empty)
    there.ok("pip", "install", "--quiet", "--no-compile", "--constraint", str(folder / "versions.txt"), str(wheel))
    return there


def test_what_it_needs_is_there_and_agrees(installed: Installed) -> None:
    installed.ok("pip", "check")
    assert installed.run("python", "-c", "import schemas; print(schemas.__file__)").stdout.startswith(
        str(installed.folder)
    )


def test_no_server_no_driver_and_no_test_tool_is_there(installed: Installed) -> None:
    look = f"from importlib.util import find_spec; print(*[m for m in {sorted(NOT_FOR_A_BUREAU)} if find_spec(m)])"
    assert installed.ok("python", "-c", look).split() == []


def test_commands_start(installed: Installed) -> None:
    assert installed.ok("liandao", "--version").startswith(f"liandao {__version__} ")
    listed = installed.ok("liandao", "--help")
    assert {"run", "init", "doctor", "demo"} <= set(re.findall(r"^ +(\w+)", listed, flags=re.M))


def test_doctor_finds_every_package_our_own(installed: Installed) -> None:
    findings = {f["check"]: f for f in json.loads(installed.run("liandao", "doctor", "--json").stdout)}
    assert findings["导入名 import names"]["ok"], findings


def test_a_package_in_place_of_ours_is_named(installed: Installed) -> None:
    other = installed.empty.parent / "other" / "schemas"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    done = installed.run("liandao", "doctor", PYTHONPATH=str(other.parent))
    assert done.returncode == 2
    assert f"schemas ({other / '__init__.py'})" in done.stderr


def test_the_demo_names_its_extra(installed: Installed) -> None:
    done = installed.run("liandao", "demo")
    assert done.returncode == 2
    assert "pip install 'liandao[demo]'" in done.stderr
    assert not (installed.empty / "demo").exists()


def test_a_project_made_and_run_gives_a_warehouse(installed: Installed) -> None:
    project = installed.empty / "hunan"
    installed.ok("liandao", "init", "hunan")
    write_project(project, endpoints={"log": "file:drop"})
    write_log(project / "home" / "drop", "log_1.csv", 7)
    installed.ok("liandao", "run", "--project", "hunan")
    count = f"SELECT count(*) AS n FROM warehouse.fact_usage WHERE platform_id = '{PLATFORM}'"
    assert json.loads(installed.ok("liandao", "sql", count, "--project", "hunan", "--json")) == [{"n": 7}]
