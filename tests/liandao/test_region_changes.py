"""A new list over a table: who is closed, added, renamed, and what lookups by date say afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liandao.region_changes import Changes, apply_listing
from liandao.region_listing import Listing
from schemas.errors import ConfigurationError
from schemas.region_checks import mistakes_between_rows
from schemas.region_file import region_table_of
from schemas.regions import Region, RegionTable, Successor, kind_by_code, level_by_code

DAY = date(2026, 8, 1)
BEFORE = DAY - timedelta(days=1)
COUNTY, TOWN = "439901000000", "439901001000"
UPPER = {COUNTY: "某县", TOWN: "东镇"}


def region(code: str, name: str, kind: str = "", **more: object) -> Region:
    level = level_by_code(code)
    source = "" if level != "community" else "declared" if kind else "derived"
    derived = kind_by_code(code) if level == "community" else ""
    return Region(code, name, level, "", kind or derived, source)._replace(**more)  # type: ignore[arg-type]


def listing(*regions: Region, upper: bool = True) -> Listing:
    above = [region(code, name) for code, name in UPPER.items()] if upper else []
    rows = (*above, *regions)
    return Listing(rows, (), {}, frozenset(r.code for r in rows if not r.parent))


def imported(*regions: Region, table: RegionTable | None = None, day: date = DAY, only: Sequence[str] = ()) -> Changes:
    return apply_listing(table or RegionTable(), listing(*regions), day, only)


def versions(table: RegionTable, code: str) -> list[tuple[str, date | None, date | None]]:
    return [(r.zh, r.valid_from, r.valid_to) for r in table.versions(code)]


A, B, C = "439901001201", "439901001202", "439901001203"
FIRST = imported(region(A, "甲村"), region(B, "乙村")).table


def test_the_first_list_is_open_to_the_past() -> None:
    done = imported(region(A, "甲村"))
    assert (done.counts, done.needs_day) == ({"added": 3}, 0)
    assert versions(done.table, A) == [("甲村", None, None)]
    assert [r.parent for r in done.table.rows] == ["", COUNTY, TOWN]


def test_the_nearest_region_above_is_the_parent() -> None:
    done = apply_listing(RegionTable(), listing(region(A, "甲村"), region(COUNTY, "某县"), upper=False), DAY)
    assert done.table.latest[A].parent == COUNTY


#  new list | changes | versions of A | versions of B | codes without successor
LISTS = {
    "the same": ([region(A, "甲村"), region(B, "乙村")], {}, [("甲村", None, None)], [("乙村", None, None)], ()),
    "one is gone": (
        [region(A, "甲村")],
        {"closed": 1},
        [("甲村", None, None)],
        [("乙村", None, BEFORE)],
        (B,),
    ),
    "one has another name": (
        [region(A, "甲水村"), region(B, "乙村")],
        {"renamed": 1},
        [("甲村", None, BEFORE), ("甲水村", DAY, None)],
        [("乙村", None, None)],
        (),
    ),
    "one is another kind": (
        [region(A, "甲村", "residents"), region(B, "乙村")],
        {"retyped": 1},
        [("甲村", None, BEFORE), ("甲村", DAY, None)],
        [("乙村", None, None)],
        (),
    ),
    "the kind is stated": (
        [region(A, "甲村", "village"), region(B, "乙村")],
        {"stated": 1},
        [("甲村", None, None)],
        [("乙村", None, None)],
        (),
    ),
    "one is under another parent": (
        [region(A, "甲村", parent=COUNTY), region(B, "乙村")],
        {"moved": 1},
        [("甲村", None, BEFORE), ("甲村", DAY, None)],
        [("乙村", None, None)],
        (),
    ),
    "the list tells who became what": (
        [
            region(A, "甲村", valid_to=date(2026, 2, 13), successors=(Successor(B, 1.0),)),
            region(B, "乙村"),
        ],
        {"closed": 1},
        [("甲村", None, date(2026, 2, 13))],
        [("乙村", None, None)],
        (),
    ),
}


@pytest.mark.parametrize(("regions", "counts", "of_a", "of_b", "orphans"), LISTS.values(), ids=LISTS)
def test_what_a_list_changes(
    regions: list[Region],
    counts: dict[str, int],
    of_a: list[tuple[str, date | None, date | None]],
    of_b: list[tuple[str, date | None, date | None]],
    orphans: tuple[str, ...],
) -> None:
    done = imported(*regions, table=FIRST)
    assert (done.counts, done.without_successor) == (counts, orphans)
    assert (versions(done.table, A), versions(done.table, B)) == (of_a, of_b)
    assert list(mistakes_between_rows(done.table.rows)) == []


def test_a_new_region_begins_on_the_day() -> None:
    done = imported(region(A, "甲村"), region(B, "乙村"), region(C, "丙村"), table=FIRST)
    assert (done.counts, done.needs_day) == ({"added": 1}, 1)
    assert versions(done.table, C) == [("丙村", DAY, None)]


def test_another_province_needs_no_day_and_closes_nothing() -> None:
    other = [region("360000000000", "邻省"), region("360101001201", "邻村")]
    done = apply_listing(FIRST, listing(*other, upper=False), DAY)
    assert (done.counts, done.needs_day) == ({"added": 2}, 0)
    assert versions(done.table, "360101001201") == [("邻村", None, None)]
    assert versions(done.table, A) == [("甲村", None, None)]


def test_only_regions_below_what_is_listed_are_compared() -> None:
    two = apply_listing(FIRST, listing(region("439902000000", "乙县"), upper=False), DAY).table
    done = imported(region(A, "甲村"), table=two)
    assert done.counts == {"closed": 1}
    assert versions(done.table, "439902000000") == [("乙县", None, None)]


def test_levels_that_a_list_does_not_have_are_not_compared() -> None:
    done = apply_listing(FIRST, listing(region(A, "甲村"), upper=False), DAY, only=["439901"])
    assert done.counts == {"closed": 1}
    assert versions(done.table, TOWN) == [("东镇", None, None)]


def test_a_county_that_changes_its_code_takes_its_communities_along() -> None:
    renumbered = {code: f"439911{code[6:]}" for code in (COUNTY, TOWN, A, B)}
    rows = [region(renumbered[code], name) for code, name in [*UPPER.items(), (A, "甲村"), (B, "乙村")]]
    done = apply_listing(FIRST, listing(*rows, upper=False), DAY, only=["4399"])
    assert (done.counts, done.without_successor) == ({"recoded": 4}, ())
    assert [heir.code for heir in done.table.became(A, DAY)] == [renumbered[A]]
    assert [heir.code for heir in done.table.became(A, BEFORE)] == [A]


def test_of_two_with_one_name_nobody_says_which_became_which() -> None:
    twins = imported(region(A, "甲村"), region(B, "甲村")).table
    done = imported(region(C, "甲村"), region("439901001204", "甲村"), table=twins)
    assert (done.counts, done.without_successor) == ({"added": 2, "closed": 2}, (A, B))


def test_a_code_that_comes_back_is_a_new_version() -> None:
    gone = imported(region(A, "甲村"), table=FIRST).table
    later = date(2027, 1, 1)
    done = imported(region(A, "甲村"), region(B, "新乙村"), table=gone, day=later)
    assert done.counts == {"reopened": 1}
    assert versions(done.table, B) == [("乙村", None, BEFORE), ("新乙村", later, None)]
    assert done.table.became(B, DAY) == []


def test_a_kind_that_was_stated_stays() -> None:
    stated = imported(region(A, "甲村", "residents"), region(B, "乙村")).table
    done = imported(region(A, "甲水村"), region(B, "乙村"), table=stated)
    assert [(r.kind, r.kind_source) for r in done.table.versions(A)] == [("residents", "declared")] * 2


def test_lists_come_in_in_order_of_time() -> None:
    renamed = imported(region(A, "甲水村"), region(B, "乙村"), table=FIRST).table
    with pytest.raises(ConfigurationError, match="later day already") as error:
        imported(region(A, "甲山村"), region(B, "乙村"), table=renamed, day=BEFORE)
    assert error.value.expected.startswith("2026-08-01")


def test_a_version_announced_for_later_is_left_alone() -> None:
    announced = region_table_of([*FIRST.rows, region(C, "丙村", valid_from=date(2027, 1, 1), parent=TOWN)])
    assert imported(region(A, "甲村"), region(B, "乙村"), table=announced).table == announced


NAMES = st.sampled_from(["甲村", "乙村", "丙村", "丁村", "戊村"])
CODES = st.sampled_from([f"4399010012{n:02d}" for n in range(1, 9)])
KINDS = st.sampled_from(["", "village", "residents"])
LISTED = st.dictionaries(CODES, st.tuples(NAMES, KINDS), min_size=1, max_size=8).map(
    lambda rows: [region(code, name, kind) for code, (name, kind) in rows.items()]
)


def names(table: RegionTable, day: date) -> dict[str, str]:
    return {r.code: r.zh for r in table.valid_on(day, "community")}


def named(rows: Sequence[Region]) -> dict[str, str]:
    return {r.code: r.zh for r in rows}


@settings(max_examples=150, deadline=None)
@given(LISTED, LISTED, LISTED)
def test_each_day_has_the_regions_of_its_list(first: list[Region], second: list[Region], third: list[Region]) -> None:
    later = date(2027, 1, 1)
    a = imported(*first, only=["43"]).table
    b = imported(*second, table=a, only=["43"]).table
    c = imported(*third, table=b, day=later, only=["43"]).table
    assert names(a, DAY) == named(first)
    for table in (b, c):
        assert (names(table, BEFORE), names(table, DAY)) == (named(first), named(second))
        assert list(mistakes_between_rows(table.rows)) == []
    assert names(c, later) == names(c, date.max) == named(third)


@settings(max_examples=100, deadline=None)
@given(LISTED, LISTED)
def test_the_same_list_again_changes_nothing(first: list[Region], second: list[Region]) -> None:
    a = imported(*first, only=["43"]).table
    b = imported(*second, table=a, only=["43"]).table
    for day in (DAY, date(2027, 1, 1)):
        again = imported(*second, table=b, day=day, only=["43"])
        assert (again.table, again.counts, again.needs_day) == (b, {}, 0)


@settings(max_examples=100, deadline=None)
@given(LISTED, LISTED, LISTED)
def test_a_second_list_of_the_same_day_replaces_the_first(
    first: list[Region], wrong: list[Region], right: list[Region]
) -> None:
    a = imported(*first, only=["43"]).table
    once = imported(*right, table=a, only=["43"]).table
    twice = imported(*right, table=imported(*wrong, table=a, only=["43"]).table, only=["43"]).table
    for day in (BEFORE, DAY, date.max):
        assert names(twice, day) == names(once, day)
    assert list(mistakes_between_rows(twice.rows)) == []
