"""Quality without truth: formulas on hand cases, estimates against known truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from tests.transforms.match.people import make_people
from transforms.match.arrays import mix
from transforms.match.engine import Matched, match
from transforms.match.persons import PERSONS, in_order, with_stated_in_number
from transforms.match.quality import Quality, assess
from transforms.match.quality.capture import captured_by, chapman
from transforms.match.quality.evidence import Refused
from transforms.match.quality.merges import merge_further, merge_tree
from transforms.match.quality.multiplicity import count_multiplicities, invert, multiplicity
from transforms.match.quality.sampling import allocate, draw_pairs, needed, share_from_answers, stratum_of
from transforms.match.quality.sparse import excess_alone


def test_multiplicities_as_in_the_paper() -> None:
    """domain.md C1: pi .9 and lambda .03 give P0 .0970, P1 .8763, P2 .0262 and precision .9677; and back."""
    pi, rate = 0.9, 0.03
    none = (1 - pi) * np.exp(-rate)
    one = np.exp(-rate) * (pi + (1 - pi) * rate)
    two = np.exp(-rate) * (pi * rate + (1 - pi) * rate**2 / 2)
    assert [round(float(p), 4) for p in (none, one, two)] == [0.0970, 0.8763, 0.0262]
    (found,), (false,) = invert(np.array([none]), np.array([one]))
    assert (found, false) == pytest.approx((pi, rate), abs=1e-9)
    assert round(found / (found + false), 4) == 0.9677


def test_multiplicities_are_counted_for_each_record_and_other_source() -> None:
    """Clusters aab, ac, b over sources a, b, c: six records with two other sources each."""
    clusters, sources = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 0, 2, 1])
    assert count_multiplicities(clusters, sources) == (7, 4, 1)


def test_multiplicity_needs_two_sources_and_a_link() -> None:
    assert multiplicity(np.array([0, 0]), np.array([0, 0])) is None
    assert multiplicity(np.array([0, 1]), np.array([0, 1])) is None
    found = multiplicity(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    assert found is not None
    assert found.precision.value == 1


def test_multiplicity_needs_sources_that_hold_an_entity_once() -> None:
    assert multiplicity(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])) is None


def test_chapman_by_hand() -> None:
    unseen, lower, upper = chapman(10, 20, 99)
    assert unseen == 2.0
    assert lower < 2.0 < upper
    assert chapman(0, 5, 90) == (0.0, 0.0, 0.0)


def test_captured_by_reads_bits() -> None:
    assert captured_by(np.array([0b101, 0b010, 0], dtype=np.uint64), 3).tolist() == [
        [True, False, False],
        [False, True, False],
        [True, False, False],
    ]


def test_merge_tree_by_hand() -> None:
    """Nodes of 2, 1 and 3 records. The second merge rests on 3 bits for and 4 against."""
    left, right = np.array([0, 1, 0]), np.array([1, 2, 2])
    weight = np.array([5.0, 3.0, -4.0])
    merges = merge_tree(np.array([2, 1, 3]), left, right, weight, weight)
    assert merges.pairs.tolist() == [2.0, 9.0]
    assert merges.weight.tolist() == [5.0, 3.0]
    assert merges.support.tolist() == [5.0, -1.0]


def test_further_merges_keep_the_law() -> None:
    """Three clusters: the first two hold different numbers, the third none; it joins the better of them alone."""
    group = np.array([0, 1, 2])
    merges = merge_further(
        np.array([1, 1, 1]), group, np.array([7, 8, -1]), np.array([0, 1]), np.array([2, 2]), np.array([1.0, 2.0])
    )
    assert list(zip(merges.left.tolist(), merges.right.tolist(), strict=True)) == [(1, 2)]


def test_a_record_that_fits_two_chooses() -> None:
    """Even odds with either of two that exclude each other: a third each, a third for neither."""
    refused = Refused(np.zeros(3), np.array([4, 4, -1]), np.array([False, False, False]), np.ones(3))
    assert refused.chance().tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 2])


def test_records_that_say_little_and_stand_alone() -> None:
    """Four of ten that say little stand alone, none of those that say much, which have one mate each."""
    own = np.array([1.0] * 10 + [9.0] * 12)
    clusters = np.array([0, 1, 2, 3, 4, 4, 5, 5, 6, 6, *np.repeat(np.arange(7, 13), 2)])
    found = excess_alone(own, clusters, None)
    assert (found.records, found.alone, found.expected, found.missed) == (10, 4, 0.0, 4.0)


def test_neyman_by_hand() -> None:
    """sum N S = 140, sum N S^2 = 34; half-width .05 of 1000: 19600 / (650.79 + 34) = 28.6."""
    strata = [(100, 0.5), (900, 0.1)]
    assert needed(strata, 0.05, 1000) == 29
    assert allocate(strata, 140) == [50, 90]
    assert allocate([(4, 0.5), (900, 0.1)], 1) == [4, 15]


def test_answers_by_hand() -> None:
    """80 of 100 at 9 of 10, 20 at all of 5: .92."""
    found = share_from_answers([(80, 10, 9), (20, 5, 5)])
    assert found.value == pytest.approx(0.92)
    variance = 0.64 * (1 - 10 / 80) * (10 / 12 * 2 / 12) / 9 + 0.04 * (1 - 5 / 20) * (6 / 7 / 7) / 4
    assert found.lower == pytest.approx(0.92 - 1.959964 * variance**0.5)
    assert share_from_answers([]).value == 0


@cache
def run(residents: int, seed: int, sloppiness: float) -> tuple[Matched, Quality, np.ndarray]:
    people = make_people(residents, communities=max(residents // 100, 1), seed=seed, sloppiness=sloppiness)
    records = with_stated_in_number(in_order(people.records))
    found = match(records, PERSONS)
    truth = np.array([people.truth[i] for i in records["record_id"].to_pylist()])
    return found, assess(found, PERSONS), truth


def pairs(labels: np.ndarray) -> int:
    counts = np.unique(labels, return_counts=True)[1]
    return int(np.sum(counts * (counts - 1) // 2))


CASES = [(200, 5, 1.0), (600, 6, 3.0), (400, 7, 0.3), (600, 9, 1.0)]


@pytest.mark.parametrize(("residents", "seed", "sloppiness"), CASES)
def test_intervals_cover_the_truth(residents: int, seed: int, sloppiness: float) -> None:
    found, quality, truth = run(residents, seed, sloppiness)
    right = pairs(found.cluster_of * 1_000_000 + truth)
    said, true = pairs(found.cluster_of), pairs(truth)
    expected = quality.expected
    assert round(expected.said) == said
    assert expected.precision.lower <= right / said <= expected.precision.upper
    assert expected.recall.lower <= right / true <= expected.recall.upper
    assert expected.precision.upper - expected.precision.lower < 0.04
    assert expected.recall.upper - expected.recall.lower < 0.12


def test_precision_by_size_covers_the_truth() -> None:
    found, quality, truth = run(600, 9, 1.0)
    size = np.bincount(found.cluster_of)[found.cluster_of]
    for c in quality.expected.by_size:
        rows = (size >= c.smallest) & (size <= (c.largest or 10**9))
        said, right = pairs(found.cluster_of[rows]), pairs(found.cluster_of[rows] * 1_000_000 + truth[rows])
        assert said == c.pairs
        assert c.precision.lower <= right / said <= c.precision.upper, c.smallest
    assert sum(c.pairs for c in quality.expected.by_size) == pairs(found.cluster_of)


def test_thresholds_contain_the_one_in_use() -> None:
    found, quality, _ = run(200, 5, 1.0)
    (own,) = [t for t in quality.thresholds if t.in_use]
    assert own.clusters == found.report["clusters"]
    assert own.precision == pytest.approx(quality.expected.precision.value, abs=1e-5)
    assert own.recall == pytest.approx(quality.expected.recall.value, abs=1e-5)
    clusters = [t.clusters for t in quality.thresholds]
    recalls = [t.recall for t in quality.thresholds]
    assert clusters == sorted(clusters)
    assert recalls == sorted(recalls, reverse=True)
    assert len(clusters) >= 12


@pytest.mark.parametrize("is_linked", [True, False])
def test_review_of_the_sample_would_find_the_share(is_linked: bool) -> None:
    """Somebody who knows the truth answers for the drawn pairs. Of 12 samples at most 3 miss the share among all."""
    found, quality, truth = run(600, 9, 1.0)
    p = found.pairs
    same = truth[found.collapsed.first[p.left]] == truth[found.collapsed.first[p.right]]
    linked = found.node_cluster[p.left] == found.node_cluster[p.right]
    of = stratum_of(p.weight, linked)
    strata = [s for s in quality.sampling if s.linked is is_linked]
    covered = 0
    for salt in range(12):
        drawn = draw_pairs(quality.sampling, of, mix([np.full(len(p.left), salt), p.left, p.right]))
        assert len(drawn) == len(set(drawn.tolist())) == sum(s.draw for s in quality.sampling)
        rows = [drawn[of[drawn] == n] for n in np.unique(of[linked == is_linked])]
        answers = [(s.population, len(r), int(same[r].sum())) for s, r in zip(strata, rows, strict=True)]
        estimate = share_from_answers(answers)
        covered += estimate.lower <= same[linked == is_linked].mean() <= estimate.upper
    assert covered >= 9


def test_order_of_rows_changes_nothing() -> None:
    people = make_people(200, communities=2, seed=11)
    records = with_stated_in_number(in_order(people.records))
    shuffled = records.take(pa.array(np.random.default_rng(1).permutation(records.num_rows)))
    first, second = (assess(match(t, PERSONS), PERSONS).to_dict() for t in (records, shuffled))
    assert first == second
