"""Take away what holds each promise, in a copy of the program: the test that the page names has to fail.

    python -m pytest tests/guarantees/taken_away.py -n2
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guarantees.promises import PROMISES, Promise
from tests.house.test_tree import ROOT

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo", "docs", "benchmarks", "*.egg-info")
TESTS_FAILED = 1
"""What pytest ends with when a test failed: not when it found none, or could not be started."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "program", ignore=LEFT_OUT))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda p: f"{p.number} {p.file}")
def test_the_test_fails_without_it(program: Path, promise: Promise) -> None:
    path = program / promise.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(promise.taken, promise.given), encoding="utf-8")
    chosen = ["-k", promise.chosen] if promise.chosen else []
    words = [sys.executable, "-m", "pytest", promise.test, "-q", "-x", "-n0", "-p", "no:cacheprovider", *chosen]
    environment = {**os.environ, "PYTHONPATH": str(program)}
    ran = subprocess.run(words, cwd=program, env=environment, capture_output=True, text=True, check=False)
    said = ran.stdout[-3000:] + ran.stderr[-1000:]
    assert ran.returncode == TESTS_FAILED, f"{promise.number} holds without it:\n{said}"
    assert str(program / "tests") in ran.stdout or promise.test.partition("::")[0] in ran.stdout
