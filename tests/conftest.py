"""Order of the tests: whole flows first, so that at the end no process waits for another's longest file."""

from __future__ import annotations

import pytest

LONGEST = ("tests/e2e/test_flow.py", "tests/e2e/test_truth.py", "tests/dags/test_flow.py", "tests/e2e/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take minutes in front; the others keep their order."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(name: str) -> int:
    return next((place for place, prefix in enumerate(LONGEST) if name.startswith(prefix)), len(LONGEST))
