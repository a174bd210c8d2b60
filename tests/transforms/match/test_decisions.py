"""Decisions before they are obeyed: what can't be true together is found, and named by its chain."""

from __future__ import annotations

import pyarrow as pa
import pytest

from schemas.decisions import Decision, decision_table
from tests.transforms.match.people import identity_number
from tests.transforms.match.residents import invent_residents
from transforms.match.decisions import Conflict, Held, first_conflict, settle, undone_claims, valid_numbers

NUMBERS = {"n1": 1, "n2": 2, "n3": 1}
"""Records that have a valid number: n1 and n3 the same one."""


def take(*judgements: str) -> list[Conflict | None]:
    """``a=b`` same, ``a!b`` different, ``a?b`` unsure; the outcome of each."""
    held = Held(NUMBERS)
    return [held.take(*parse(j)) for j in judgements]


def parse(text: str) -> tuple[str, str, str]:
    for sign, judgement in (("=", "same"), ("!", "different"), ("?", "unsure")):
        if sign in text:
            left, right = text.split(sign)
            return left, right, judgement
    raise ValueError(text)


@pytest.mark.parametrize(
    ("judgements", "state", "chain"),
    [
        (["a=b", "b=c", "c=d"], None, ""),
        (["a=b", "b!c", "c=d"], None, ""),
        (["a!b", "c!a"], None, ""),
        (["a?b", "a=b"], None, ""),
        (["a=b", "a=b"], None, ""),
        (["a=b", "b=c", "a!c"], "contradicted", "a b c"),
        (["a!c", "a=b", "b=c"], "contradicted", "a b c"),
        (["a!c", "b=a", "d=c", "b=d"], "contradicted", "a b d c"),
        (["a=b", "c=d", "b=c", "d!a"], "contradicted", "d c b a"),
        (["n1=n3"], None, ""),
        (["n1=n2"], "against_law", "n1 n2"),
        (["n1=a", "a=b", "b=n2"], "against_law", "n1 a b n2"),
        (["n1=a", "n2=b", "n3=a", "a!b"], None, ""),
        (["x=y", "n2=x", "n1=z", "y=z"], "against_law", "n2 x y z n1"),
    ],
)
def test_the_last_judgement_beside_the_others(judgements: list[str], state: str | None, chain: str) -> None:
    *before, last = take(*judgements)
    assert before == [None] * len(before)
    assert (last.state if last else None) == state
    assert (last.chain if last else ()) in (tuple(chain.split()), tuple(reversed(chain.split())))


def test_a_new_judgement_takes_the_place_of_the_old_one_on_its_pair() -> None:
    held = [parse("a=b"), parse("b=c")]
    assert first_conflict(held, [parse("b!a")], {}) == [None]
    (conflict,) = first_conflict(held, [parse("a!c")], {})
    assert conflict is not None
    assert conflict.chain == ("a", "b", "c")
    assert first_conflict([], [parse("a=b"), parse("b=c"), parse("c!a")], {})[2] is not None


def decided(number: int, text: str, **more: str) -> Decision:
    left, right, judgement = parse(text)
    at = f"2026-07-0{number}T09:00:00+08:00"
    return Decision(f"d{number}", more.pop("kind", "person"), left, right, judgement, at, "王五", "command", **more)


def test_settling_finds_what_can_be_obeyed() -> None:
    made = [
        decided(1, "a=b"),
        decided(2, "b=c"),
        decided(3, "a!c"),
        decided(4, "a=gone"),
        decided(5, "n1=n2"),
        decided(6, "a?n1"),
        decided(7, "a!b", kind="matter"),
    ]
    known = pa.array(["a", "b", "c", "n1", "n2", "n3"])
    settled = settle(decision_table(made), "person", known, NUMBERS)
    states = ["in_force", "in_force", "contradicted", "no_record", "against_law", "in_force", "in_force"]
    assert settled.decisions["state_code"].to_pylist() == states
    assert [tuple(r.values()) for r in settled.constraints.to_pylist()] == [
        ("a", "b", "same"),
        ("b", "c", "same"),
        ("a", "n1", "unsure"),
    ]


def test_nothing_decided() -> None:
    settled = settle(decision_table([]), "person", pa.array(["a"]), {})
    assert (settled.decisions.num_rows, settled.constraints.num_rows) == (0, 0)


def test_an_undo_claims_its_ids_once() -> None:
    made = [decided(1, "a!b", left_entity_id="P1", right_entity_id="P2"), decided(2, "c!d")]
    table = decision_table(made)
    assert undone_claims(table, None, "person").to_pydict() == {"record_id": ["a", "b"], "entity_id": ["P1", "P2"]}
    assert undone_claims(table, table, "person").num_rows == 0
    assert undone_claims(table, None, "matter").num_rows == 0


def test_valid_numbers_are_one_code_for_one_number() -> None:
    import random

    folk, _ = invent_residents(random.Random(1), 3, 2)  # noqa: S311
    number = folk[0].cert_no
    other = identity_number("439901", folk[0].birth, 777)
    texts = [number, number.lower(), other, number[:-1] + ("0" if number[-1] != "0" else "1"), None, "张三"]
    records = pa.table({"record_id": list("abcdef"), "cert_no": texts})
    codes = valid_numbers(records)
    assert set(codes) == {"a", "b", "c"}
    assert codes["a"] == codes["b"] != codes["c"]
