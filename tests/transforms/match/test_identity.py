"""Surrogates that stay: kept, merged, split, never given twice."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.match.identity import CLAIM, MATTER, NO_PAST, PERSON, Past, stable_ids

KEY = bytes(range(32))
RECORDS = ["r1", "r2", "r3", "r4", "r5"]


def ids(
    clusters: list[int],
    previous: dict[str, str] | None = None,
    records: list[str] = RECORDS,
    past: Past = NO_PAST,
) -> list[str]:
    """The id of each record."""
    old = None if previous is None else pa.table({"record_id": list(previous), "person_id": list(previous.values())})
    found = stable_ids(pa.array(records), np.array(clusters), old, "person_id", KEY, PERSON, past).to_pylist()
    assert len(set(found)) == len(found)
    return [found[c] for c in clusters]


def new(anchor: str) -> str:
    return PERSON.make(KEY, anchor)


def test_a_new_id_is_a_keyed_hash_of_the_anchor() -> None:
    expected = hmac.new(KEY, b"person:r1", lambda: hashlib.new("sm3")).hexdigest()[:20].upper()
    assert ids([0, 0, 1, 1, 1])[0] == "P" + expected
    assert MATTER.make(KEY, "r1") not in (new("r1"), "M" + expected)


@pytest.mark.parametrize(
    ("clusters", "previous", "expected"),
    [
        ([0, 0, 1, 1, 1], {}, ["r1", "r1", "r3", "r3", "r3"]),
        ([0, 0, 0, 1, 2], {"r1": "A", "r2": "A", "r3": "B"}, ["A", "A", "A", "r4", "r5"]),
        ([0, 0, 0, 0, 1], {"r1": "B", "r2": "A", "r3": "A", "r4": "B"}, ["A", "A", "A", "A", "r5"]),
        ([0, 1, 1, 2, 2], dict.fromkeys(RECORDS, "A"), ["r1", "A", "A", "r4", "r4"]),
        ([0, 1, 2, 3, 4], {"r9": "A"}, RECORDS),
        ([0, 0, 0, 1, 1], {"r1": "A", "r2": "A", "r3": "B", "r4": "B", "r5": "B"}, ["A", "A", "A", "B", "B"]),
        ([0, 0, 0, 1, 2], {"r1": "A", "r2": "B", "r3": "B", "r4": "B", "r5": "C"}, ["B", "B", "B", "r4", "C"]),
        ([0, 1, 1, 1, 1], {"r1": "B", "r2": "B", "r3": "B", "r4": "A", "r5": "A"}, ["B", "A", "A", "A", "A"]),
    ],
    ids=[
        "nothing before",
        "grown",
        "merged, tie to the smaller",
        "split, larger part keeps",
        "records gone",
        "one moved, tie to the smaller",
        "two in one, the rest split off",
        "a tie, then what is left",
    ],
)
def test_ids_stay(clusters: list[int], previous: dict[str, str], expected: list[str]) -> None:
    assert ids(clusters, previous) == [e if len(e) == 1 else new(e) for e in expected]


def test_a_part_split_off_does_not_get_the_old_id_again() -> None:
    """The id made from r1 stays with the larger part; the part that holds r1 gets one that was never given."""
    before = dict(zip(RECORDS, ids([0, 0, 0, 0, 0]), strict=True))
    after = ids([0, 1, 1, 1, 1], before)
    assert after[1] == before["r1"]
    assert after[0] not in before.values()


def test_an_unchanged_run_changes_nothing() -> None:
    clusters = [0, 1, 0, 1, 2]
    first = ids(clusters)
    assert ids(clusters, dict(zip(RECORDS, first, strict=True))) == first


def past(*, ended: str = "", merged: dict[str, str] | None = None, undone: dict[str, str] | None = None) -> Past:
    def claims(of: dict[str, str] | None) -> pa.Table:
        named = of or {}
        return pa.table([list(named), list(named.values())], schema=CLAIM)

    return Past(pa.array(ended.split(), pa.string()), claims(merged), claims(undone))


@pytest.mark.parametrize(
    ("clusters", "before", "known", "expected"),
    [
        ([0, 0, 0, 1, 1], "AAAAA", past(ended="B", merged={"r4": "B", "r5": "B"}), "AAABB"),
        ([0, 0, 1, 1, 1], "AAAAA", past(ended="B", merged={"r3": "B", "r4": "B"}), "..AAA"),
        ([0, 0, 1, 1, 1], "AAAAA", past(ended="B", undone={"r1": "A", "r3": "B"}), "AABBB"),
        ([0, 0, 1, 1, 2], "AAAAA", past(ended="B C", merged={"r3": "B", "r5": "C"}), "AABBC"),
        ([0, 0, 1, 1, 1], "AAAAA", past(ended="B"), "..AAA"),
        ([0, 0, 1, 1, 1], "AABBB", past(ended="C", merged={"r1": "C", "r2": "C"}), "AABBB"),
    ],
    ids=["restored", "largest part had it", "undone", "two restored", "retired", "living ids first"],
)
def test_ids_of_the_past(clusters: list[int], before: str, known: Past, expected: str) -> None:
    found = ids(clusters, dict(zip(RECORDS, before, strict=True)), past=known)
    assert [f if f in "ABC" else "." for f in found] == list(expected)


def test_an_id_that_ended_is_not_made_again() -> None:
    assert ids([0, 0, 0, 0, 0], {}, past=past(ended=new("r1")))[0] not in (new("r1"), None)


MEMBERSHIP = st.lists(st.integers(0, 4), min_size=8, max_size=8)


@settings(max_examples=150, deadline=None)
@given(MEMBERSHIP, MEMBERSHIP, st.permutations(range(8)))
def test_laws_of_ids(before: list[int], after: list[int], order: list[int]) -> None:
    """Ids are unique, an unchanged cluster keeps its id, an id stays with a cluster that shares as many of its records
    as any other that got none, and the order of what was before changes nothing."""
    records = [f"r{n}" for n in range(8)]
    previous = {r: f"P{c}" for r, c in zip(records, before, strict=True)}
    clusters = np.unique(after, return_inverse=True)[1].tolist()
    found = ids(clusters, previous, records)
    now = dict(zip(records, found, strict=True))
    for old in set(previous.values()):
        had = {r for r in records if previous[r] == old}
        if had in [{r for r in records if now[r] == n} for n in set(found)]:
            assert {now[r] for r in had} == {old}
        if old not in found:  # every cluster that holds one of its records bears an id that was given before
            assert {now[r] for r in had} <= set(previous.values())
    shuffled = {records[n]: previous[records[n]] for n in order}
    assert ids(clusters, shuffled, records) == found
