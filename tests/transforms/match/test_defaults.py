"""Defaults: what is derived from kinds and data, and what it is worth on invented tables with known truth."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pytest

from tests.transforms.match.general_people import ARTICLES, CENSUS, articles, census
from tests.transforms.match.judge import precision_recall
from tests.transforms.match.residents import invent_residents
from transforms.match.config import MatchConfig
from transforms.match.derive.settings import Settings
from transforms.match.engine import match


def settle(table: pa.Table, fields: Mapping[str, object], **more: object) -> tuple[pa.Table, MatchConfig]:
    settings = Settings.model_validate({"id": "rec_id", "fields": dict(fields), **more})
    table = settings.prepare(table)
    return table, settings.to_match_config(table)


def judged(table: pa.Table, config: MatchConfig, truth: list[int]) -> tuple[float, float]:
    found = match(table, config)
    ids = table.column("rec_id").to_pylist()
    clusters = {record: str(c) for record, c in zip(ids, found.cluster_of.tolist(), strict=True)}
    return precision_recall(clusters, dict(zip(ids, truth, strict=True)))


@pytest.fixture(scope="module")
def town() -> tuple[pa.Table, list[int]]:
    return census(600)


def test_households_are_told_apart(town: tuple[pa.Table, list[int]]) -> None:
    """Members share surname and address; nothing but the kinds is said."""
    prepared, config = settle(town[0], CENSUS)
    precision, recall = judged(prepared, config, town[1])
    assert precision > 0.98
    assert recall > 0.97


def test_address_over_two_columns_is_found(town: tuple[pa.Table, list[int]]) -> None:
    _, config = settle(town[0], CENSUS)
    assert config.household is not None
    (home,) = config.household.features
    assert set(home.split(" + ")) == {"street_number.value", "street_name.address"}


@pytest.mark.parametrize("households", [30, 60])
def test_few_records_are_enough(households: int) -> None:
    """Priors decide where there is little to learn from."""
    table, truth = census(households, seed=9)
    prepared, config = settle(table, CENSUS)
    precision, recall = judged(prepared, config, truth)
    assert precision > 0.93
    assert recall > 0.88


def test_one_record_is_one_entity() -> None:
    table, _ = census(30)
    prepared, config = settle(table.slice(0, 1), CENSUS)
    assert match(prepared, config).cluster_of.tolist() == [0]


def test_articles_by_title_and_price() -> None:
    table, truth = articles(1500)
    prepared, config = settle(table, ARTICLES)
    assert config.household is None
    precision, recall = judged(prepared, config, truth)
    assert precision > 0.97
    assert recall > 0.9


def test_sources_without_duplicates_are_found_out() -> None:
    """Two listings of one town, each holding everybody once: no two records of one listing are ever joined."""
    table, truth = census(300, seed=3)
    source, counts = [""] * len(truth), dict.fromkeys(truth, 0)
    for i, person in enumerate(truth):
        counts[person] += 1
        source[i] = f"list{counts[person]}"
    table = table.append_column("list", pa.array(source))
    keep = [i for i, s in enumerate(source) if s != "list3"]
    table, truth = table.take(pa.array(keep)), [truth[i] for i in keep]
    prepared, config = settle(table, CENSUS, source="list", duplicate_free="auto")
    assert config.fields[-1].options["duplicate_free"] == ("list1", "list2")
    found = match(prepared, config).cluster_of
    both = set(zip(found.tolist(), table.column("list").to_pylist(), strict=True))
    assert len(both) == len(found)


def test_identity_number_implies_what_it_states() -> None:
    folk, _ = invent_residents(random.Random(4), 400, 40)  # noqa: S311
    rows = [
        {"rec_id": f"{r.number}-{k}", "name": r.name, "no": r.cert_no, "born": r.birth.isoformat(), "sex": r.sex}
        for r in folk
        for k in range(2)
    ]
    kinds = {"name": "person_name_zh", "no": "identity_number", "born": "date", "sex": "category"}
    _, config = settle(pa.Table.from_pylist(rows), kinds)
    assert config.implies["no"] == ("born", "sex")
    assert config.exclusive == "no.valid"
    assert config.certain_field == "no"


def test_passes_are_affordable(town: tuple[pa.Table, list[int]]) -> None:
    """Every pass is made of fields that were given; each field is free in some pass that teaches."""
    prepared, config = settle(town[0], CENSUS)
    for name in CENSUS:
        assert any(rule.is_training and name not in rule.fields for rule in config.passes)
    assert int(match(prepared, replace(config)).report["candidate_pairs"]) < 300_000  # type: ignore[call-overload]
