"""Packages of the system that tests need (``requirements/debian.txt``): with CI=true a skip for want of one fails.

A test that needs one says ``pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

LIST = Path(__file__).parents[1] / "requirements" / "debian.txt"
_Report = TypeVar("_Report", pytest.CollectReport, pytest.TestReport)


def listed(text: str) -> set[str]:
    """Names of the packages in a list with comments."""
    return {name for line in text.splitlines() if (name := line.split("#")[0].strip())}


PACKAGES = listed(LIST.read_text(encoding="utf-8"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What became of one test."""
    return judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """What became of a file of tests."""
    return judged((yield))


def judged(report: _Report) -> _Report:
    """The report; a failure where CI=true and a test was skipped with a package of the list among its reasons."""
    if report.skipped and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        wanted = PACKAGES & set(re.findall(r"[\w.+-]+", reason))
        if wanted:
            report.outcome = "failed"
            report.longrepr = f"{reason}: must be there, requirements/debian.txt lists {', '.join(sorted(wanted))}"
    return report
