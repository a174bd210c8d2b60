"""Spark and one machine agree to the record: clusters, pairs, levels, weights, model, report."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from schemas.errors import ConfigurationError
from tests.transforms.match.general_people import ARTICLES, articles
from tests.transforms.match.people import make_people
from transforms.match.config import MatchConfig
from transforms.match.derive.settings import Settings
from transforms.match.engine import Matched, match
from transforms.match.persons import PERSONS, prepared
from transforms.match.score import Scored
from transforms.match.spark import match_on_spark

CLOSE = 1e-9


@dataclass(frozen=True)
class Both:
    """The findings of the engine, and of Spark on the same records in another order."""

    alone: Matched
    spread: Matched
    config: MatchConfig


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(np.random.default_rng(7).permutation(len(table)))


def decisions(table: pa.Table, found: Matched) -> pa.Table:
    """Each judgement where it changes something: copies told apart, a cluster cut, two joined, a link questioned."""
    ids, first = np.array(table.column("record_id").to_pylist()), found.collapsed.first
    pairs = found.pairs.where(found.pairs.left != found.pairs.right)
    inside = pairs.where(found.node_cluster[pairs.left] == found.node_cluster[pairs.right])
    across = pairs.where((found.node_cluster[pairs.left] != found.node_cluster[pairs.right]) & (pairs.weight > -1))
    several = np.flatnonzero(found.collapsed.sizes > 1)[:5]
    copies = [ids[found.collapsed.node_of == node][:2] for node in several]
    rows = [(a, b, "different") for a, b in copies]
    for chosen, judgement, count in ((inside, "different", 20), (across, "same", 20), (inside, "unsure", 60)):
        step = slice(0, None, max(len(chosen.left) // count, 1))
        sides = zip(ids[first[chosen.left[step]]], ids[first[chosen.right[step]]], strict=True)
        rows += [(a, b, judgement) for a, b in sides]
    rows += [("gone", ids[0], "same"), (ids[1], "gone", "different")]
    judged = {frozenset((a, b)): (a, b, j) for a, b, j in rows}
    columns = zip(*judged.values(), strict=True)
    return pa.table(dict(zip(("left_id", "right_id", "judgement"), (pa.array(c) for c in columns), strict=True)))


@pytest.fixture(scope="module")
def residents(session: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Residents with decisions, read from Hive-partitioned Parquet; blocks refined, housemates sampled."""
    table = prepared(make_people(residents=900, communities=1, seed=11).records)
    config = replace(PERSONS, sample_pairs=3000, passes=tuple(replace(p, max_block=12) for p in PERSONS.passes))
    constraints = decisions(table, match(table, config))
    folder = tmp_path_factory.mktemp("spark")
    pq.write_to_dataset(shuffled(table), folder / "records", partition_cols=["sex_code"])
    spread = match_on_spark(str(folder / "records"), config, constraints, session, str(folder / "work"))
    ids = table.column("record_id").combine_chunks()
    return Both(match(table, config, constraints), spread.collect(ids), config)


@pytest.fixture(scope="module")
def goods(session: SparkSession) -> Both:
    """No people, no households, nothing exclusive, no anchors: entities are counted anew by a first model."""
    settings = Settings.model_validate({"id": "rec_id", "fields": ARTICLES, "anchors": []})
    raw, _ = articles(700)
    table = settings.prepare(raw)
    config = settings.to_match_config(table)
    spread = match_on_spark(shuffled(table), config, session=session)
    return Both(match(table, config), spread.collect(table.column("rec_id").combine_chunks()), config)


@pytest.fixture(params=["residents", "goods"])
def both(request: pytest.FixtureRequest) -> Both:
    found: Both = request.getfixturevalue(request.param)
    return found


def ordered(pairs: Scored) -> Scored:
    return pairs.where(np.lexsort((pairs.right, pairs.left)))


@pytest.mark.parametrize("name", ["cluster_of", "node_cluster", "grade", "ambiguous"])
def test_records_are_told_the_same(both: Both, name: str) -> None:
    assert getattr(both.alone, name).tolist() == getattr(both.spread, name).tolist()


