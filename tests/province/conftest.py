"""The province is invented on its own regions."""

from __future__ import annotations

import pytest

from province.regions import FOLDER
from schemas import project

project.use(FOLDER)


@pytest.fixture(autouse=True, scope="module")
def project_in_use() -> None:
    """The province's regions, in place of the tests' own."""
    project.use(FOLDER)
