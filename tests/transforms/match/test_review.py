"""The review queue: doubtful pairs, the most worthwhile first, each asked once."""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON_RECORD
from tests.transforms.match.people import People, make_people
from transforms.match.decisions import CONSTRAINT, valid_numbers
from transforms.match.persons import PERSONS, PersonMatch, match_persons
from transforms.match.results.levels import name_levels

KEY = b"k" * 32


@cache
def people() -> People:
    return make_people(residents=600, communities=8, seed=3)


@cache
def matched() -> PersonMatch:
    return match_persons(people().records, None, KEY)


def run(table: pa.Table, *decisions: tuple[str, str, str]) -> PersonMatch:
    rows = [dict(zip(CONSTRAINT.names, d, strict=True)) for d in decisions]
    return match_persons(table, None, KEY, pa.Table.from_pylist(rows, schema=CONSTRAINT))


def clusters(found: PersonMatch) -> dict[str, str]:
    return dict(zip(found.links["record_id"].to_pylist(), found.links["person_id"].to_pylist(), strict=True))


def test_the_queue_falls_by_worth_and_holds_each_question_once() -> None:
    queue = matched().review
    assert queue.num_rows > 20
    worth = queue["worth"].to_pylist()
    assert worth == sorted(worth, reverse=True)
    assert pc.all(pc.less(queue["left_id"], queue["right_id"])).as_py()
    of = clusters(matched())
    pairs = [tuple(sorted((of[r["left_id"]], of[r["right_id"]]))) for r in queue.to_pylist()]
    assert len(set(pairs)) == len(pairs)


def test_worth_is_what_an_answer_may_change() -> None:
    """Never more than the smaller side; a weak link is within one person, everything else between two."""
    of, size = clusters(matched()), {}
    for person in of.values():
        size[person] = size.get(person, 0) + 1
    reasons = set()
    for r in matched().review.to_pylist():
        left, right = of[r["left_id"]], of[r["right_id"]]
        assert (left == right) == (r["reason_code"] == "weak_link")
        limit = size[left] / 2 if left == right else min(size[left], size[right])
        assert 0 <= r["worth"] <= limit
        reasons.add(r["reason_code"])
    assert {"weak_link", "household"} <= reasons


def test_nobody_is_asked_about_persons_with_two_valid_numbers() -> None:
    """No answer could make them one; so each question stands for a change that its answer can bring about."""
    of, numbers = clusters(matched()), valid_numbers(people().records)
    held: dict[str, set[int]] = {}
    for record, code in numbers.items():
        held.setdefault(of[record], set()).add(code)
    for r in matched().review.to_pylist():
        left, right = of[r["left_id"]], of[r["right_id"]]
        assert len(held.get(left, set()) | held.get(right, set())) <= 1
        assert r["worth"] > 0


def test_answers_along_the_queue_mend_more_than_answers_elsewhere() -> None:
    """Of the records whose person changes with the right answers, the first half of the queue moves at least half."""
    queue, truth = matched().review.to_pylist(), people().truth
    answers = [
        (r["left_id"], r["right_id"], "same" if truth[r["left_id"]] == truth[r["right_id"]] else "different")
        for r in queue
    ]
    half = len(answers) // 2
    first, last = (wrong(run(people().records, *part)) for part in (answers[:half], answers[half:]))
    assert first <= last
    assert first < wrong(matched())


def wrong(found: PersonMatch) -> int:
    """Records outside the largest group of their person, either way."""
    pairs: dict[tuple[str, int], int] = {}
    for record, person in clusters(found).items():
        key = (person, people().truth[record])
        pairs[key] = pairs.get(key, 0) + 1
    by_truth: dict[int, list[int]] = {}
    for (_, resident), count in pairs.items():
        by_truth.setdefault(resident, []).append(count)
    return sum(sum(counts) - max(counts) for counts in by_truth.values())


@pytest.mark.parametrize("judgement", ["same", "different", "unsure"])
def test_what_is_decided_is_not_asked_again(judgement: str) -> None:
    queue, before = matched().review.to_pylist(), clusters(matched())
    weak = {before[r["left_id"]] for r in queue if r["reason_code"] == "weak_link"}  # asked about by themselves
    first = next(
        r
        for r in queue
        if r["reason_code"] == "household" and not weak & {before[r[side]] for side in ("left_id", "right_id")}
    )
    again = run(people().records, (first["left_id"], first["right_id"], judgement))
    asked = {(r["left_id"], r["right_id"]) for r in again.review.to_pylist()}
    assert (first["left_id"], first["right_id"]) not in asked
    of = clusters(again)
    joined = of[first["left_id"]] == of[first["right_id"]]
    assert joined is (judgement == "same")
    pairs = {frozenset((of[a], of[b])) for a, b in asked}
    assert judgement == "unsure" or frozenset((of[first["left_id"]], of[first["right_id"]])) not in pairs


def test_a_decision_speaks_of_its_record_and_not_of_its_copies() -> None:
    """Three records hold a common name and nothing else: each decision is about one of them."""
    nothing = dict.fromkeys(PERSON_RECORD.columns.keys())
    alone = [nothing | {"record_id": w, "person_name": "王伟"} for w in ("w1", "w2", "w3")]
    table = pa.concat_tables([people().records, pa.Table.from_pylist(alone, schema=arrow_schema(PERSON_RECORD))])
    one, other = _two_apart()
    of = clusters(run(table, ("w1", one, "same"), ("w2", other, "same")))
    assert of["w1"] == of[one] != of["w2"] == of[other]
    assert of["w3"] not in (of["w1"], of["w2"])
    of = clusters(run(table, ("w1", "w2", "same")))
    assert of["w1"] == of["w2"] != of["w3"]


def _two_apart() -> tuple[str, str]:
    numbered = people().records.filter(pc.is_valid(people().records["cert_no"]))["record_id"].to_pylist()
    of = clusters(matched())
    return numbered[0], next(r for r in numbered if of[r] != of[numbered[0]])


def test_levels_of_chosen_pairs_have_names() -> None:
    pairs = matched().review.slice(0, 5).select(["left_id", "right_id"])
    found = name_levels(people().records, pairs, PERSONS)
    held = {(r["left_id"], r["right_id"]): r["levels"] for r in matched().pairs.to_pylist()}
    for pair, levels in zip(pairs.to_pylist(), found, strict=True):
        told = held.get((pair["left_id"], pair["right_id"]))
        assert set(levels) == {f.name for f in PERSONS.fields}
        assert told is None or levels["person_name"] in told
