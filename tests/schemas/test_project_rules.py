"""Row rules of a project: laid over those beside the columns, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import project
from schemas.columns import meta_of
from schemas.errors import ConfigurationError
from schemas.project_rules import laid_over, project_rules, rules_of
from schemas.rules import Between, InCodes, Matches, Required, Rule, Severity
from schemas.streams import stream_tables
from schemas.tables.intake import FORM, PROGRAM_STREAMS
from tests.conftest import PROJECT
from tests.schemas.own_project import dedented, in_use, write_project

PHONE = FORM.columns["phone"]


def rules(tmp_path: Path, text: str, kind: str = "form") -> dict[tuple[str, str], tuple[Rule, ...]]:
    """The rules that such a file adds."""
    root = write_project(tmp_path, {"rules/form.yml": None, "rules/visit.yml": None, f"rules/{kind}.yml": text})
    with in_use(root):
        return project_rules()


def test_a_rule_with_an_id_of_its_own_stands_beside_the_programs(tmp_path: Path) -> None:
    with in_use(write_project(tmp_path)):
        declared, added = rules_of(PHONE)
    assert declared == meta_of(PHONE).rules[0]
    assert isinstance(added, Matches)
    assert (added.name, added.severity, added.zh) == ("NETWORK", Severity.FLAG, "手机号段不存在")


def test_a_rule_of_the_same_id_takes_the_programs_place(tmp_path: Path) -> None:
    text = """
        phone:
          - matches: "1.*"
        entered_at:
          - between:
              low: 2020-01-01
            severity: drop
    """
    added = rules(tmp_path, text)
    (phone,) = laid_over(meta_of(PHONE).rules, added["core_form", "phone"])
    assert phone == Matches(pattern="1.*")
    declared = meta_of(FORM.columns["entered_at"]).rules
    laid = laid_over(declared, added["core_form", "entered_at"])
    assert [r.name for r in laid] == [r.name for r in declared] == ["REQUIRED", "CAST", "RANGE"]
    assert laid[2] == Between(severity=Severity.DROP, low="2020-01-01")


def test_a_projects_own_table_takes_them_too(tmp_path: Path) -> None:
    with in_use(write_project(tmp_path)):
        minutes = rules_of(stream_tables()["visit"].columns["minutes"])
    assert [(r.name, r.severity) for r in minutes] == [("RANGE", Severity.QUARANTINE), ("CAST", Severity.FLAG)]


def test_a_list_of_the_project_may_be_asked_for(tmp_path: Path) -> None:
    added = rules(tmp_path, "occupation:\n  - codes: visit_topic\n    severity: flag\n  - required\n")
    assert added["core_form", "occupation"] == (InCodes(codes="visit_topic", severity=Severity.FLAG), Required())


MISTAKES = [
    # what is wrong: the file, its line, what is told
    ("an unknown column", "phnoe:\n  - required\n", 1, "did you mean phone?"),
    ("a column that the flow fills", "landed_row:\n  - required\n", 1, "no such column"),
    ("no list", "phone: required\n", 1, "valid list"),
    ("no rule", "phone: []\n", 1, "at least 1 item"),
    ("an unknown kind", "phone:\n  - mathces: x\n", 2, "did you mean matches?"),
    ("a kind that does not fit", "birth_date:\n  - matches: x\n", 2, "about text"),
    ("an unknown list", "phone:\n  - codes: phones\n", 2, "no code list is called phones"),
    ("two of one name", "phone:\n  - matches: a\n  - matches: b\n", 3, "give one of them an id"),
    ("a column twice", "phone:\n  - required\nphone:\n  - required\n", 3, "stands twice"),
    ("not a mapping", "- phone\n", 1, "dictionary"),
]


@pytest.mark.parametrize(("text", "line", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistakes_point_at_their_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        rules(tmp_path, text)
    assert told in str(error.value)
    assert f"line {line}: " in str(error.value)
    assert error.value.where.endswith(f"rules/form.yml:{line}")


@pytest.mark.parametrize(("kind", "told"), [("from", "did you mean form?"), ("entry_event", "no stream kind")])
def test_the_file_is_named_as_the_kind(tmp_path: Path, kind: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as error:
        rules(tmp_path, "phone:\n  - required\n", kind)
    assert "inspection, visit" in error.value.expected


def test_more_rules_than_a_row_can_carry(tmp_path: Path) -> None:
    many = "".join(f"  - matches: '{n}.*'\n    id: N{n}\n" for n in range(40))
    with pytest.raises(ConfigurationError, match="at most 62"):
        rules(tmp_path, f"phone:\n{many}")


def test_an_empty_file_adds_nothing(tmp_path: Path) -> None:
    assert rules(tmp_path, dedented("# later")) == {}


def test_without_rules_of_a_project_every_column_has_its_own() -> None:
    columns = [c for table in PROGRAM_STREAMS.values() for c in table.columns]
    for root in (PROJECT, None):
        project.use(root)
        assert all(rules_of(c) is meta_of(c).rules for c in columns)
    project.use(PROJECT)
