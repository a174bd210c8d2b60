"""What people decided is obeyed, whatever the evidence says; the law is above both."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from schemas.errors import ConfigurationError
from tests.transforms.match.people import identity_number
from transforms.match.config import Field, MatchConfig, Pass
from transforms.match.engine import Matched, match

CONFIG = MatchConfig(
    record_id="id",
    fields=(Field("name", "person_name_zh"), Field("number", "identity_number"), Field("phone", "phone")),
    passes=(Pass(("name.sounds", "phone.number"), is_training=True), Pass(("number.number",))),
    anchors=(("number.valid",), ("name.sounds", "phone.number")),
    exclusive="number.valid",
    certain_field="number",
    implies={},
)
ONE, TWO = (identity_number("439901", date(1976, 3, 12), n) for n in (272, 274))
ROWS = [
    ("a1", "张伟", ONE, "13900000001"),
    ("a2", "张伟", ONE, "13900000001"),
    ("a3", "张伟", None, "13900000001"),
    ("b1", "李静", TWO, "13900000002"),
    ("b2", "李静", TWO, "13900000002"),
    ("b3", "李静", None, "13900000002"),
    ("b4", "李静", f"{TWO[:6]}********{TWO[-4:]}", "13900000002"),
    ("c1", "王芳", None, "13900000003"),
]


def run(*decisions: tuple[str, str, str]) -> Matched:
    strangers = [(f"s{i}", f"刘{chr(0x4E10 + i)}", None, f"1380000{i:04d}") for i in range(60)]
    columns = zip(*ROWS, *strangers, strict=True)
    fields = ("id", "name", "number", "phone")
    table = pa.table({n: pa.array(c, pa.string()) for n, c in zip(fields, columns, strict=True)})
    names = ("left_id", "right_id", "judgement")
    constraints = pa.table({n: pa.array([d[i] for d in decisions], pa.string()) for i, n in enumerate(names)})
    return match(table, CONFIG, constraints)


def clusters(found: Matched) -> set[frozenset[str]]:
    ids = np.array([r[0] for r in ROWS])
    labels = found.cluster_of[: len(ids)]
    return {frozenset(ids[labels == c].tolist()) for c in labels.tolist()}


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([], ["a1 a2 a3", "b1 b2 b3 b4", "c1"]),
        ([("a1", "c1", "same")], ["a1 a2 a3 c1", "b1 b2 b3 b4"]),
        ([("c1", "a1", "same"), ("c1", "b1", "different")], ["a1 a2 a3 c1", "b1 b2 b3 b4"]),
        ([("a1", "a2", "different")], ["a1 a3", "a2", "b1 b2 b3 b4", "c1"]),
        ([("a3", "a1", "different"), ("a3", "a2", "different")], ["a1 a2", "a3", "b1 b2 b3 b4", "c1"]),
        ([("a1", "b1", "same")], ["a1 a2 a3", "b1 b2 b3 b4", "c1"]),
        ([("a3", "b1", "same")], ["a1 a2", "a3 b1 b2 b3 b4", "c1"]),
        ([("a3", "b4", "same")], ["a1 a2", "a3 b1 b2 b3 b4", "c1"]),
        ([("a3", "b3", "same")], ["a1 a2 a3", "b1 b2 b3 b4", "c1"]),
        ([("a1", "b4", "same")], ["a1 a2 a3", "b1 b2 b3 b4", "c1"]),
        ([("a3", "b3", "same"), ("a1", "a3", "same")], ["a1 a2 a3 b3", "b1 b2 b4", "c1"]),
        ([("a3", "c1", "same"), ("c1", "b3", "same")], ["a1 a2 a3 c1", "b1 b2 b3 b4"]),
        ([("c1", "b3", "same"), ("a3", "c1", "same")], ["a1 a2 a3", "b1 b2 b3 b4 c1"]),
        (
            [("a3", "b3", "same"), ("a1", "a3", "different"), ("a2", "a3", "different")],
            ["a1 a2", "a3 b1 b2 b3 b4", "c1"],
        ),
        ([("a1", "c1", "unsure")], ["a1 a2 a3", "b1 b2 b3 b4", "c1"]),
        ([("a1", "gone", "same"), ("a1", "a1", "different")], ["a1 a2 a3", "b1 b2 b3 b4", "c1"]),
    ],
    ids=[
        "none", "same", "same and different", "copies apart", "apart from all", "law above",
        "one without a number moves", "what is masked stays", "two without a number wait", "no record without a number",
        "one is bound", "a chain waits", "the earlier one holds", "parted first", "unsure", "absent",
    ],
)
def test_decisions_are_obeyed(decisions: list[tuple[str, str, str]], expected: list[str]) -> None:
    found = clusters(run(*decisions))
    if decisions == [("a1", "a2", "different")]:  # a3 goes with either
        assert {frozenset(c - {"a3"}) for c in found if c != {"a3"}} == {
            frozenset(e.split()) - {"a3"} for e in expected
        }
    else:
        assert found == {frozenset(e.split()) for e in expected}


def test_unsure_takes_the_link_away_and_nothing_else() -> None:
    found = clusters(run(("a3", "a1", "unsure"), ("a3", "a2", "unsure")))
    assert frozenset({"a1", "a2"}) in found
    assert frozenset({"a3"}) in found


def test_an_unknown_judgement_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="judgement"):
        run(("a1", "a2", "maybe"))