def test_confidence_is_the_same(both: Both) -> None:
    np.testing.assert_allclose(both.alone.confidence, both.spread.confidence, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("name", ["node_of", "first", "sizes", "keys"])
def test_nodes_are_the_same(both: Both, name: str) -> None:
    assert getattr(both.alone.collapsed, name).tolist() == getattr(both.spread.collapsed, name).tolist()


@pytest.mark.parametrize("name", ["pairs", "contradictions"])
def test_pairs_are_the_same(both: Both, name: str) -> None:
    alone, spread = (ordered(getattr(found, name)) for found in (both.alone, both.spread))
    assert len(alone.left) or name == "contradictions"
    for part in ("left", "right", "grade", "levels"):
        assert np.array_equal(getattr(alone, part), getattr(spread, part)), part
    for part in ("weight", "against", "house"):
        np.testing.assert_allclose(getattr(alone, part), getattr(spread, part), rtol=0, atol=CLOSE, err_msg=part)


def test_passes_and_bands_are_the_same(both: Both) -> None:
    pairs = both.alone.pairs
    assert both.alone.met_in is not None
    assert both.spread.met_in is not None
    assert both.alone.met_in[np.lexsort((pairs.right, pairs.left))].tolist() == both.spread.met_in.tolist()
    alone, spread = both.alone.bands, both.spread.bands
    assert alone is not None
    assert spread is not None
    assert (alone.pairs.tolist(), alone.contradictory) == (spread.pairs.tolist(), spread.contradictory)
    np.testing.assert_allclose(alone.expected, spread.expected, atol=1e-6)


def test_the_model_is_the_same(both: Both) -> None:
    alone, spread = both.alone.model, both.spread.model
    for part in ("m", "house", "stranger"):
        for a, b in zip(getattr(alone, part), getattr(spread, part), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=CLOSE, err_msg=part)
    assert (alone.entities, alone.implied, alone.names) == (spread.entities, spread.implied, spread.names)
    np.testing.assert_allclose([alone.match_share, alone.house_share], [spread.match_share, spread.house_share])
    for a, b in zip(alone.frequencies, spread.frequencies, strict=True):
        assert a.keys() == b.keys()
        for level in a:
            assert (a[level].unseen, a[level].entities) == (b[level].unseen, b[level].entities)
            assert a[level].keys.tolist() == b[level].keys.tolist()
            assert a[level].holders.tolist() == b[level].holders.tolist()


def test_the_report_is_the_same(both: Both) -> None:
    for name, value in both.alone.report.items():
        if name != "seconds":
            assert value == both.spread.report[name], name


def test_the_inputs_ask_something_of_every_stage(residents: Both, goods: Both) -> None:
    """Or agreement would say little: blocks refined and left out, pairs repaired, clusters cut, copies apart."""
    passes = residents.alone.report["passes"]
    assert isinstance(passes, list)
    assert any(p["refined"] for p in passes)
    assert any(p["left_out"] for p in passes)
    assert residents.alone.report["pairs_scored_by_repair"] != 0
    assert len(residents.alone.ambiguous)
    assert len(residents.alone.contradictions.left)
    assert set(residents.alone.decided.judgement.tolist()) == {0, 1, 2}
    sizes, nodes = residents.alone.collapsed.sizes, len(residents.alone.node_cluster)
    assert sizes.max() > 1
    assert len(set(residents.alone.cluster_of.tolist())) < nodes
    assert goods.config.anchors == ()
    assert goods.alone.model.entities < len(goods.alone.node_cluster)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop_columns(["price"]), "columns are missing"),
        (lambda t: pa.concat_tables([t, t.slice(0, 1)]), "not unique"),
    ],
    ids=["column", "id"],
)
def test_errors_are_the_same(session: SparkSession, change: object, said: str) -> None:
    settings = Settings.model_validate({"id": "rec_id", "fields": ARTICLES})
    raw, _ = articles(30)
    table = settings.prepare(raw)
    config = settings.to_match_config(table)
    assert callable(change)
    raised = []
    for run in (lambda t: match(t, config), lambda t: match_on_spark(t, config, session=session)):
        with pytest.raises(ConfigurationError, match=said) as found:
            run(change(table))
        raised.append([getattr(found.value, name) for name in ("message", "where", "expected", "found")])
    assert raised[0] == raised[1]


def test_nothing_scored_is_forgotten() -> None:
    """What SCORED names is what a scored pair is."""
    from transforms.match.spark.score import NAMES

    assert {f.name for f in fields(Scored)} - {"levels"} == set(NAMES) - {"pattern"}
