"""The engine's findings as tables: ids of clusters, masked cases, those that are most easily taken for one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tests.transforms.match.people import make_people
from transforms.match.bands import bands_of
from transforms.match.engine import match
from transforms.match.persons import PERSONS, in_order, with_stated_in_number
from transforms.match.results.cases import hardest_cases, mask
from transforms.match.results.findings import Records, cluster_ids
from transforms.match.results.lookalikes import count_lookalikes


def known_by(*keys: str) -> Records:
    return Records(pa.array(keys), pa.array(keys), None)


def test_cluster_ids_depend_on_members_alone() -> None:
    first, other = cluster_ids(known_by("b", "a", "c", "d"), np.array([0, 0, 1, 1])).to_pylist()
    assert first != other
    assert len(first) == 17
    turned = cluster_ids(known_by("d", "c", "x", "a", "b"), np.array([0, 0, 1, 2, 2])).to_pylist()
    assert [turned[0], turned[2]] == [other, first]


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ("张伟明", "person_name_zh", "张**"),
        ("Smith", "person_name", "S****"),
        ("439901198001011234", "identity_number", "439***********1234"),
        ("10012345678", "phone", "100****5678"),
        ("1234567", "identifier", "*******"),
        ("1980-01-02", "date", "1980-**-**"),
        ("2/1/1980", "date", "****"),
        ("幸福小区3栋", "address_zh", "幸福***"),
        ("女", "category", "女"),
        ("", "phone", ""),
    ],
)
def test_masks(value: str, kind: str, shown: str) -> None:
    assert mask(value, kind) == shown


def test_bands_count_every_pair_once() -> None:
    bands = bands_of(np.array([-99.0, -50.0, -0.5, 0.5, 0.5, 99.0]))
    assert bands.contradictory == 1
    assert bands.pairs.sum() == 5
    assert bands.pairs[[0, 39, 40, 99]].tolist() == [1, 1, 2, 1]
    assert bands.expected_below(0) == pytest.approx(1 / (1 + 2**0.5), abs=1e-9)
    assert (bands + bands).pairs.sum() == 10


def test_twins_and_namesakes_have_their_own_line() -> None:
    people = make_people(residents=600, communities=6, seed=5)
    records = with_stated_in_number(in_order(people.records))
    found = match(records, PERSONS)
    counted = count_lookalikes(found, PERSONS)
    assert counted is not None
    assert counted.twins_apart >= len(people.twins) / 2
    assert counted.namesakes_apart >= 3
    keys = records["record_id"].combine_chunks()
    cases = hardest_cases(records, Records(keys, keys, None), found, PERSONS)
    assert {case.why for case in cases} == {"weak_link", "near_miss", "forbidden"}
    weak = [case.match_weight for case in cases if case.why == "near_miss"]
    assert weak == sorted(weak, reverse=True)
    assert not [v for case in cases for n, v, _, _ in case.fields if n == "cert_no" and len(v) == 18 and "*" not in v]


def test_a_table_without_names_has_no_twins() -> None:
    table = pa.table({"id": ["1", "2"], "no": ["13", "13"]})
    from transforms.match.config import Field, MatchConfig, Pass

    config = MatchConfig("id", (Field("no", "phone"),), (Pass(("no.number",)),), (("no.number",),))
    assert count_lookalikes(match(table, config), config) is None
