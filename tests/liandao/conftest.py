"""A home that has lived, for the tests of what people decide."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.liandao.nights import Nights, live


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Six nights lived; read it, or give back what was changed."""
    return live(tmp_path_factory.mktemp("nights") / "home")


@pytest.fixture
def home_of_nights(lived: Nights, tmp_path: Path) -> Path:
    """A copy of that home to change."""
    return Path(shutil.copytree(lived.home, tmp_path / "home", symlinks=True))
