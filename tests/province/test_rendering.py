"""What platforms send can be read back with their platform files, but for what went wrong on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from province.estate import habits, timezone_of
from province.estate_fields import extra_fields
from province.habits import Habit
from province.rendering import FOREVER, OWN, render
from province.rendering_damage import DAMAGES
from province.rendering_text import (
    full_width,
    mask_names,
    mask_numbers,
    write_codes,
    write_dates,
    write_plain,
    write_times,
)
from schemas.tables.intake import PROGRAM_STREAMS
from tests.province.events import events

HABITS = {h.platform_id: h for h in habits()}
NOON = datetime(2026, 9, 30, 16, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "zone", "text"),
    [
        ("%Y-%m-%d %H:%M:%S", "Asia/Shanghai", "2026-10-01 00:05:09"),
        ("%Y-%m-%d %H:%M:%S", "UTC", "2026-09-30 16:05:09"),
        ("%Y/%m/%d %H:%M", "Asia/Shanghai", "2026/10/01 00:05"),
        ("%Y%m%d%H%M%S", "Asia/Shanghai", "20261001000509"),
        ("%Y-%m-%dT%H:%M:%S%z", "Asia/Shanghai", "2026-10-01T00:05:09+08:00"),
        ("%Y年%m月%d日 %H:%M:%S", "Asia/Shanghai", "2026年10月01日 00:05:09"),
        ("%d/%m/%Y %H:%M:%S", "Asia/Shanghai", "01/10/2026 00:05:09"),
    ],
)
def test_times_are_written_by_pattern_and_zone(pattern: str, zone: str, text: str) -> None:
    moments = pa.array([NOON, None], pa.timestamp("us", "Asia/Shanghai"))
    assert write_times(moments, pattern, zone).to_pylist() == [text, None]


@pytest.mark.parametrize(
    ("write", "values", "expected"),
    [
        (
            mask_numbers,
            ["43990119900101123X", "13900000001", "1234567", None],
            ["439***********123X", "139****0001", "1234567", None],
        ),
        (mask_names, ["欧阳建国", "李", None], ["欧***", "李", None]),
        (full_width, ["12X"], ["１２Ｘ"]),
        (lambda v: write_codes(v, {"1": "男", "2": "女"}), ["1", "2", "7", None], ["男", "女", "7", None]),
    ],
    ids=["numbers", "names", "full width", "codes"],
)
def test_texts(write: object, values: list[str | None], expected: list[str | None]) -> None:
    assert callable(write)
    assert write(pa.array(values, pa.string())).to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 2], ["1", "2"]), ([1.0, None], ["1", None]), ([1.5, 2.0], ["1.5", "2"]), ([True, False], ["true", "false"])],
)
def test_plain_values(values: list[object], expected: list[str | None]) -> None:
    assert write_plain(pa.array(values)).to_pylist() == expected


def test_dates() -> None:
    assert write_dates(pa.array([date(1980, 1, 2)]), "%Y%m%d").to_pylist() == ["19800102"]


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS.keys())
def test_rows_of_a_careful_platform_can_be_read_back(habit: Habit) -> None:
    careful = replace(habit, sloppiness=0.0, masks=())
    for stream in habit.streams:
        canonical = events(stream, 30, platform_id=habit.platform_id)
        rows = render(canonical, careful, stream, seed=1)
        ordered = canonical.sort_by([("changed_at", "ascending"), ("source_key", "ascending")])
        assert set(rows.column_names) == {
            *habit.field_names[stream].values(),
            *extra_fields(habit.platform_id, stream, habit.field_names[stream]),
            *OWN,
        }
        for column, own in habit.field_names[stream].items():
            assert _read_back(rows.column(own), column, habit) == _expected(ordered.column(column), column, habit), (
                column
            )


def _read_back(values: pa.ChunkedArray, column: str, habit: Habit) -> list[object]:
    codes = {own: code for code, own in habit.code_values.get(column, {}).items()}
    texts = [codes.get(v, v) for v in values.to_pylist()]
    return [_moment(v, column, habit) if column.endswith(("_at", "_date")) else v for v in texts]


def _moment(text: str, column: str, habit: Habit) -> object:
    if column.endswith("_date"):
        return datetime.strptime(text, habit.date_pattern).date()  # noqa: DTZ007
    read = datetime.strptime(text, habit.time_pattern)  # noqa: DTZ007
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    offset = "+00:00" if timezone_of(habit.platform_id) == "UTC" else "+08:00"
    return datetime.fromisoformat(f"{read.isoformat()}{offset}").astimezone(UTC)


def _expected(values: pa.ChunkedArray, column: str, habit: Habit) -> list[object]:
    if column.endswith("_at"):
        keeps_seconds = "%S" in habit.time_pattern
        return [
            v.astimezone(UTC).replace(microsecond=0, second=v.second if keeps_seconds else 0)
            for v in values.to_pylist()
        ]
    if column.endswith("_date"):
        return list(values.to_pylist())
    return list(write_plain(values.combine_chunks()).to_pylist())


def test_change_time_orders_rows_and_as_text_too() -> None:
    for habit in habits():
        rows = render(events("usage", 60, platform_id=habit.platform_id), habit, "usage", seed=1)
        assert rows.column("_at").to_pylist() == sorted(rows.column("_at").to_pylist())
        if habit.family.startswith("http"):  # asked for what is new by comparing text
            assert rows.column("_time").to_pylist() == sorted(rows.column("_time").to_pylist())
        assert rows.column("_time").equals(rows.column(habit.field_names["usage"]["changed_at"]))


def test_a_version_lasts_until_the_next_one_of_its_key() -> None:
    table = events("case", 3, platform_id="social_assistance")
    moments = pa.array([datetime(2026, 9, d, tzinfo=UTC) for d in (1, 2, 3)], pa.timestamp("us", "Asia/Shanghai"))
    table = table.set_column(table.column_names.index("changed_at"), "changed_at", moments)
    table = table.set_column(table.column_names.index("source_key"), "source_key", pa.array(["a", "b", "a"]))
    rows = render(table, HABITS["social_assistance"], "case", seed=1)
    assert rows.column("_until").to_pylist() == [rows.column("_at")[2].as_py(), FOREVER, FOREVER]


SLOPPY = replace(HABITS["workers_aid"], sloppiness=0.9)


def test_damage_depends_on_the_seed_alone() -> None:
    table = events("form", 3000, platform_id="workers_aid")
    first, again, other = (render(table, SLOPPY, "form", seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize(
    ("column", "pattern", "low", "high"),
    [
        ("cert_no", r"^\d\.\d{14}E[+]17$", 0.005, 0.03),
        ("cert_no", r"[０-９]", 0.005, 0.04),
        ("cert_no", r"x$", 0.02, 0.2),
        ("person_name", "[ \u3000\u00a0]", 0.005, 0.04),
        ("person_name", r"（大）|（户主）|\(已迁\)", 0.001, 0.015),
        ("person_name", r"测试|test", 0.0005, 0.01),
    ],
)
def test_damage_comes_at_its_rate(column: str, pattern: str, low: float, high: float) -> None:
    rows = render(events("form", 20_000, platform_id="workers_aid"), SLOPPY, "form", seed=3)
    hit = pc.match_substring_regex(rows.column(SLOPPY.field_names["form"][column]), pattern)
    assert low < np.mean(pc.fill_null(hit, False).to_pylist()) < high


def test_heartbeats_are_spared_and_keep_what_completeness_is_judged_by() -> None:
    habit = replace(HABITS["household_economy_check"], sloppiness=1.0, code_values={})
    table = events("usage", 30_000, platform_id=habit.platform_id)
    rows, names = render(table, habit, "usage", seed=5), habit.field_names["usage"]
    ordered = table.sort_by([("changed_at", "ascending"), ("source_key", "ascending")])
    beats = pc.equal(ordered.column("action_code"), "heartbeat")
    assert set(rows.filter(beats).column(names["action_code"]).to_pylist()) == {"heartbeat"}
    assert not pc.any(
        pc.match_substring_regex(rows.filter(beats).column(names["occurred_at"]), "不详|^0000|02-30|/$")
    ).as_py()
    assert rows.num_rows == table.num_rows


def test_nothing_happens_to_change_times_and_every_damage_has_a_place() -> None:
    assert all(d.column != "changed_at" for d in DAMAGES)
    assert all(d.column in PROGRAM_STREAMS[d.stream].columns for d in DAMAGES)
