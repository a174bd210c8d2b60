"""Found beside planted on two more provinces (``make test-heavy ARGS=truth``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import liandao
from tests.e2e.test_truth import (
    test_no_person_has_two_different_valid_identity_numbers,
    test_persons_are_matched,
    test_planted_figure_lies_in_the_interval,
    test_planted_high_use_platforms_are_found_exactly,
)

__all__ = [
    "test_no_person_has_two_different_valid_identity_numbers",
    "test_persons_are_matched",
    "test_planted_figure_lies_in_the_interval",
    "test_planted_high_use_platforms_are_found_exactly",
]

SEEDS = [
    pytest.param(("--seed", "11", "--residents", "1200", "--communities", "16"), id="seed 11"),
    pytest.param(("--seed", "23", "--residents", "1200", "--communities", "20"), id="seed 23"),
]


@pytest.fixture(scope="module", params=SEEDS)
def province(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A province after one run, with its outcome."""
    home = tmp_path_factory.mktemp("seed") / "home"
    ran = liandao(home, "demo", *request.param)
    assert ran.exit_code == 0, ran.messages
    return home, ran.data
