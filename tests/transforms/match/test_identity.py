"""Surrogates that stay: kept, merged, split, never given twice."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest

from transforms.match.identity import MATTER, PERSON, stable_ids

KEY = bytes(range(32))
RECORDS = ["r1", "r2", "r3", "r4", "r5"]


def ids(clusters: list[int], previous: dict[str, str] | None = None, records: list[str] = RECORDS) -> list[str]:
    """The id of each record."""
    old = None if previous is None else pa.table({"record_id": list(previous), "person_id": list(previous.values())})
    found = stable_ids(pa.array(records), np.array(clusters), old, "person_id", KEY, PERSON).to_pylist()
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
    ],
    ids=["nothing before", "grown", "merged, tie to the smaller", "split, larger part keeps", "records gone"],
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
