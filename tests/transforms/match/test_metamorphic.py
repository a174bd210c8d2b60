"""What may be done to a table without changing who is who: for configurations that say no more than kinds."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.transforms.match.general_people import ARTICLES, CENSUS, articles, census
from tests.transforms.match.judge import precision_recall
from transforms.match.config import MatchConfig
from transforms.match.derive import survey
from transforms.match.derive.settings import Settings
from transforms.match.engine import Matched, match

Fields = Mapping[str, str]
Partition = set[frozenset[str]]


@dataclass(frozen=True)
class Set:
    """A table, its fields, who each record is, and others who have nothing to do with them."""

    table: pa.Table
    fields: Fields
    truth: dict[str, int]
    others: pa.Table


@cache
def given(name: str) -> Set:
    """Invented records, each in one of three platforms."""
    make, count, fields = (articles, 1500, ARTICLES) if name == "articles" else (census, 300, CENSUS)
    table, truth = make(count)
    others, _ = make(count, seed=77)
    others = renumbered(others, "other")
    ids = table.column("rec_id").to_pylist()
    return Set(platforms(table), fields, dict(zip(ids, truth, strict=True)), platforms(others))


def platforms(table: pa.Table) -> pa.Table:
    rng = random.Random(8)  # noqa: S311
    return table.append_column("platform", pa.array([rng.choice("abc") for _ in range(table.num_rows)]))


def renumbered(table: pa.Table, word: str) -> pa.Table:
    """The same records under ids of their own."""
    return table.set_column(0, "rec_id", pc.binary_join_element_wise(word, table.column("rec_id"), "-"))


def settled(table: pa.Table, fields: Fields, **more: object) -> tuple[pa.Table, MatchConfig]:
    settings = Settings.model_validate({"id": "rec_id", "source": "platform", "fields": dict(fields), **more})
    prepared = settings.prepare(table)
    return prepared, settings.to_match_config(prepared)


def run(table: pa.Table, fields: Fields, **more: object) -> tuple[dict[str, str], Matched]:
    """Cluster of each record, and all that was found."""
    prepared, config = settled(table, fields, **more)
    found = match(prepared, config)
    clusters = map(str, found.cluster_of.tolist())
    return dict(zip(prepared.column("rec_id").to_pylist(), clusters, strict=True)), found


@cache
def plain(name: str, duplicate_free: str = "") -> tuple[dict[str, str], Matched]:
    more = {"duplicate_free": duplicate_free} if duplicate_free else {}
    return run(given(name).table, given(name).fields, **more)


def partition(clusters: Mapping[str, str], only: Mapping[str, int]) -> Partition:
    """The clusters as sets of records, of those asked for."""
    members: dict[str, set[str]] = defaultdict(set)
    for record in only:
        members[clusters[record]].add(record)
    return {frozenset(m) for m in members.values()}


def shuffled(table: pa.Table) -> pa.Table:
    rows = list(range(table.num_rows))
    random.Random(1).shuffle(rows)  # noqa: S311
    return table.take(pa.array(rows))


def split(table: pa.Table) -> pa.Table:
    """Half of the records of platform a come from platform d."""
    column, rng = table.column("platform"), random.Random(4)  # noqa: S311
    chosen = pa.array([rng.random() < 0.5 for _ in range(table.num_rows)])
    halves = pc.if_else(pc.and_(chosen, pc.equal(column, "a")), "d", column)
    return table.set_column(table.column_names.index("platform"), "platform", halves)


def all_copied(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, renumbered(table, "copy")])


def some_copied(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, renumbered(table.slice(0, table.num_rows // 10), "copy")])


def one_copied_often(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, *(renumbered(table.slice(7, 1), f"copy{n}") for n in range(200))])


CHANGES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "rows shuffled": shuffled,
    "columns in another order": lambda table: table.select(table.column_names[::-1]),
    "another column beside": lambda table: table.append_column("truth", table.column("rec_id")),
    "a platform split in two": split,
    "all records copied": all_copied,
    "a tenth copied": some_copied,
    "one record copied two hundred times": one_copied_often,
}


@pytest.mark.parametrize("name", ["town", "articles"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_cluster_changes(name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    before, who = plain(name)[0], given(name)
    after, found = run(change(who.table), who.fields)
    assert partition(after, who.truth) == partition(before, who.truth)
    assert found.model.readable() == plain(name)[1].model.readable()


@pytest.mark.parametrize("name", ["town", "articles"])
def test_names_of_columns_decide_nothing(name: str) -> None:
    who = given(name)
    names = {column: f"c{9 - n}" for n, column in enumerate(who.fields)}
    renamed = who.table.rename_columns([names.get(column, column) for column in who.table.column_names])
    after, _ = run(renamed, {names[column]: kind for column, kind in who.fields.items()})
    assert partition(after, who.truth) == partition(plain(name)[0], who.truth)


@pytest.mark.parametrize("copied", [all_copied, some_copied])
@pytest.mark.parametrize("name", ["town", "articles"])
def test_a_copy_joins_its_original(name: str, copied: Callable[[pa.Table], pa.Table]) -> None:
    """Unless they say too little to be one (a first name and a street) and nothing else supports it."""
    who = given(name)
    clusters, found = run(copied(who.table), who.fields)
    copies = [record for record in clusters if record not in who.truth]
    astray = [record for record in copies if clusters[record] != clusters[record.removeprefix("copy-")]]
    alone = partition(clusters, dict.fromkeys(clusters, 0))
    assert all(frozenset([record]) in alone for record in astray)
    assert len(astray) <= len(copies) / 50
    assert found.report["nodes"] == plain(name)[1].report["nodes"]


@pytest.mark.parametrize("change", [all_copied, shuffled], ids=["copies", "order"])
def test_a_sample_goes_by_what_records_say(
    change: Callable[[pa.Table], pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More records than the survey reads: what is derived from the sample is the same."""
    monkeypatch.setattr(survey, "SAMPLE", 900)
    who = given("town")
    assert settled(change(who.table), who.fields)[1] == settled(who.table, who.fields)[1]


