"""The estate is what the founding texts count, and its platform files are what the estate says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from connectors.registry import load_platform_file, load_registry
from province.estate import eligible_communities, habits, lines
from province.estate_fields import extra_fields
from province.habits import Habit
from province.onboard import block
from province.project_files import write_project
from province.regions import FOLDER
from schemas import project
from schemas.codes import items, regions

HABITS = {h.platform_id: h for h in habits()}
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


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The province's project, written once, in use."""
    root = tmp_path_factory.mktemp("written")
    write_project(root, ["430103015203"], (date(2026, 7, 1), date(2026, 9, 30)))
    project.use(root)
    yield root
    project.use(FOLDER)


@EACH
def test_platform_file_is_in_block_style_and_loads(written: Path, habit: Habit) -> None:
    path = written / "sources" / habit.line_id / f"{habit.platform_id}.yml"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert not re.search(r"[:-] [{\[](?!\]|\})", text), "one field a line"
    file = load_platform_file(path, habit.line_id).file
    for stream, told in file.streams.items():
        assert {column: own for own, column in told.fields.items()} == habit.field_names[stream]
        for column, codes in told.codes.items():
            assert codes == {own: code for code, own in habit.code_values[column].items() if own != code}


def test_the_project_holds_the_estate_and_nothing_else(written: Path) -> None:
    registry = load_registry(written / "sources")
    assert set(registry.platforms) == set(HABITS)
    assert set(registry.lines) == {line.line_id for line in lines()}
    assert len({line.file.schedule for line in registry.lines.values()}) == len(registry.lines)


def test_quoted_where_yaml_would_misread() -> None:
    text = block({"a": "08", "b": "off", "c": '说 "x"', "d": "男"}, "words")
    assert yaml.safe_load(text) == {"a": "08", "b": "off", "c": '说 "x"', "d": "男"}
    assert 'a: "08"' in text


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
    ("level", "count"), [("province", 1), ("city", 14), ("county", 134), ("township", 2008), ("community", 29534)]
)
def test_region_counts(level: str, count: int) -> None:
    assert sum(r.level == level for r in regions().values()) == count


def test_region_tree_is_whole() -> None:
    known = regions()
    assert [r.code for r in known.values() if r.parent and r.parent not in known] == []
