"""Satisfaction: the truth values of domain.md B4, what is no answer, what is no free answer, and small cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transforms.measure.world import ZONE, Row, World, duplicate, shuffle
from transforms.measure.blank import blank_warehouse
from transforms.measure.values import load_macros

NOON = datetime(2026, 8, 3, 12, tzinfo=ZONE)
SCALE = {5: 820, 4: 130, 3: 30, 2: 15, 1: 5}


def rating(platform: str, case: int, level: int, seconds: float = 0.0, **other: Any) -> Row:
    """One rating of the closing of one case, some while after noon."""
    return {
        "record_id": f"{platform}:rating:{case}:{other.get('stage_code', 'close')}", "platform_id": platform,
        "case_no": f"{case}", "stage_code": "close", "level": level, "collected_code": "self", "is_default": False,
        "rated_at": NOON + timedelta(seconds=seconds or case * 61.7), **other,
    }  # fmt: skip


def case(platform: str, number: int, close_at: datetime = NOON) -> Row:
    return {
        "record_id": f"{platform}:case:{number}", "platform_id": platform, "source_key": f"{number}",
        "status_code": "closed", "apply_at": close_at - timedelta(days=3), "close_at": close_at,
    }  # fmt: skip


def ratings(platform: str, levels: dict[int, int], **other: Any) -> list[Row]:
    """So many ratings of each level, one case each."""
    spread = [level for level, n in levels.items() for _ in range(n)]
    return [rating(platform, n, level, **other) for n, level in enumerate(spread)]


def rated_world(rows: Sequence[Row], cases: Sequence[Row] = (), platforms: Sequence[str] = ("A", "B", "C")) -> World:
    return World(platforms).add("fact_rating", rows).add("fact_case", cases)


WILSON = [(7, 50, 0.0695, 0.2619), (10, 10, 0.7225, 1.0), (1, 1, 0.2065, 1.0), (0, 5, 0.0, 0.4345)]


@pytest.mark.parametrize(("counted", "of", "lower", "upper"), WILSON)
def test_wilson_interval(counted: int, of: int, lower: float, upper: float) -> None:
    con = blank_warehouse()
    load_macros(con)
    found = con.execute("SELECT wilson_lower($k, $n), wilson_upper($k, $n)", {"k": counted, "n": of}).fetchone()
    assert found == (pytest.approx(lower, abs=5e-5), pytest.approx(upper, abs=5e-5))


def test_wilson_interval_of_nothing_is_unknown() -> None:
    con = blank_warehouse()
    load_macros(con)
    assert con.execute("SELECT wilson_lower(0, 0), wilson_upper(0, 0)").fetchone() == (None, None)


@pytest.fixture(scope="module")
def scale() -> World:
    return rated_world(ratings("A", SCALE)).measure("M26")


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("M26", 0.98), ("M26.top2", 0.95), ("M26.top1", 0.82), ("M26.bad", 0.02), ("M26.mean", 94.9),
        ("M26.mean_zero", 93.625),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("grain", "key"), [("province", "all"), ("line", "civil"), ("platform", "A")])
def test_scale_truth(scale: World, figure: str, value: float, grain: str, key: str) -> None:
    found = scale.figure(figure, grain, key)
    assert found["value"] == pytest.approx(value)
    assert found["lower"] < found["value"] < found["upper"]
    assert found["denominator"] == 1000


def test_response_rate_and_worst_case_bounds() -> None:
    """B4 row 10: s = .945, r = .2 -> [.189, .989]."""
    rows = ratings("A", {5: 189, 1: 11})
    world = rated_world(rows, [case("A", n) for n in range(1000)]).measure("M26", "M21")
    response, bounds = world.figure("M21"), world.figure("M26.bounds")
    assert (response["numerator"], response["denominator"], response["value"]) == (200, 1000, 0.2)
    assert (bounds["value"], bounds["lower"], bounds["upper"]) == (
        pytest.approx(0.945), pytest.approx(0.189), pytest.approx(0.989),
    )  # fmt: skip
    assert (bounds["numerator"], bounds["denominator"]) == (200, 1000)
    assert "20.0%" in world.figure("M26")["note"]


def test_bounds_of_a_large_survey() -> None:
    """B4 row 10: s = .9502, r = .0816 -> [.0775, .9959], here as 4,751 of 5,000 rated among 61,275 closed."""
    world = World(["A"])
    world.con.execute(
        "INSERT INTO warehouse.fact_case BY NAME SELECT 'A:case:' || range AS record_id, 'A' AS platform_id,"
        " range::VARCHAR AS source_key, 'closed' AS status_code, $noon::TIMESTAMPTZ AS close_at FROM range(61275)",
        {"noon": NOON},
    )  # fmt: skip
    world.con.execute(
        "INSERT INTO warehouse.fact_rating BY NAME SELECT 'A:rating:' || range AS record_id, 'A' AS platform_id,"
        " range::VARCHAR AS case_no, 'close' AS stage_code, 'self' AS collected_code, FALSE AS is_default,"
        " CASE WHEN range < 4751 THEN 4 ELSE 1 END AS level, $noon::TIMESTAMPTZ AS rated_at FROM range(5000)",
        {"noon": NOON},
    )  # fmt: skip
    bounds = world.measure("M26").figure("M26.bounds")
    assert (round(bounds["lower"], 4), round(bounds["upper"], 4)) == (0.0775, 0.9959)


def test_defaults_and_system_ratings_are_no_answers() -> None:
    rows = [
        *ratings("A", {5: 30, 1: 20}),
        *(rating("A", 100 + n, 4, is_default=True) for n in range(40)),
        *(rating("A", 200 + n, 5, collected_code="system") for n in range(10)),
    ]
    world = rated_world(rows, [case("A", n) for n in range(300)]).measure("M26", "M21")
    assert world.value("M26") == 0.6
    assert world.value("M26.default_share") == 0.4
    assert world.figure("M21")["numerator"] == 50
    assert world.rows("SELECT class_code, count(*) FROM warehouse.mart_rating_class GROUP BY 1 ORDER BY 1") == [
        ("default", 40), ("system", 10), ("valid", 50),
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, True)])
def test_small_cells_of_platforms_are_withheld(n: int, shown: bool) -> None:
    world = rated_world(ratings("A", {5: n - 1, 1: 1})).measure("M26")
    cell = world.figure("M26", "platform", "A")
    assert [cell[c] is not None for c in ("value", "numerator", "denominator", "lower", "upper")] == [shown] * 5
    assert ("不予显示" in cell["note"]) is not shown
    assert world.value("M26") == pytest.approx((n - 1) / n)


ONLY_SATISFIED = [(0.005, 1379), (0.01, 688), (0.02, 342), (0.05, 135)]


@pytest.mark.parametrize(("peer_rate", "least"), ONLY_SATISFIED)
def test_only_satisfied_is_found_when_enough_were_asked(peer_rate: float, least: int) -> None:
    """B4: flag at .001 when n >= 1379, 688, 342, 135 for bad rates of .5%, 1%, 2%, 5%."""
    honest = ratings("peer", {5: round(2000 * (1 - peer_rate)), 2: round(2000 * peer_rate)})
    world = rated_world([*honest, *ratings("suspect", {5: least})], platforms=("peer", "suspect")).measure("M26", "M08")
    assert dict(world.rows(FLAGS)) == {"peer": False, "suspect": True}
    assert world.value("M08") == 0.5
    world.con.execute("DELETE FROM warehouse.fact_rating WHERE record_id = 'suspect:rating:0:close'")
    assert dict(world.measure("M26").rows(FLAGS)) == {"peer": False, "suspect": False}


FLAGS = "SELECT platform_id, is_only_satisfied FROM warehouse.mart_satisfaction_platform"


def machine(platform: str, cases: int) -> list[Row]:
    """As seen in public code: three stages of each case, five stars, one set of tags, an hour before now, all in a
    row."""
    return [
        rating(platform, n, 5, 3600 + n * 20 + k, stage_code=stage, detail_codes="510,517")
        for n in range(cases) for k, stage in enumerate(("apply", "accept", "close"))
    ]  # fmt: skip


def test_machine_ratings_are_flagged_and_stay() -> None:
    honest = [rating("A", n, 5 if n % 4 else 2, n * 977 + n % 7, detail_codes=f"{510 + n % 5}") for n in range(80)]
    world = rated_world([*honest, *machine("B", 40)], [case(p, n) for p in "AB" for n in range(80)]).measure("M26")
    flags = world.rows(
        "SELECT platform_id, machine_ratings, is_machine FROM warehouse.mart_satisfaction_platform ORDER BY 1"
    )
    assert flags == [("A", 0, False), ("B", 120, True), ("C", None, False)]
    assert world.value("M26") == pytest.approx((60 + 120) / 200)
    assert world.value("M26.unflagged") == 0.75
    assert world.figure("M26.unflagged")["denominator"] == 80


def test_minutes_only_clocks_are_no_fingerprint() -> None:
    """A platform that writes minutes gives many ratings the same lag and the same second."""
    rows = [rating("A", n, 5, 60.0 * (1 + n % 3), detail_codes=f"{n % 4}") for n in range(60)]
    world = rated_world(rows, [case("A", n) for n in range(60)]).measure("M26")
    assert world.rows("SELECT count(*) FROM warehouse.mart_rating_class WHERE is_burst OR is_constant_lag") == [(0,)]


def test_ratings_without_a_case_are_reported_and_count() -> None:
    world = rated_world(ratings("A", {5: 20}), [case("A", n) for n in range(15)]).measure("M26")
    assert world.rows(
        "SELECT valid_ratings, orphan_ratings FROM warehouse.mart_satisfaction_platform WHERE platform_id = 'A'"
    ) == [(20, 5)]


def test_rating_function_registered_and_working() -> None:
    world = World([]).add("dim_platform", [
        {"platform_id": p, "line_id": "civil", "has_rating": has} for p, has in (("A", True), ("B", True), ("C", False))
    ])  # fmt: skip
    world.add("fact_rating", ratings("A", {5: 3})).measure("M07")
    assert world.value("M07") == pytest.approx(1 / 3)
    assert world.value("M07.registered") == pytest.approx(2 / 3)


def test_order_and_repeated_delivery_of_ratings_change_nothing() -> None:
    rows = [*ratings("A", {5: 30, 2: 5}), *machine("B", 20), *ratings("C", {4: 8})]
    cases = [case(p, n) for p in "ABC" for n in range(40)]
    plain, again, shuffled = (rated_world(rows, cases) for _ in range(3))
    for table in ("fact_rating", "fact_case"):
        duplicate(again.con, table)
        shuffle(shuffled.con, table, 9)
    sql = "SELECT measure_id, grain, grain_key, value, lower, upper, note FROM warehouse.mart_figure ORDER BY ALL"
    expected = plain.measure("M26", "M21", "M08").rows(sql)
    assert again.measure("M26", "M21", "M08").rows(sql) == expected
    assert shuffled.measure("M26", "M21", "M08").rows(sql) == expected


def test_nothing_rated_gives_no_figure_and_no_error() -> None:
    world = rated_world([]).measure()
    assert world.rows("SELECT count(*) FROM warehouse.mart_figure WHERE measure_id LIKE 'M26%'") == [(0,)]
