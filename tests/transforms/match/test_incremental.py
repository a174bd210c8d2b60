"""Incremental matching finds what a full run with the same model finds, and touches nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from schemas.errors import ConfigurationError
from tests.transforms.match.people import make_people
from transforms.match.config import MatchConfig, Pass
from transforms.match.engine import Matched, match
from transforms.match.nights.incremental import Updated, update
from transforms.match.normalise import record_keys
from transforms.match.persons import PERSONS, prepared
from transforms.match.register.store import read_register
from transforms.match.register.values import read_values
from transforms.match.register.write import write_register


@cache
def records() -> pa.Table:
    table = prepared(make_people(residents=900, communities=10, seed=11).records)
    return table.take(np.random.default_rng(3).permutation(table.num_rows))


def started(
    path: Path, table: pa.Table, constraints: pa.Table | None = None, config: MatchConfig = PERSONS
) -> Matched:
    found = match(table, config, constraints)
    write_register(path, table, record_keys(table, config), found, config, constraints)
    return found


def partition(ids: list[str], labels: list[int]) -> set[frozenset[str]]:
    members: dict[int, set[str]] = defaultdict(set)
    for record, label in zip(ids, labels, strict=True):
        members[label].add(record)
    return {frozenset(m) for m in members.values()}


def in_register(path: Path) -> set[frozenset[str]]:
    rows = read_register(path).record.all(["record_id", "cluster"])
    return partition(rows["record_id"].to_pylist(), rows["cluster"].to_pylist())


def in_full(
    table: pa.Table, model: Matched, constraints: pa.Table | None = None, config: MatchConfig = PERSONS
) -> set[frozenset[str]]:
    found = match(table, config, constraints, model.model)
    return partition(table["record_id"].to_pylist(), found.cluster_of.tolist())


def decisions(*rows: tuple[str, str, str]) -> pa.Table:
    names = ("left_id", "right_id", "judgement")
    return pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(names)})


def test_nights_of_new_records_end_where_one_full_run_ends(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    cut = int(table.num_rows * 0.8)
    first = started(path, table[:cut])
    step = (table.num_rows - cut) // 4 + 1
    for start in range(cut, table.num_rows, step):
        update(path, table[start : start + step], None, PERSONS)
    assert in_register(path) == in_full(table, first)


def test_what_only_a_lost_record_joined_is_not_one_any_more(tmp_path: Path) -> None:
    """Repair compares all records of a cluster: what it found of two that no block brings together ends with it."""
    table, path = records(), tmp_path / "register"
    lean = (Pass(("phone.number",), is_training=True), Pass(("cert_no.number",), is_training=True))
    config = replace(PERSONS, passes=(*lean, Pass(("address.address",), is_training=True)))
    first = started(path, table, config=config)
    assert pc.any(read_register(path).pair.all(["is_completed"])["is_completed"]).as_py()
    gone = np.random.default_rng(6).random(table.num_rows) < 0.4
    for part in np.array_split(np.flatnonzero(gone), 3):
        update(path, table[:0], table["record_id"].take(pa.array(part)).combine_chunks(), config)
    assert in_register(path) == in_full(table.filter(pa.array(~gone)), first, config=config)


def test_corrected_and_removed_records_end_where_one_full_run_ends(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    first = started(path, table)
    count = 60
    corrected = table[:count].set_column(
        table.column_names.index("phone"), "phone", [[f"100{i:08d}" for i in range(count)]]
    )
    corrected = corrected.set_column(
        table.column_names.index("person_name"), "person_name", table["person_name"][count : 2 * count]
    )
    gone = table["record_id"][2 * count : 4 * count].combine_chunks()
    update(path, corrected, gone, PERSONS)
    after = pa.concat_tables([corrected, table[count : 2 * count], table[4 * count :]])
    assert in_register(path) == in_full(after, first)


def test_only_what_a_change_touches_is_resolved(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    started(path, table[1:])
    before = in_register(path)
    found = update(path, table[:1], None, PERSONS)
    assert isinstance(found, Updated)
    assert found.records.num_rows < 60
    touched = set(found.records["record_id"].to_pylist())
    assert {c for c in before if not c & touched} == {c for c in in_register(path) if not c & touched}


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    started(path, table)
    before = in_register(path)
    assert update(path, table[:0], None, PERSONS).records.num_rows == 0
    update(path, table[:200], None, PERSONS)
    assert in_register(path) == before


def test_decisions_made_and_withdrawn_take_effect_at_once(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    first = started(path, table)
    before = in_register(path)
    whole = next(c for c in sorted(before, key=lambda c: (-len(c), min(c))))
    a, b = sorted(whole)[:2]
    other = min(min(c) for c in before if c != whole)
    told = decisions((a, b, "different"), (a, other, "unsure"))
    update(path, table[:0], None, PERSONS, told)
    after = in_register(path)
    assert not any({a, b} <= c for c in after)
    assert after == in_full(table, first, told)
    update(path, table[:0], None, PERSONS, told)
    assert in_register(path) == after, "what was undone stays undone"
    update(path, table[:0], None, PERSONS)
    assert in_register(path) == before


def test_a_record_that_was_decided_about_can_go(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    a, b = table["record_id"][:2].to_pylist()
    first = started(path, table, decisions((a, b, "different")))
    update(path, table[:0], pa.array([a]), PERSONS)
    assert in_register(path) == in_full(table[1:], first)


def test_the_law_holds_in_every_update(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    started(path, table[:3000])
    update(path, table[3000:], None, PERSONS)
    register = read_register(path)
    nodes = register.node.all()
    number = read_values(register.value, nodes, PERSONS).feature(str(PERSONS.exclusive))
    stated = pa.table({"node": nodes["node"], "number": number}).filter(pa.array(number >= 0))
    held = register.record.all(["node", "cluster"]).join(stated, "node", join_type="inner")
    numbers = held.group_by("cluster").aggregate([("number", "count_distinct")])
    assert numbers.num_rows
    assert pc.max(numbers["number_count_distinct"]).as_py() == 1


def test_a_register_of_another_configuration_is_refused(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    started(path, table[:500])
    other = replace(PERSONS, passes=(*PERSONS.passes, Pass(("sex_code.value",))))
    with pytest.raises(ConfigurationError, match="another configuration"):
        update(path, table[:0], None, other)
    assert path.stat().st_mode & 0o077 == 0


def test_an_error_leaves_the_register_as_it_was(tmp_path: Path) -> None:
    table, path = records(), tmp_path / "register"
    started(path, table[:500])
    before = in_register(path)
    twice = pa.concat_tables([table[500:501], table[500:501]])
    with pytest.raises(ConfigurationError, match="not unique"):
        update(path, twice, table["record_id"][:1].combine_chunks(), PERSONS)
    assert in_register(path) == before
    assert pc.count_distinct(table["record_id"]).as_py() == table.num_rows


def test_what_nobody_states_any_more_is_forgotten(tmp_path: Path) -> None:
    """A register doesn't grow for ever with records that are corrected again and again."""
    table, path = records()[:600], tmp_path / "register"
    first = started(path, table)
    sizes, place = [], table.column_names.index("address")
    for night in range(30):
        rows = table[:200]
        fresh = [[f"{night}号{row}栋" for row in range(200)]]
        changed = rows.set_column(place, "address", fresh)
        update(path, changed, None, PERSONS)
        sizes.append(read_register(path).value.size)
    assert max(sizes[20:]) < 3 * max(sizes[:2])
    assert any(later < sooner for sooner, later in pairwise(sizes))
    assert in_register(path) == in_full(pa.concat_tables([table[200:], changed]), first)
