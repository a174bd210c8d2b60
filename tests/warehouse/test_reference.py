"""Dimensions come from the registry, the deployment and the code lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from connectors.registry import load_registry
from schemas import codes, project
from schemas.eligibility import communities_of
from schemas.platform_file import Deployment
from tests.projects import write
from tests.warehouse.generation import rows
from warehouse.build import Build, open_build
from warehouse.reference import load_reference

SCOPE = ["430102001001", "430102001002", "430102010204"]
"""Two residents' committees and a village."""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> object:
    registry = load_registry()
    deployment = Deployment(endpoints={}, scope=SCOPE, window_start=date(2026, 7, 1), window_end=date(2026, 9, 30))
    with open_build(tmp_path_factory.mktemp("reference"), "r1") as opened:
        for _ in range(2):  # a second time replaces the first
            load_reference(opened, registry.lines, registry.platforms, deployment)
        yield opened


def test_every_line_and_platform_is_there(build: Build) -> None:
    registry = load_registry()
    held = rows(build, "SELECT line_id, platform_id, has_rating, eligible_communities FROM warehouse.dim_platform")
    assert {r["platform_id"]: r["line_id"] for r in held} == {
        p.platform_id: p.line_id for p in registry.platforms.values()
    }
    assert {r["platform_id"] for r in held if r["has_rating"]} == {
        p.platform_id for p in registry.platforms.values() if "rating" in p.file.streams
    }
    assert rows(build, "SELECT count(*) AS n FROM warehouse.dim_line") == [{"n": len(registry.lines)}]


def test_reach_has_one_denominator(build: Build) -> None:
    text = """SELECT p.platform_id FROM warehouse.dim_platform AS p
              LEFT JOIN warehouse.dim_platform_community AS c USING (platform_id)
              GROUP BY ALL HAVING any_value(p.eligible_communities) <> count(c.community_code)"""
    assert rows(build, text) == []
    outside = "SELECT * FROM warehouse.dim_platform_community WHERE community_code NOT IN (SELECT unnest(?))"
    assert build.con.execute(outside, [SCOPE]).fetchall() == []


def test_regions_say_what_is_connected(build: Build) -> None:
    held = rows(build, "SELECT region_code, level FROM warehouse.dim_region WHERE is_in_scope ORDER BY 1")
    assert held == [{"region_code": code, "level": "community"} for code in SCOPE]
    assert rows(build, "SELECT count(*) AS n FROM warehouse.dim_region") == [{"n": len(codes.regions())}]


MERGED = """\
region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes
439901001000,东镇,township,,,,,
439901001201,甲村,community,439901001000,,,2026-07-31,439901001209
439901001202,乙村,community,439901001000,,,2026-07-31,439901001209:0.7 439901001203:0.3
439901001203,丙村,community,439901001000,,,2026-07-31,
439901001203,丙水村,community,439901001000,residents,2026-08-01,,
439901001209,甲乙村,community,439901001000,,2026-08-01,,
"""


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """A build of a project in which two villages were merged within the window and a third was renamed."""
    before, root = project.current(), tmp_path_factory.mktemp("merged")
    write(root / "reference" / "regions.csv", MERGED)
    project.use(root)
    days = {"window_start": date(2026, 7, 1), "window_end": date(2026, 9, 30)}
    scope = communities_of([], "scope", days["window_end"])
    with open_build(root / "home", "r1") as opened:
        load_reference(opened, {}, {}, Deployment(endpoints={}, scope=scope, **days))
        yield opened
    project.use(before.root if before else None)


def test_versions_of_regions_count_once(merged: Build) -> None:
    in_scope = "SELECT region_code, version_no, name_zh FROM warehouse.dim_region WHERE is_in_scope ORDER BY 1"
    assert merged.con.execute(in_scope).fetchall() == [
        ("439901001203", 2, "丙水村"),
        ("439901001209", 1, "甲乙村"),
    ]
    latest = "SELECT count(*), count(DISTINCT region_code) FROM warehouse.dim_region WHERE is_latest"
    assert merged.con.execute(latest).fetchone() == (5, 5)


def test_regions_say_their_kind_and_where_it_comes_from(merged: Build) -> None:
    text = """SELECT name_zh, kind_code, kind_source_code, valid_from_date, valid_to_date, successor_codes
              FROM warehouse.dim_region ORDER BY region_code, version_no"""
    end, begin = date(2026, 7, 31), date(2026, 8, 1)
    assert merged.con.execute(text).fetchall() == [
        ("东镇", None, None, None, None, None),
        ("甲村", "village", "derived", None, end, "439901001209"),
        ("乙村", "village", "derived", None, end, "439901001209:0.7 439901001203:0.3"),
        ("丙村", "village", "derived", None, end, None),
        ("丙水村", "residents", "declared", begin, None, None),
        ("甲乙村", "village", "derived", begin, None, None),
    ]


def test_successors_are_versions_with_shares(merged: Build) -> None:
    text = """SELECT region_code, version_no, successor_code, successor_version_no, changed_date, share
              FROM warehouse.dim_region_successor ORDER BY ALL"""
    day = date(2026, 8, 1)
    assert merged.con.execute(text).fetchall() == [
        ("439901001201", 1, "439901001209", 1, day, 1.0),
        ("439901001202", 1, "439901001203", 2, day, 0.3),
        ("439901001202", 1, "439901001209", 1, day, 0.7),
        ("439901001203", 1, "439901001203", 2, day, 1.0),
    ]


#  day | working day | why
DAYS = [
    (date(2026, 9, 30), True, "Wednesday before the holiday"),
    (date(2026, 10, 1), False, "National Day"),
    (date(2026, 10, 7), False, "last day of the holiday"),
    (date(2026, 10, 10), True, "Saturday worked in exchange"),
    (date(2026, 7, 4), False, "Saturday"),
]


@pytest.mark.parametrize(("day", "works"), [d[:2] for d in DAYS], ids=[d[2] for d in DAYS])
def test_calendar_knows_shifted_days(build: Build, day: date, works: bool) -> None:
    found = build.con.execute("SELECT is_workday, month_start_date FROM warehouse.dim_calendar WHERE date = ?", [day])
    assert found.fetchone() == (works, day.replace(day=1))


def test_working_days_are_numbered_without_gaps(build: Build) -> None:
    text = """SELECT count(*) AS n, max(workday_no) AS last FROM warehouse.dim_calendar WHERE is_workday"""
    held = rows(build, text)[0]
    assert held["n"] == held["last"] > 700


def test_codes_items_and_attributes_are_the_references(build: Build) -> None:
    lists = {r["list_name"] for r in rows(build, "SELECT DISTINCT list_name FROM warehouse.dim_code")}
    assert lists == set(codes.code_lists())
    assert rows(build, "SELECT count(*) AS n FROM warehouse.dim_item") == [{"n": len(codes.items())}]
    assert rows(build, "SELECT count(*) AS n FROM warehouse.dim_attribute") == [{"n": len(codes.attributes())}]
