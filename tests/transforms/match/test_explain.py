"""An explanation adds up to the weight of the run, and its chain is made of links of the cluster."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pyarrow as pa
import pytest

from schemas.errors import ConfigurationError
from tests.transforms.match.people import make_people
from transforms.match.engine import Matched, match
from transforms.match.normalise import record_keys
from transforms.match.persons import PERSONS, prepared
from transforms.match.register.store import as_json, read_register
from transforms.match.register.write import write_register
from transforms.match.results.explain import explain, strongest_path


@cache
def found() -> tuple[pa.Table, Matched, Path]:
    table = prepared(make_people(residents=600, communities=8, seed=4).records)
    path = Path(mkdtemp()) / "register"
    result = match(table, PERSONS)
    write_register(path, table, record_keys(table, PERSONS), result, PERSONS, None)
    return table, result, path


def test_fields_prior_and_household_add_up_to_the_weight() -> None:
    table, result, path = found()
    pairs = result.pairs
    some = np.random.default_rng(1).choice(len(pairs.left), 60, replace=False)
    ids = table["record_id"].take(pa.array(result.collapsed.first)).to_pylist()
    register = read_register(path)
    for row in some.tolist():
        told = explain(register, ids[pairs.left[row]], ids[pairs.right[row]])
        assert told.weight == pytest.approx(pairs.weight[row], abs=1e-6)
        total = told.prior + sum(f.weight for f in told.fields) + told.household
        assert told.cap is not None or total == pytest.approx(told.weight, abs=1e-6)
        assert all(0 < f.strangers <= 1 and 0 < f.matches <= 1 for f in told.fields)


def test_the_chain_joins_both_ends_within_the_cluster() -> None:
    table, result, path = found()
    ids = table["record_id"].to_pylist()
    members = np.bincount(result.cluster_of)
    for cluster in np.argsort(-members)[:10].tolist():
        rows = np.flatnonzero(result.cluster_of == cluster)
        told = explain(read_register(path), ids[rows[0]], ids[rows[-1]])
        assert told.together
        node = dict(zip(ids, result.collapsed.node_of.tolist(), strict=True))
        ends = [node[ids[rows[0]]], node[ids[rows[-1]]]]
        if told.same_node:
            assert ends[0] == ends[1]
            continue
        walked = [node[told.chain[0].left_id], *(node[link.right_id] for link in told.chain)]
        assert [walked[0], walked[-1]] == ends
        assert {result.node_cluster[n] for n in walked} == {result.node_cluster[ends[0]]}
        assert min(link.weight for link in told.chain) >= PERSONS.link_weight


def test_the_configuration_comes_back_as_it_was() -> None:
    assert as_json(read_register(found()[2]).config) == as_json(PERSONS)


def test_strangers_are_told_apart_and_unknown_records_refused() -> None:
    table, result, path = found()
    ids = table["record_id"].to_pylist()
    other = int(np.flatnonzero(result.cluster_of != result.cluster_of[0])[0])
    register = read_register(path)
    told = explain(register, ids[0], ids[other])
    assert not told.together
    assert told.chain == []
    assert told.weight < PERSONS.link_weight
    with pytest.raises(ConfigurationError, match="no-such-record"):
        explain(register, ids[0], "no-such-record")


def test_the_strongest_path_has_the_strongest_weakest_link() -> None:
    weight = np.full((4, 4), -np.inf)
    for a, b, w in ((0, 1, 9), (1, 2, 8), (0, 2, 4), (2, 3, 6), (0, 3, 5)):
        weight[a, b] = weight[b, a] = w
    assert strongest_path(weight, 0, 3) == [0, 1, 2, 3]
    assert strongest_path(weight, 0, 1) == [0, 1]
    weight[2, 3] = weight[3, 2] = 5
    assert strongest_path(weight, 0, 3) == [0, 3]
