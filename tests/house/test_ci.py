"""What continuous integration does: packages of the system first, then both parts of the tests, and no silent skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import listed
from tools.heavy import SUITES, closing_counts

ROOT = Path(__file__).parents[2]
CALLED = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'
PACKAGES = "# what needs it\nchromium  # pages\n\n  fonts-noto-cjk\n"


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """``.ci/run`` in a tree with two packages listed, and programs that only write down that they were called."""
    for folder in (".ci", "requirements", "bin"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "requirements" / "debian.txt").write_text(PACKAGES, encoding="utf-8")
    status = '#!/bin/sh\ncase "$*" in *chromium*) printf "$CHROMIUM";; *) exit 1;; esac\n'
    for name, text in {"make": CALLED, "apt-get": CALLED, "dpkg-query": status}.items():
        (tmp_path / "bin" / name).write_text(text, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def calls(stage: Path, chromium: str) -> list[str]:
    """What is called when ``chromium`` has this status."""
    log = stage / "calls"
    env = {"PATH": f"{stage / 'bin'}:/usr/bin:/bin", "CALLS": str(log), "CHROMIUM": chromium}
    subprocess.run(["bash", ".ci/run"], cwd=stage, env=env, check=True)
    return [line for line in log.read_text(encoding="utf-8").splitlines() if "update" not in line]


@pytest.mark.parametrize(
    ("chromium", "installs"), [("not-installed", ["chromium", "fonts-noto-cjk"]), ("installed", ["fonts-noto-cjk"])]
)
def test_absent_packages_are_installed_before_any_test(stage: Path, chromium: str, installs: list[str]) -> None:
    first, *tests = calls(stage, chromium)
    assert first.startswith("apt-get install ")
    assert [word for word in first.split()[2:] if not word.startswith("-")] == installs
    assert tests == ["make test", "make test-heavy"]


def test_nothing_is_installed_where_nothing_is_listed(stage: Path) -> None:
    (stage / "requirements" / "debian.txt").write_text("# nothing\n", encoding="utf-8")
    assert calls(stage, "installed") == ["make test", "make test-heavy"]


SKIPS = """
import pytest

@pytest.mark.skipif(True, reason="needs chromium")
def test_listed(): ...

@pytest.mark.skipif(True, reason="needs the county's files")
def test_other(): ...

def test_within():
    pytest.skip("no chromium here")

def test_runs(): ...
"""


@pytest.mark.parametrize(
    ("ci", "ended"), [("true", "1 failed, 1 passed, 1 skipped, 1 error"), ("", "1 passed, 3 skipped")]
)
def test_skips_for_want_of_a_listed_package_fail_in_ci(tmp_path: Path, ci: str, ended: str) -> None:
    (tmp_path / "test_it.py").write_text(SKIPS, encoding="utf-8")
    hooks = "from tests import system\nfrom tests.system import *\nsystem.PACKAGES = {'chromium'}\n"
    (tmp_path / "conftest.py").write_text(hooks, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "."]
    env = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].startswith(ended), done.stdout


def test_a_list_is_read_without_its_comments() -> None:
    assert listed(PACKAGES) == {"chromium", "fonts-noto-cjk"}


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("7 passed in 44.10s\n", {"passed": 7}),
        ("= 1 failed, 26 passed, 3 skipped, 1 warning in 9.5s (0:01:38) =", {"failed": 1, "passed": 26, "skipped": 3}),
        ("2 errors in 3.10s", {"error": 2}),
        ("no tests ran in 0.01s", {}),
        ("........ [ 53%]", {}),
        ("44.39s call     tests/wheel/installed.py::test_a_project", {}),
    ],
)
def test_closing_lines_are_counted(line: str, counts: dict[str, int]) -> None:
    assert closing_counts(line) == counts


def test_suites_name_tests_and_environments_that_exist() -> None:
    words = [word.removeprefix("--ignore=") for suite in SUITES for word in suite.tests]
    tests = [word for word in words if word.startswith("tests/")]
    assert [name for name in tests if not (ROOT / name).exists()] == []
    script = (ROOT / "tools" / "bootstrap.sh").read_text(encoding="utf-8")
    assert [s.name for s in SUITES if s.environment and f".venv-{s.environment} " not in script] == []
