"""The estate is what the founding texts count, and its platform files are what the estate says."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.registry import load_platform_file
from province.estate import eligible_communities, habits, lines
from province.estate_fields import extra_fields
from province.habits import Habit
from province.onboard import MOST_LINES, SOURCES, WIDTH, flow, source_files
from schemas.codes import items, load_yaml
from schemas.platform_file import LineFile, PlatformFile

HABITS = {h.platform_id: h for h in habits()}
FILES = source_files()
EACH = pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS.keys())


@pytest.mark.parametrize(
    ("what", "counted", "expected"),
    [
        ("lines", len(lines()), 27),
        ("platforms", len(HABITS), 132),
        ("lines with platforms", len({h.line_id for h in habits()}), 27),
        ("high use", sum(h.usage in ("high", "small_denominator_high") for h in habits()), 54),
        ("for few communities, used there", sum(h.usage == "small_denominator_high" for h in habits()), 2),
        ("platforms with a log", sum("usage" in h.streams for h in habits()), 132),
        ("surveys", sum("survey" in h.streams for h in habits()), 2),
        ("slow", sum(h.is_slow for h in habits()), 3),
        ("limited", sum(h.is_rate_limited for h in habits()), 3),
    ],
)
def test_counts(what: str, counted: int, expected: int) -> None:
    assert counted == expected, what


@pytest.mark.parametrize(
    ("stream", "low", "high"), [("form", 115, 125), ("case", 95, 105), ("rating", 70, 80), ("ticket", 4, 7)]
)
def test_streams_are_on_about_as_many_platforms(stream: str, low: int, high: int) -> None:
    assert low <= sum(stream in h.streams for h in habits()) <= high


@pytest.mark.parametrize(
    ("family", "platforms"),
    [("http_page", 45), ("http_cursor", 20), ("sql", 35), ("sftp_files", 15), ("folder_files", 17)],
)
def test_families(family: str, platforms: int) -> None:
    assert sum(h.family == family for h in habits()) == platforms


@pytest.mark.parametrize("title", ["全国党员管理信息系统", "湖南省公共就业服务平台", "智慧人社APP", "一门式服务"])
def test_platforms_named_in_the_founding_texts(title: str) -> None:
    assert [h.title_zh for h in habits()].count(title) == 1


def test_every_control_of_usage_is_there_twice() -> None:
    kinds = Counter(h.usage for h in habits())
    assert len(kinds) == 13
    assert min(kinds.values()) >= 2


def test_every_item_is_served_and_minimum_allowance_by_four_platforms() -> None:
    served = Counter(item for h in habits() for item in h.items)
    assert set(served) == set(items())
    dibao = [h.platform_id for h in habits() for item in h.items if items()[item].matter_class == "dibao"]
    assert len(dibao) == len(set(dibao)) == 4


@EACH
def test_a_platform_is_consistent(habit: Habit) -> None:
    assert set(habit.field_names) == set(habit.streams)
    assert bool(habit.items) == ("case" in habit.streams)
    assert (habit.rating != "none") == ("rating" in habit.streams)
    assert bool(habit.asks) == ("form" in habit.streams)
    for stream, names in habit.field_names.items():
        extra = extra_fields(habit.platform_id, stream, names)
        assert len({*names.values(), *extra}) == len(names) + len(extra), f"{stream}: two fields of one name"
        assert 1 <= len(extra) <= 3
    for column, values in habit.code_values.items():
        assert len(set(values.values())) == len(values), f"{column}: two codes written alike"
    assert set(habit.masks) <= set(habit.asks)


@EACH
def test_platform_file_is_the_one_that_would_be_written_and_loads(habit: Habit) -> None:
    path = SOURCES / habit.line_id / f"{habit.platform_id}.yml"
    text = path.read_text(encoding="utf-8")
    assert text == FILES[f"{habit.line_id}/{habit.platform_id}.yml"], "run python -m province.onboard"
    rows = text.splitlines()
    assert len(rows) <= MOST_LINES
    assert max(map(len, rows)) <= WIDTH
    assert rows[0].startswith("# ")
    file = PlatformFile.model_validate(load_yaml(path))
    assert load_platform_file(path, habit.line_id).file == file
    for stream, told in file.streams.items():
        assert {column: own for own, column in told.fields.items()} == habit.field_names[stream]


def test_no_file_stands_in_the_tree_that_the_estate_does_not_know() -> None:
    found = {str(p.relative_to(SOURCES)) for p in SOURCES.rglob("*.yml")}
    assert found == set(FILES)


def test_schedules_of_the_lines_differ() -> None:
    files = [LineFile.model_validate(load_yaml(SOURCES / line.line_id / "_line.yml")) for line in lines()]
    assert len({f.schedule for f in files}) == 27


@pytest.mark.parametrize(
    ("platform_id", "expected"),
    [
        ("social_assistance", ["430103015203", "430802001001", "430802100203"]),
        ("farmland_subsidy", ["430103015203", "430802100203"]),
        ("property_services", ["430802001001"]),
        ("geohazard", ["430802100203"]),
    ],
)
def test_eligible_communities(platform_id: str, expected: list[str]) -> None:
    communities = ["430103015203", "430802001001", "430802100203"]
    assert list(eligible_communities(HABITS[platform_id], communities)) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": None}, "{a: 1, b: null}"),
        (["08", "430"], '["08", "430"]'),
        ({"男": "1", "是": "true"}, '{男: "1", 是: "true"}'),
        ({"时长（秒）": "duration_s"}, '{"时长（秒）": duration_s}'),
        ("off", '"off"'),
        ('say "x"', '"say \\"x\\""'),
    ],
)
def test_flow_quotes_what_yaml_would_misread(value: object, text: str) -> None:
    assert flow(value) == text
