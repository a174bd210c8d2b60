"""What a new project and the guide say of tables, rules and measures is true: their examples are read and run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.registry import load_registry
from liandao.definitions import verify_definitions
from liandao.init import init_project
from schemas.catalogue import tables
from schemas.project_rules import rules_of
from schemas.tables.intake import FORM
from tests.schemas.own_project import FILES, dedented, in_use
from tests.transforms.measure.world import World, moment

GUIDE = Path(__file__).parents[2] / "docs" / "project-tables.md"
FOLDERS = "tables|rules|measures|reference|sources/civil"
EXAMPLE = re.compile(rf"^`((?:{FOLDERS})/[\w.]+)`\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples(page: Path) -> dict[str, str]:
    """Path in a project -> the text that a page shows of it."""
    return dict(EXAMPLE.findall(page.read_text(encoding="utf-8")))


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Path]:
    """A new project in which somebody has written every example down."""
    init_project(tmp_path, "hunan", "湖南", "Hunan")
    pages = [tmp_path / folder / "README.md" for folder in ("tables", "rules", "measures")]
    shown = {path: text for page in pages for path, text in examples(page).items()}
    assert list(shown) == ["tables/visit.yml", "rules/form.yml", "measures/HN_01.yml", "measures/HN_01_alive.sql"]
    for name, text in shown.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with in_use(tmp_path):
        yield tmp_path


def test_the_examples_of_a_new_project_are_true(new: Path) -> None:
    verify_definitions(new / "home")
    assert {"core_visit", "fact_visit"} <= set(tables())
    assert [r.name for r in rules_of(FORM.columns["phone"])] == ["PATTERN", "NETWORK"]
    assert [r.name for r in rules_of(FORM.columns["household_size"])] == ["CAST", "RANGE"]


def test_the_examples_of_the_guide_are_true(tmp_path: Path) -> None:
    shown = examples(GUIDE)
    init_project(tmp_path, "hunan", "湖南", "Hunan")
    (tmp_path / "sources" / "civil").mkdir()
    line = {"sources/civil/_line.yml": FILES["sources/civil/_line.yml"]}
    for name, text in (shown | {path: dedented(text) for path, text in line.items()}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with in_use(tmp_path):
        verify_definitions(tmp_path / "home")
        assert set(load_registry().platforms["home_care"].file.streams) == {"visit"}
        laid = {name: [r.name for r in rules_of(FORM.columns[name])] for name in ("phone", "entered_at")}
    assert laid == {"phone": ["PATTERN", "NETWORK"], "entered_at": ["REQUIRED", "CAST", "RANGE"]}
    assert len(shown) == 6


@pytest.mark.usefixtures("new")
def test_the_measure_of_the_example_counts() -> None:
    world = World("A").add("dim_region", [{"region_code": c, "is_in_scope": c != "4"} for c in "1234"])
    world.add("fact_usage", [{"community_code": c, "occurred_at": moment("0703T09:30")} for c in "1144"])
    world.add("fact_usage", [{"community_code": "2", "occurred_at": moment("1001T00:00")}])
    figure = world.measure("HN_01").figure("HN_01")
    assert (figure["numerator"], figure["denominator"]) == (1, 3)
