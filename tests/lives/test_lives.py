"""A sample of random lives of decisions; ten thousand of them are lived by ``many.py``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.lives import expected
from tests.lives.lives import Lives, learn
from transforms.match.model import Model


@cache
def model() -> Model:
    return learn()


def test_whatever_people_decide_nobody_else_moves_and_an_undo_brings_back_what_was() -> None:
    lives = Lives.of(150, model(), seed=1)
    lives.live(8)
    assert lives.wrong == []
    assert min(lives.counts[act] for act in ("decide", "force", "refused", "withdraw", "withdraw_all", "undo")) > 10


def test_updates_hold_what_full_runs_find(tmp_path: Path) -> None:
    lives = Lives.of(60, model(), seed=2, register=tmp_path / "register")
    lives.live(5)
    assert lives.wrong == []


def test_what_is_expected_is_expected() -> None:
    """The measure itself, on cases done by hand."""
    base = {frozenset(group.split()) for group in ("a1 a2 a3", "b1 b2", "c1")}
    valid, stated = {"a1": "1", "b1": "2"}, {"a1", "a3", "b1"}
    cases = {
        "a2=c1": "a1 a2 a3 c1|b1 b2",
        "a2=b2": "a1 a2 a3|b1 b2|c1",
        "a2=b1": "a1 a3|a2 b1 b2|c1",
        "a3=b2": "a1 a2 a3 b2|b1|c1",
        "a3=b1": "a1 a2 a3|b1 b2|c1",
    }
    for said, groups in cases.items():
        left, right = said.split("=")
        judged = expected.consistent([(left, right, "same")], valid, set().union(*base))
        assert expected.obeyed(base, judged, valid, stated) == {frozenset(g.split()) for g in groups.split("|")}, said
    assert expected.consistent([("a1", "b1", "same"), ("a2", "gone", "same")], valid, set().union(*base)) == []
