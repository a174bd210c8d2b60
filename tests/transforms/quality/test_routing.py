"""Routing: dropped before quarantined before accepted; every row counted once, every flag of an accepted row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rules import Required, Severity
from transforms.quality.routing import reasons, route
from transforms.quality.rowchecks import Check

SEVERITIES = [Severity.FLAG, Severity.QUARANTINE, Severity.DROP, Severity.QUARANTINE]
CHECKS = tuple(Check(f"T.C{i}.R", s, "", Required(), ("c",)) for i, s in enumerate(SEVERITIES))

ROUTED = [
    (0b0000, "accepted", None),
    (0b0001, "accepted", None),
    (0b0010, "quarantine", "T.C1.R"),
    (0b1010, "quarantine", "T.C1.R"),
    (0b1001, "quarantine", "T.C3.R"),
    (0b1111, "drop", "T.C2.R"),
]


@pytest.mark.parametrize(("bits", "disposition", "reason"), ROUTED)
def test_route(bits: int, disposition: str, reason: str | None) -> None:
    routing = route(np.array([bits]), CHECKS)
    assert len(routing.accepted) == (disposition == "accepted")
    assert routing.quarantined == ({reason: 1} if disposition == "quarantine" else {})
    assert routing.dropped == ({reason: 1} if disposition == "drop" else {})
    assert routing.flagged == ({"T.C0.R": 1} if bits == 1 else {})


def test_reasons_name_every_rule() -> None:
    found = [column.to_pylist() for column in reasons(np.array([0b1111, 0b1001]), CHECKS)]
    assert found == [["drop", "quarantine"], ["T.C2.R", "T.C3.R"], ["T.C0.R,T.C1.R,T.C2.R,T.C3.R", "T.C0.R,T.C3.R"]]


@given(st.lists(st.integers(0, 15), max_size=50))
def test_every_row_goes_to_one_place(bits: list[int]) -> None:
    routing = route(np.array(bits, dtype=np.int64), CHECKS)
    assert sorted([*routing.accepted, *routing.aside]) == list(range(len(bits)))
    assert sum(routing.quarantined.values()) + sum(routing.dropped.values()) == len(routing.aside)
