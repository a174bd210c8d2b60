"""Dimensions come from the registry, the deployment and the code lists."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.registry import load_registry
from schemas import codes
from schemas.platform_file import Deployment
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
