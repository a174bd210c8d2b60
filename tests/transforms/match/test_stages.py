"""Collapse, block, estimate and cluster, each by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from schemas.errors import ConfigurationError, ContradictoryCluster
from transforms.match.agglomerate import agglomerate
from transforms.match.arrays import components, mix, pairs_within
from transforms.match.block import block
from transforms.match.classes import expected_matches
from transforms.match.cluster import ambiguous_nodes, check_law, lent_nodes
from transforms.match.collapse import collapse
from transforms.match.compare.category import Category
from transforms.match.compare.date import Date
from transforms.match.compare.kind import Kind
from transforms.match.config import Field, MatchConfig, Pass
from transforms.match.model import distinct_patterns, pack
from transforms.match.normalise import normalise, record_keys
from transforms.match.score import NEVER, Scored

PAIRS = MatchConfig(
    record_id="id",
    fields=(Field("a", "category"), Field("b", "category")),
    passes=(Pass(("a.value",), refine=("b.value",), max_block=3), Pass(("b.value",))),
    anchors=(("a.value", "b.value"),),
)


def table(rows: Sequence[tuple[str | None, str | None, str | None]]) -> pa.Table:
    return pa.table({name: pa.array([r[i] for r in rows], pa.string()) for i, name in enumerate(("id", "a", "b"))})


def scored(rows: list[tuple[int, int, float]]) -> Scored:
    """Pairs of nodes with a weight each and nothing else to say."""
    left, right, weight = (np.array(c) for c in zip(*rows, strict=True))
    zeros = np.zeros(len(rows))
    return Scored(
        left, right, np.ones((1, len(rows)), np.uint8), weight.astype(float), zeros, zeros, zeros.astype(np.int8)
    )


def test_equal_records_collapse_to_one_node() -> None:
    rows = table([("3", "x", None), ("1", "x", "y"), ("2", " x ", "y"), ("4", "x", None)])
    found = collapse(normalise(rows, PAIRS), record_keys(rows, PAIRS))
    a, b, c, d = found.node_of.tolist()
    assert (a == d, b == c, a != b) == (True, True, True)
    assert found.sizes.tolist() == [2, 2]


def test_nodes_and_their_keys_depend_on_values_alone() -> None:
    rows = table([("3", "x", None), ("1", "x", "y"), ("2", " x ", "y"), ("4", "z", None)])
    other = rows.take([3, 1, 0, 2])
    one, two = (collapse(normalise(t, PAIRS), record_keys(t, PAIRS)) for t in (rows, other))
    assert one.keys.tolist() == two.keys.tolist() == sorted(one.keys.tolist())
    assert one.node_of.tolist() == two.node_of[[2, 1, 3, 0]].tolist()
    assert rows["id"].take(one.first).to_pylist() == other["id"].take(two.first).to_pylist()


def test_a_record_that_a_decision_tells_apart_is_a_node_of_its_own() -> None:
    rows = table([("1", "x", "y"), ("2", "x", "y"), ("3", "x", "y")])
    found = collapse(normalise(rows, PAIRS), record_keys(rows, PAIRS), np.array([False, True, False]))
    assert sorted(found.sizes.tolist()) == [1, 2]
    assert found.node_of[0] == found.node_of[2] != found.node_of[1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [([("1", "x", "y"), ("1", "x", "z")], "not unique"), ([(None, "x", "y")], "not unique")],
)
def test_record_ids_must_identify(rows: list[tuple[str, str, str]], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        record_keys(table(rows), PAIRS)


def test_unknown_features_and_kinds_are_refused() -> None:
    records = normalise(table([("1", "x", "y")]), PAIRS)
    with pytest.raises(ConfigurationError, match=r"a\.sound"):
        records.key(("a.sound",))
    with pytest.raises(ConfigurationError, match="no such kind"):
        normalise(table([("1", "x", "y")]), MatchConfig("id", (Field("a", "telepathy"),), (), ()))


def test_passes_refine_large_blocks_and_make_no_pair_twice() -> None:
    rows = [(str(i), "x", "pq"[i % 2]) for i in range(6)] + [("7", "u", "p"), ("8", "u", "v")]
    found = block(normalise(table(rows), PAIRS), PAIRS)
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert all(a < b for a, b in pairs)
    assert set(pairs) == {(0, 2), (0, 4), (2, 4), (1, 3), (1, 5), (3, 5), (6, 7), (0, 6), (2, 6), (4, 6)}
    first, second = found.passes
    assert (first.largest_block, first.estimated, first.refined, first.left_out, first.made) == (6, 16, 6, 0, 7)
    assert (second.made, second.left_out) == (3, 0)


def test_a_block_that_stays_too_large_is_left_out_and_counted() -> None:
    found = block(normalise(table([(str(i), "x", "y") for i in range(5)]), PAIRS), PAIRS)
    assert found.passes[0].left_out == 5
    assert found.passes[1].made == 10


def test_pairs_within_groups() -> None:
    left, right = pairs_within(np.array([5, -1, 7, 5, 7, 5, -1]))
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 3), (0, 5), (2, 4), (3, 5)]


def test_keys_are_absent_where_a_part_is() -> None:
    keys = mix([np.array([1, 1, -1]), np.array([2, 3, 2])])
    assert (keys >= 0).tolist() == [True, True, False]
    assert keys[0] != keys[1]


def test_patterns_are_counted() -> None:
    patterns, counts = distinct_patterns(pack(np.array([[1, 1, 2, 1], [0, 0, 15, 3]], dtype=np.uint8)), 2)
    found = dict(zip(map(tuple, patterns.T.tolist()), counts.tolist(), strict=True))
    assert found == {(1, 0): 2, (2, 15): 1, (1, 3): 1}


def test_em_recovers_what_the_pairs_were_made_from() -> None:
    """30 % matches, known m and u: the learnt m lies within two points of the planted one."""
    rng = np.random.default_rng(7)
    kinds: list[Kind] = [Category(prefixes=(6,)), Date(), Category(prefixes=(9, 6))]
    m = [rng.dirichlet([12, *([1] * (len(k.levels) - 1))]) for k in kinds]
    u = [rng.dirichlet([1] * (len(k.levels) - 1) + [20]) for k in kinds]
    is_match = rng.random(60_000) < 0.3
    levels = np.stack(
        [
            np.where(is_match, rng.choice(len(k.levels), 60_000, p=a), rng.choice(len(k.levels), 60_000, p=b)) + 1
            for k, a, b in zip(kinds, m, u, strict=True)
        ]
    ).astype(np.uint8)
    patterns, times = distinct_patterns(pack(levels), len(kinds))
    counts = expected_matches(patterns, times, [[np.append(1.0, b) for b in u]], kinds)
    for learnt, planted in zip(counts, m, strict=True):
        assert np.abs(learnt / learnt.sum() - planted).max() < 0.02
    assert counts[0].sum() / 60_000 == pytest.approx(is_match.mean(), abs=0.02)


@pytest.mark.parametrize(
    ("weights", "numbers", "expected"),
    [
        ({(0, 1): 9, (1, 2): 9, (0, 2): 9}, [-1, -1, -1], [{0, 1, 2}]),
        ({(0, 1): 9, (1, 2): 5, (0, 2): -7}, [-1, -1, -1], [{0, 1}, {2}]),
        ({(0, 1): 9, (1, 2): 8, (0, 2): -7}, [-1, -1, -1], [{0, 1, 2}]),
        ({(0, 1): 30, (1, 2): 40, (0, 2): NEVER}, [1, -1, 2], [{0}, {1, 2}]),
        ({(0, 1): 30, (1, 2): 30, (0, 2): 30}, [1, -1, 2], [{0, 1}, {2}]),
        ({(0, 1): 2, (1, 2): 2, (0, 2): 2}, [-1, -1, -1], [{0}, {1}, {2}]),
    ],
)
def test_agglomeration(weights: dict[tuple[int, int], float], numbers: list[int], expected: list[set[int]]) -> None:
    left, right = (np.array(side) for side in zip(*weights, strict=True))
    group = agglomerate(3, left, right, np.array(list(weights.values()), float), np.array(numbers), 3.0)
    assert [set(np.flatnonzero(group == g).tolist()) for g in sorted(set(group.tolist()))] == expected


def test_the_law_is_checked_apart_from_how_clusters_were_made() -> None:
    check_law(np.array([0, 0, 1]), np.array([4, -1, 5]))
    with pytest.raises(ContradictoryCluster):
        check_law(np.array([0, 0, 0]), np.array([4, -1, 5]))


def test_a_node_that_fits_two_numbers_is_left_alone() -> None:
    number, nobody = np.array([1, 2, -1, -1]), np.zeros(4, bool)
    pairs = scored([(0, 2, 9.0), (1, 2, 8.0), (0, 3, 9.0), (1, 3, 2.0)])
    assert ambiguous_nodes(pairs, number, nobody, PAIRS).tolist() == [2]


def test_the_owner_of_a_number_is_whom_most_link_to() -> None:
    pairs = scored([(0, 1, 20.0), (0, 2, 1.0), (1, 2, 1.0), (3, 4, 1.0)])
    assert lent_nodes(pairs, np.array([1, 1, 1, 2, 2]), PAIRS).tolist() == [False, False, True, False, False]


def test_components_are_numbered_by_their_first_node() -> None:
    assert components(np.array([3, 1]), np.array([4, 4]), 5).tolist() == [0, 1, 2, 1, 1]