def test_platforms_with_duplicates_may_be_split() -> None:
    """It is found out that no platform is free of duplicates, so that it says nothing where a record is from."""
    who = given("town")
    before, found = plain("town", "auto")
    assert "platform" not in found.model.names
    after, _ = run(split(who.table), who.fields, duplicate_free="auto")
    assert partition(after, who.truth) == partition(before, who.truth) == partition(plain("town")[0], who.truth)


def test_a_platform_that_copies_is_not_free_of_duplicates() -> None:
    """Two listings that hold everybody once; then one of them with a tenth of its records sent twice."""
    table, truth = census(200, seed=3)
    number, lists = dict.fromkeys(truth, 0), []
    for person in truth:
        number[person] += 1
        lists.append(f"list{number[person]}")
    table = table.append_column("platform", pa.array(lists)).filter(pa.array([name != "list3" for name in lists]))
    twice = renumbered(table.filter(pc.equal(table.column("platform"), "list2")).slice(0, 40), "copy")
    for again, free in ((table, ("list1", "list2")), (pa.concat_tables([table, twice]), ("list1",))):
        _, config = settled(again, CENSUS, duplicate_free="auto")
        assert config.fields[-1].options["duplicate_free"] == free


GREY = 2.0
"""Bits from the threshold within which a pair is grey. Twice as many people make a match half as likely: one bit."""


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("name", ["town", "articles"])
def test_unrelated_people_move_grey_pairs_at_most(name: str, share: float) -> None:
    """Values get commoner and a match among more people less likely: who was undecided may move, nobody else does."""
    who, before = given(name), plain(name)[0]
    others = who.others.slice(0, int(share * who.table.num_rows))
    after, _ = run(pa.concat_tables([who.table, others]), who.fields)
    assert not {after[record] for record in who.truth} & {after[r] for r in others.column("rec_id").to_pylist()}
    changed = partition(before, who.truth) - partition(after, who.truth)
    assert len(changed) <= 0.01 * len(partition(before, who.truth))
    assert all(record in grey_records(name) for cluster in changed for record in sorted(cluster)[:1])


@cache
def grey_records(name: str) -> frozenset[str]:
    """Records of clusters that hang on a grey pair."""
    clusters, found = plain(name)
    _, config = settled(given(name).table, given(name).fields)
    is_grey = np.abs(found.pairs.weight - config.link_weight) < GREY
    nodes = np.concatenate([found.pairs.left[is_grey], found.pairs.right[is_grey]])
    hang = set(found.cluster_of[np.isin(found.collapsed.node_of, nodes)].tolist())
    return frozenset(record for record, cluster in clusters.items() if int(cluster) in hang)


def serial(table: pa.Table) -> pa.Array:
    rng = random.Random(2)  # noqa: S311
    return pa.array([f"{n:06d}" for n in rng.sample(range(10**6), table.num_rows)])


ODD: list[tuple[str, dict[str, str], Callable[[pa.Table], pa.Array] | None]] = [
    ("a house number declared an identifier", {"street_number": "identifier"}, None),
    ("a street declared an identifier", {"street_name": "identifier"}, None),
    ("a family name declared an identifier", {"last_name": "identifier"}, None),
    ("a given name declared text", {"first_name": "text"}, None),
    ("a given name declared a category", {"first_name": "category"}, None),
    ("a birth date declared text", {"date_of_birth": "text"}, None),
    ("a postcode declared a number", {"more": "number"}, lambda t: pc.utf8_length(t.column("street_name"))),
    ("a constant identifier", {"more": "identifier"}, lambda t: pa.array(["A77123"] * t.num_rows)),
    ("a constant category", {"more": "category"}, lambda t: pa.array(["x"] * t.num_rows)),
    ("a column without values", {"more": "identifier"}, lambda t: pa.nulls(t.num_rows, pa.string())),
    ("a name without values", {"more": "person_name"}, lambda t: pa.nulls(t.num_rows, pa.string())),
    ("a serial number as an identifier", {"more": "identifier"}, serial),
    ("a serial number as text", {"more": "text"}, serial),
    ("a serial number as a number", {"more": "number"}, serial),
]


@pytest.mark.parametrize(("fields", "column"), [case[1:] for case in ODD], ids=[case[0] for case in ODD])
def test_odd_columns_cost_little(fields: dict[str, str], column: Callable[[pa.Table], pa.Array] | None) -> None:
    who = given("town")
    table = who.table if column is None else who.table.append_column("more", column(who.table))
    clusters, found = run(table, dict(who.fields) | fields)
    assert quality(clusters, who.truth) >= quality(plain("town")[0], who.truth) - 0.03
    assert found.report["candidate_pairs"] < 150_000  # type: ignore[operator]


@pytest.mark.parametrize("column", [serial, lambda t: pa.nulls(t.num_rows, pa.string())], ids=["serial", "empty"])
def test_no_match_hangs_on_a_number_that_nobody_has_twice(column: Callable[[pa.Table], pa.Array]) -> None:
    who = given("town")
    _, config = settled(who.table.append_column("more", column(who.table)), {**who.fields, "more": "identifier"})
    assert config.certain_field is None


def quality(clusters: Mapping[str, str], truth: Mapping[str, int]) -> float:
    """Pairwise F1."""
    precision, recall = precision_recall(clusters, truth)
    return 2 * precision * recall / max(precision + recall, 1e-9)
