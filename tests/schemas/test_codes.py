"""Code lists of the program and of a project: laid over each other, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.codes import code_lists
from schemas.errors import ConfigurationError
from tests.conftest import PROJECT
from tests.schemas.own_project import in_use, write_project


def lists(tmp_path: Path, text: str) -> dict[str, dict[str, tuple[str, str]]]:
    with in_use(write_project(tmp_path, {"tables/visit.yml": None, "tables/inspection.yml": None,
                                         "rules/visit.yml": None, "reference/codes.yml": text})):  # fmt: skip
        return code_lists()


def test_lists_are_laid_over_the_programs_code_by_code(tmp_path: Path) -> None:
    program = code_lists()
    both = lists(tmp_path, 'sex:\n  "1": [男性, man]\n  "7": [别的, another]\nvisit_topic:\n  a: [甲, first]\n')
    assert both["sex"] == program["sex"] | {"1": ("男性", "man"), "7": ("别的", "another")}
    assert both["visit_topic"] == {"a": ("甲", "first")}
    assert set(both) - set(program) == {"visit_topic"}
    assert code_lists() == program, "and afterwards none of it"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("visit_topic:\n  a: 甲\n", 2, "valid tuple"),
        ("visit_topic:\n  a: [甲]\n", 2, "required"),
        ("visit_topic:\n  01: [甲, first]\n", 1, "put it in quotes"),
        ("visit_topic:\n  yes: [是, it is]\n", 1, "put it in quotes"),
        ("Visit Topic:\n  a: [甲, first]\n", 1, "pattern"),
        ("visit_topic: [甲]\n", 1, "dictionary"),
        ('visit_topic:\n  "1": [甲, first]\n  "1": [乙, second]\n', 3, "stands twice"),
    ],
)
def test_mistakes_point_at_their_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        lists(tmp_path, text)
    assert told in str(error.value)
    assert f"line {line}: " in str(error.value)


def test_the_tests_project_has_the_programs_alone() -> None:
    assert not (PROJECT / "reference" / "codes.yml").exists()
    assert {"sex", "attribute", "item"} <= set(code_lists())
