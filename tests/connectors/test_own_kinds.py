"""Platform files that name stream kinds: those of the program and of the project, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.registry import load_registry
from schemas import project
from schemas.errors import ConfigurationError, PlatformFileError
from tests.conftest import PROJECT
from tests.schemas.own_project import FILES, in_use, write_project

CARE = "sources/civil/home_care.yml"


def test_a_kind_of_the_project_is_one_like_any_other(tmp_path: Path) -> None:
    with in_use(write_project(tmp_path)):
        platforms = load_registry().platforms
    assert set(platforms["home_care"].file.streams) == {"visit", "form"}
    assert set(platforms["site_checks"].file.streams) == {"inspection"}


MISTAKES = [
    # what is wrong, old text, new text, what stands on its line, what is told
    ("an unknown kind", "visit:", "visits:", "visits:", "no stream kind is called visits; did you mean visit?"),
    ("a column it has not", "minutes", "minuets", "sc: minuets", "core_visit has no column minuets"),
    ("a required column left out", "              sy: topic_code\n", "", "fields:", "topic_code is required"),
    ("a code of no list", '帮扶: "2"', '帮扶: "3"', "帮扶", "is not a code of list visit_topic"),
    ("a cursor that is no time", "cursor: gxsj", "cursor: sc", "cursor: sc", "or to started_at"),
]


@pytest.mark.parametrize(("old", "new", "on", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistakes(tmp_path: Path, old: str, new: str, on: str, told: str) -> None:
    root = write_project(tmp_path, {CARE: FILES[CARE].replace(old, new, 1)})
    lines = (root / CARE).read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if on in text)
    with in_use(root), pytest.raises(PlatformFileError) as error:
        load_registry()
    assert told in str(error.value)
    assert f"line {line}: " in str(error.value)


def test_an_unknown_kind_is_told_with_every_kind_there_is(tmp_path: Path) -> None:
    root = write_project(tmp_path, {CARE: FILES[CARE].replace("visit:", "calls:", 1)})
    with in_use(root), pytest.raises(PlatformFileError) as error:
        load_registry()
    assert error.value.expected == "one of form, case, rating, survey, ticket, usage, inspection, visit"


def test_an_event_time_stands_in_for_a_time_of_change(tmp_path: Path) -> None:
    text = FILES[CARE].replace("              gxsj: changed_at\n", "").replace("cursor: gxsj", "cursor: kssj")
    with in_use(write_project(tmp_path, {CARE: text})):
        assert load_registry().platforms["home_care"].file.streams["visit"].cursor == "kssj"


def test_without_the_projects_tables_its_kinds_are_unknown(tmp_path: Path) -> None:
    none = {"tables/visit.yml": None, "tables/inspection.yml": None, "rules/visit.yml": None}
    with in_use(write_project(tmp_path, none)), pytest.raises(PlatformFileError, match="2 files have problems"):
        load_registry()
    assert set(load_registry(PROJECT / "sources").platforms) == set()


@pytest.mark.parametrize("name", ["tables/visit.yml", "rules/form.yml"])
def test_a_wrong_declaration_is_told_before_any_platform(tmp_path: Path, name: str) -> None:
    with in_use(write_project(tmp_path, {name: "title: 3\n"})), pytest.raises(ConfigurationError) as error:
        load_registry()
    assert str(tmp_path / name) in error.value.where
    project.use(PROJECT)
