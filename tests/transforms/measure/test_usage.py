"""Usage: the toy truth of domain.md B2, the classes, the controls that must not count, and what must always hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.transforms.measure.world import START, ZONE, Row, World, duplicate, shuffle

TOWNS = [f"4399010010{n:02d}" for n in range(20)]
WEEK = (date(2026, 7, 6), date(2026, 7, 10))
QUARTER = [START + timedelta(n) for n in range(92)]
WORKDAYS = [d for d in QUARTER if d.weekday() < 5]


def event(platform: str, town: str | None, day: date, **other: Any) -> Row:
    """One line of a log: by default a worker creates something at ten, which takes a minute."""
    at = datetime.combine(day, other.pop("hour", time(10)), ZONE)
    row = {
        "platform_id": platform, "community_code": town, "account_kind_code": "worker", "action_code": "create",
        "occurred_at": at, "duration_s": 60.0, **other,
    }  # fmt: skip
    return {
        "record_id": f"{platform}:usage:{town}:{at.isoformat()}:{row['account_kind_code']}:{row['action_code']}",
        **row,
    }


def heartbeats(platform: str, days: Sequence[date] = QUARTER) -> list[Row]:
    """The log exists on these days."""
    return [event(platform, None, d, account_kind_code="system", action_code="heartbeat", hour=time(0)) for d in days]


def usage_world(logs: dict[str, list[Row]], towns: Sequence[str] = TOWNS) -> World:
    """Platforms that are to be used in ``towns``, with their logs."""
    world = World(list(logs)).with_calendar().with_attributes()
    for platform, log in logs.items():
        world.with_communities(platform, *towns).add("fact_usage", log)
    return world


def busy(platform: str, share: float, towns: Sequence[str] = TOWNS, days: Sequence[date] = WORKDAYS) -> list[Row]:
    """Every town works on the same share of the days, evenly spread, towns out of step."""
    return [
        event(platform, town, day)
        for n, town in enumerate(towns)
        for m, day in enumerate(days)
        if int((m + n + 1) * share) > int((m + n) * share)
    ]


def test_toy_penetration_is_one_half() -> None:
    """domain.md B2: four communities, five days, active on 5, 3, 0 and 2 of them."""
    days = [WEEK[0] + timedelta(n) for n in range(5)]
    active = dict(zip(TOWNS[:4], (5, 3, 0, 2), strict=True))
    log = [event("A", town, day) for town, n in active.items() for day in days[:n]]
    world = usage_world({"A": heartbeats("A", days) + log}, TOWNS[:4]).measure("M03", start=WEEK[0], end=WEEK[1])
    (row,) = world.rows(
        "SELECT reach, frequency, penetration, active_communities, eligible_communities, active_days, working_days,"
        " intensity, concentration, log_completeness FROM warehouse.mart_usage_platform"
    )
    assert row == (0.75, pytest.approx(2 / 3), 0.50, 3, 4, 10, 5, 0.5, 0.5, 1.0)
    assert world.value("M03.penetration", "platform", "A") == 0.50


EXCLUDED: list[tuple[str, Row]] = [
    ("log-in", {"action_code": "login"}),
    ("page view", {"action_code": "view"}),
    ("heartbeat", {"action_code": "heartbeat"}),
    ("clock-in", {"action_code": "clock_in"}),
    ("bulk import", {"action_code": "import"}),
    ("synchronisation", {"action_code": "sync"}),
    ("interface account", {"account_kind_code": "sync"}),
    ("test account", {"account_kind_code": "test"}),
    ("system account", {"account_kind_code": "system"}),
    ("day off", {"days": [date(2026, 7, 4), date(2026, 7, 5)]}),
    ("community it is not meant for", {"towns": ["439901009999"]}),
    ("before the window", {"days": [date(2026, 6, 30)]}),
    ("after the window", {"days": [date(2026, 10, 1)]}),
]


def test_what_is_no_effective_transaction_counts_for_nothing() -> None:
    logs = {}
    for name, other in EXCLUDED:
        other = dict(other)
        days, towns = other.pop("days", WORKDAYS[:3]), other.pop("towns", TOWNS)
        logs[name] = heartbeats(name) + [event(name, town, day, **other) for town in towns for day in days]
    world = usage_world(logs).measure("M03")
    assert (
        world.rows("SELECT platform_id, events, active_days FROM warehouse.mart_usage_platform WHERE events > 0") == []
    )


def test_recorded_durations_too_short_for_a_hand_are_left_out_when_asked() -> None:
    logs = {
        "A": heartbeats("A")
        + [event("A", TOWNS[0], d, duration_s=s) for d, s in zip(WORKDAYS, (0.1, None, 3.0), strict=False)]
    }
    assert usage_world(logs).measure("M03").rows("SELECT events FROM warehouse.mart_usage_platform") == [(3,)]
    asked = usage_world(logs).measure("M03", overrides={"M03": {"shortest_seconds": 0.5}})
    assert asked.rows("SELECT events FROM warehouse.mart_usage_platform") == [(2,)]


def of_month(month: int) -> list[date]:
    return [d for d in WORKDAYS if d.month == month]


Log = Callable[[str], list[Row]]
CONTROLS: list[tuple[str, str, Log]] = [
    ("daily_use", "high", lambda p: heartbeats(p) + busy(p, 0.6)),
    ("weekly_use", "high", lambda p: heartbeats(p) + busy(p, 0.3)),
    ("fortnightly_use", "medium", lambda p: heartbeats(p) + busy(p, 0.1)),
    ("rare_use", "low", lambda p: heartbeats(p) + busy(p, 0.02)),
    ("no_use", "zombie", heartbeats),
    ("last_used_long_ago", "zombie", lambda p: heartbeats(p) + [event(p, t, date(2026, 7, 2)) for t in TOWNS]),
    ("bot", "zombie", lambda p: heartbeats(p) + [{**e, "account_kind_code": "sync"} for e in busy(p, 0.9)]),
    ("clock_in", "zombie", lambda p: heartbeats(p) + [{**e, "action_code": "clock_in"} for e in busy(p, 0.9)]),
    ("power_user", "low", lambda p: heartbeats(p) + busy(p, 0.95, TOWNS[:1])),
    ("narrow_reach", "medium", lambda p: heartbeats(p) + busy(p, 0.5, TOWNS[:6])),
    ("burst", "low", lambda p: heartbeats(p) + [event(p, t, d) for t in TOWNS for d in of_month(8)[:3]]),
    ("one_month", "seasonal", lambda p: heartbeats(p) + busy(p, 0.8, days=of_month(8))),
    ("lost_week", "insufficient", lambda p: heartbeats(p, [d for d in QUARTER if not 10 <= d.day <= 17])),
    ("no_log", "insufficient", lambda _: []),
]


@pytest.fixture(scope="module")
def controls() -> World:
    logs = {name: log(name) for name, _, log in CONTROLS}
    logs["lost_week"] += [e for e in busy("lost_week", 0.6) if not 10 <= e["occurred_at"].day <= 17]
    return usage_world(logs).measure("M03", "M04")


@pytest.mark.parametrize(("platform", "expected"), [(name, expected) for name, expected, _ in CONTROLS])
def test_class_of_each_control(controls: World, platform: str, expected: str) -> None:
    found = controls.rows(
        "SELECT class_code, penetration, penetration_lower, log_completeness FROM warehouse.mart_usage_platform"
        f" WHERE platform_id = '{platform}'"
    )
    assert found[0][0] == expected, found


def test_figures_on_the_controls(controls: World) -> None:
    share = controls.figure("M03")
    assert (share["numerator"], share["denominator"]) == (2, len(CONTROLS))
    assert share["lower"] == share["value"] <= share["upper"]
    assert "2 platforms not judged" in share["note"]
    assert controls.value("M04") == pytest.approx(4 / len(CONTROLS))
    curve = controls.rows(
        "SELECT theta, platforms, platforms_point, survey_platforms FROM warehouse.mart_usage_curve ORDER BY 1"
    )
    assert [t for t, *_ in curve] == [n / 100 for n in range(1, 51)]
    assert [n for _, n, _, _ in curve] == sorted((n for _, n, _, _ in curve), reverse=True)
    assert {t: n for t, n, _, _ in curve}[0.20] == 2
    assert all(n <= point and survey is None for _, n, point, survey in curve)


def test_a_survey_of_the_bureaus_own_stands_beside_the_curve() -> None:
    world = usage_world({"forestry": heartbeats("forestry") + busy("forestry", 0.5, TOWNS[:5])}, TOWNS[:5])
    world.measure("M03", overrides={"M03": {"survey_high": 3}})
    assert world.value("M03.survey_distance") == 1 - 3
    assert world.rows("SELECT DISTINCT survey_platforms FROM warehouse.mart_usage_curve") == [(3,)]
    assert usage_world({"forestry": heartbeats("forestry")}, TOWNS[:5]).measure("M03").rows(
        "SELECT * FROM warehouse.mart_figure WHERE measure_id = 'M03.survey_distance'"
    ) == []  # fmt: skip


def test_concentration_names_the_power_user(controls: World) -> None:
    assert controls.value("M03.concentration", "platform", "power_user") == 1.0
    assert controls.value("M03.concentration", "platform", "daily_use") < 0.1


def test_a_platform_for_few_communities_is_judged_on_those() -> None:
    world = usage_world({"forestry": heartbeats("forestry") + busy("forestry", 0.5, TOWNS[:5])}, TOWNS[:5]).measure(
        "M03"
    )
    assert world.rows("SELECT class_code, eligible_communities FROM warehouse.mart_usage_platform") == [("high", 5)]


def test_a_retired_platform_is_flagged_and_never_high() -> None:
    world = World([]).with_calendar().with_communities("gone", *TOWNS)
    retired = date(2026, 9, 1)
    world.add("dim_platform", [{"platform_id": "gone", "line_id": "civil", "retired_date": retired}])
    days = [d for d in WORKDAYS if d < retired]
    world.add("fact_usage", heartbeats("gone", days) + busy("gone", 0.9, days=days)).measure("M03")
    (row,) = world.rows(
        "SELECT class_code, is_retired, log_completeness, penetration > 0.2 FROM warehouse.mart_usage_platform"
    )
    assert row == ("medium", True, 1.0, True)


def test_holidays_are_no_working_days() -> None:
    """National Day: the first week of October has one working day, the shifted Saturday is not in this calendar."""
    holidays = [date(2026, 10, n) for n in range(1, 8)]
    world = World(["A"]).with_calendar(holidays=holidays).with_communities("A", *TOWNS[:2])
    days = [date(2026, 10, n) for n in range(1, 10)]
    world.add("fact_usage", heartbeats("A", days) + [event("A", TOWNS[0], d) for d in days])
    world.measure("M03", start=date(2026, 10, 1), end=date(2026, 10, 9))
    assert world.rows("SELECT working_days, active_days, penetration FROM warehouse.mart_usage_platform") == [
        (2, 2, 0.5)
    ]


def hysteresis(previous: tuple[str, float] | None, share: float) -> tuple[str, bool]:
    world = usage_world({"A": heartbeats("A") + busy("A", share)})
    if previous is not None:
        world.add("mart_usage_history", [{
            "platform_id": "A", "window_start": date(2026, 4, 1), "window_end": date(2026, 6, 30),
            "class_code": previous[0], "penetration": previous[1],
        }])  # fmt: skip
    world.measure("M03")
    assert len(world.rows("FROM warehouse.mart_usage_history")) == (2 if previous else 1)
    ((found, held),) = world.rows("SELECT class_code, is_held FROM warehouse.mart_usage_platform")
    return found, held


@pytest.mark.parametrize(
    ("previous", "share", "expected"),
    [
        (None, 0.17, ("medium", False)),
        (("medium", 0.17), 0.17, ("medium", False)),
        (("high", 0.30), 0.17, ("high", True)),  # above the threshold of leaving
        (("high", 0.30), 0.10, ("high", True)),  # first window below
        (("high", 0.12), 0.10, ("medium", False)),  # second window below
        (("high", 0.30), 0.40, ("high", False)),
    ],
)
def test_high_use_is_left_slowly(previous: tuple[str, float] | None, share: float, expected: tuple[str, bool]) -> None:
    assert hysteresis(previous, share) == expected


RANK = {"insufficient": 0, "zombie": 1, "low": 2, "medium": 3, "seasonal": 3, "high": 4}


def test_more_events_never_lower_a_class() -> None:
    """Each step adds events to the one before; heartbeats make every log complete."""
    steps = [busy(f"s{n}", 0.004 * n**2, days=WORKDAYS) for n in range(1, 13)]
    logs: dict[str, list[Row]] = {}
    for n in range(len(steps)):
        name = f"s{n:02d}"
        grown = [
            {**e, "platform_id": name, "record_id": f"{name}:{k}:{e['record_id']}"}
            for k, s in enumerate(steps[: n + 1])
            for e in s
        ]
        logs[name] = heartbeats(name) + grown
    world = usage_world(logs).measure("M03")
    ranks = [
        RANK[c] for (c,) in world.rows("SELECT class_code FROM warehouse.mart_usage_platform ORDER BY platform_id")
    ]
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[-1] == 4


def test_order_and_repeated_delivery_of_lines_change_nothing() -> None:
    logs = {name: log(name) for name, _, log in CONTROLS[:6]}
    plain, again, shuffled = (usage_world(logs) for _ in range(3))
    duplicate(again.con, "fact_usage")
    shuffle(shuffled.con, "fact_usage", 5)
    sql = "SELECT * FROM warehouse.mart_usage_platform ORDER BY platform_id"
    expected = plain.measure("M03").rows(sql)
    assert again.measure("M03").rows(sql) == expected
    assert shuffled.measure("M03").rows(sql) == expected


def test_pareto_set_holds_the_one_that_crosses() -> None:
    """domain.md B2: 500, 250, 100, 60 … of 1,000: two platforms within 80%, three with the crossing one."""
    counts = {"a": 500, "b": 250, "c": 100, "d": 60, "e": 40, "f": 20, "g": 15, "h": 10, "i": 5, "j": 0}
    logs = {
        name: heartbeats(name) + [
            {**event(name, TOWNS[0], WORKDAYS[0]), "record_id": f"{name}:{k}"} for k in range(n)
        ] for name, n in counts.items()
    }  # fmt: skip
    assert usage_world(logs).measure("M03").value("M03.pareto_80") == 3


def test_survey_beside_log() -> None:
    """Workers say often of A and B, seldom of C; the log says A alone: agreement .667, by chance .444, kappa .4."""
    logs = {"A": heartbeats("A") + busy("A", 0.5), "B": heartbeats("B"), "C": heartbeats("C")}
    said = {"A": ["daily"] * 8 + ["rarely"] * 2, "B": ["weekly"] * 7 + ["never"] * 3, "C": ["monthly"] * 9 + ["daily"]}
    world = usage_world(logs).add("fact_survey", [
        {"record_id": f"{p}:{n}", "platform_id": "survey", "survey_code": "usage", "about_platform_id": p,
         "respondent_code": "worker", "frequency_code": f, "duration_s": 90,
         "answered_at": datetime(2026, 9, 1, 9, tzinfo=ZONE)}
        for p, answers in said.items() for n, f in enumerate(answers)
    ]).measure("M03")  # fmt: skip
    found = world.rows(
        "SELECT platform_id, frequent_respondents, is_frequent, is_high FROM warehouse.mart_usage_survey ORDER BY 1"
    )
    assert found == [("A", 8, True, True), ("B", 7, True, False), ("C", 1, False, False)]
    assert world.value("M03.survey_kappa") == pytest.approx(0.4)
    assert world.figure("M03.survey_kappa")["denominator"] == 3
