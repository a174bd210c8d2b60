"""Ten thousand random lives of decisions (``make test-heavy ARGS=lives``), five hundred more beside a register."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.lives.lives import Lives, learn
from transforms.match.model import Model

LIVES, NIGHTS = 200, 10
"""Lives of a batch, and nights of a life."""
TOLD: Counter[str] = Counter()


@cache
def model() -> Model:
    return learn()


@pytest.mark.parametrize("seed", range(50))
def test_lives(seed: int) -> None:
    lives = Lives.of(LIVES, model(), 1000 + seed)
    lives.live(NIGHTS)
    assert lives.wrong == []
    TOLD.update(lives.counts)


@pytest.mark.parametrize("seed", range(5))
def test_lives_beside_a_register(seed: int, tmp_path: Path) -> None:
    lives = Lives.of(LIVES // 2, model(), 2000 + seed, register=tmp_path / "register")
    lives.live(NIGHTS)
    assert lives.wrong == []


def test_enough_has_happened() -> None:
    acts = ("decide", "force", "withdraw", "withdraw_all", "undo", "correct", "remove")
    assert min(TOLD[act] for act in acts) > 1000, dict(TOLD)
