"""Cluster measures on cases small enough to count by hand, and against a plain count of all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from benchmarks.match.metrics import (
    b_cubed,
    contradictory_clusters,
    exact_clusters,
    false_merges,
    judge,
    overlap,
    pairwise,
    precision_by_size,
)


def labels(text: str) -> np.ndarray:
    return np.array([ord(c) for c in text], dtype=np.int64)


CASES = [
    # found, true, (precision, recall) of pairs, of clusters, of B-cubed
    ("aabbc", "aabbc", (1, 1), (1, 1), (1, 1)),
    ("aabbc", "ccaab", (1, 1), (1, 1), (1, 1)),
    ("aaaa", "aabb", (2 / 6, 1), (0, 0), (0.5, 1)),
    ("abcd", "aabb", (1, 0), (0, 0), (1, 0.5)),
    ("aab", "abb", (0, 0), (0, 0), (2 / 3, 2 / 3)),
    ("aaab", "aabb", (1 / 3, 1 / 2), (0, 0), ((2 / 3 * 2 + 1 / 3 + 1) / 4, (1 + 1 + 0.5 + 0.5) / 4)),
    ("aabcc", "aabbb", (1, 2 / 4), (1 / 3, 1 / 2), (1, (2 + 1 / 3 + 2 * 2 / 3) / 5)),
    ("abc", "abc", (1, 1), (1, 1), (1, 1)),
]


@pytest.mark.parametrize(("found", "true", "pairs", "clusters", "cubed"), CASES)
def test_measures(found: str, true: str, pairs: tuple, clusters: tuple, cubed: tuple) -> None:
    cells = overlap(labels(found), labels(true))
    for rates, expected in ((pairwise(cells), pairs), (exact_clusters(cells), clusters), (b_cubed(cells), cubed)):
        assert (rates.precision, rates.recall) == pytest.approx(expected)


def test_measures_agree_with_a_plain_count() -> None:
    rng = np.random.default_rng(3)
    true = rng.integers(0, 40, 150)
    found = np.where(rng.random(150) < 0.2, rng.integers(0, 60, 150), true)
    both = {(i, j) for i, j in combinations(range(150), 2) if found[i] == found[j] and true[i] == true[j]}
    said = sum(found[i] == found[j] for i, j in combinations(range(150), 2))
    meant = sum(true[i] == true[j] for i, j in combinations(range(150), 2))
    rates = pairwise(overlap(found, true))
    assert (rates.precision, rates.recall) == pytest.approx((len(both) / said, len(both) / meant))
    cubed = np.mean([np.mean(true[found == found[i]] == true[i]) for i in range(150)])
    assert b_cubed(overlap(found, true)).precision == pytest.approx(cubed)
    members = [frozenset(np.flatnonzero(found == c)) for c in np.unique(found)]
    entities = {frozenset(np.flatnonzero(true == e)) for e in np.unique(true)}
    assert exact_clusters(overlap(found, true)).precision == pytest.approx(
        sum(m in entities for m in members) / len(members)
    )


def test_precision_falls_in_the_band_of_the_cluster() -> None:
    bands = precision_by_size(overlap(labels("aabbbcccc"), labels("aabbcdddd")))
    assert [(b["size"], b["clusters"], b["pairs"]) for b in bands] == [("2", 1, 1), ("3", 1, 3), ("4-5", 1, 6)]
    assert [b["precision"] for b in bands] == [1.0, round(1 / 3, 5), 1.0]


@pytest.mark.parametrize(
    ("found", "number", "expected"),
    [
        ("aab", [1, 1, 2], 0),
        ("aab", [1, 2, 2], 1),
        ("aaa", [1, -1, -1], 0),
        ("aabb", [1, 2, 3, 4], 2),
        ("aaa", [1, 2, 3], 1),
    ],
)
def test_contradictory_clusters(found: str, number: list[int], expected: int) -> None:
    assert contradictory_clusters(labels(found), np.array(number)) == expected


@pytest.mark.parametrize(
    ("found", "true", "group", "expected"),
    [
        ("aabb", "xxyy", [0, 0, 0, 0], 0),
        ("aaaa", "xxyy", [0, 0, 0, 0], 1),
        ("aaaa", "xxyy", [0, 0, 1, 1], 0),
        ("aaaa", "xxyy", [0, 0, -1, -1], 0),
        ("aabb", "xyxy", [0, 0, 0, 0], 2),
        ("aaaa", "wxyz", [0, 0, 1, 1], 1),
    ],
)
def test_false_merges_within_a_group(found: str, true: str, group: list[int], expected: int) -> None:
    assert false_merges(labels(found), labels(true), np.array(group)) == expected


def test_judge_counts_and_refuses_lengths_that_differ() -> None:
    verdict = judge(labels("aab"), labels("abb"))
    assert (verdict["records"], verdict["clusters"], verdict["entities"], verdict["largest_cluster"]) == (3, 2, 2, 2)
    with pytest.raises(ValueError, match="one true label"):
        overlap(labels("ab"), labels("a"))
