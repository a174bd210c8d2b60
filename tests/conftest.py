"""The project that tests run in, and their order: whole flows first, so that at the end no process waits for another's
longest file."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import project
from tests.system import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

PROJECT = Path(__file__).parent / "project"
LONGEST = ("tests/e2e/test_flow.py", "tests/e2e/test_truth.py", "tests/dags/test_flow.py", "tests/e2e/")

project.use(PROJECT)  # tests that are made from declarations read them while they are collected


@pytest.fixture(autouse=True, scope="module")
def project_in_use() -> None:
    """Whatever project another file's tests used, these run in the tests' own."""
    project.use(PROJECT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take minutes in front; the others keep their order."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(name: str) -> int:
    return next((place for place, prefix in enumerate(LONGEST) if name.startswith(prefix)), len(LONGEST))
