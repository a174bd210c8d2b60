"""Stream kinds of a project: what a table file makes, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Table

from schemas import ddl, project
from schemas.arrow import arrow_schema
from schemas.catalogue import PROGRAM_TABLES, tables, tables_of
from schemas.columns import METADATA, Class, Mask, Tier, meta_of, table_meta
from schemas.errors import ConfigurationError
from schemas.rules import Castable, Severity
from schemas.streams import event_time, fact_sources, stream_tables
from schemas.tables.intake import PROGRAM_STREAMS
from schemas.tables.intake_columns import lineage
from tests.conftest import PROJECT
from tests.schemas.own_project import FILES, dedented, in_use, write_project

VISIT = FILES["tables/visit.yml"]


def refused(tmp_path: Path, text: str, name: str = "visit") -> str:
    """What is said of a project with this table file."""
    root = write_project(tmp_path, {"tables/visit.yml": None, "rules/visit.yml": None, f"tables/{name}.yml": text})
    with in_use(root), pytest.raises(ConfigurationError) as error:
        tables()
    assert str(root / "tables" / name) in error.value.where
    assert error.value.next_step
    return str(error.value)


def test_a_table_file_makes_a_kind_with_its_tables(tmp_path: Path) -> None:
    with in_use(write_project(tmp_path)):
        assert list(stream_tables()) == [*PROGRAM_STREAMS, "inspection", "visit"]
        core, fact = tables()["core_visit"], tables()["fact_visit"]
        assert [c.name for c in core.columns][:6] == [c.name for c in lineage()]
        assert (table_meta(core).stream, table_meta(core).key, event_time("visit")) == (
            "visit", ("record_id",), "started_at",
        )  # fmt: skip
        assert {t.name for t in tables_of(Tier.VAULT)} - set(PROGRAM_TABLES) == {"core_visit", "core_inspection"}
        in_fact = set(fact.columns.keys())
        assert {"visitor_name", "contact_phone", "cert_no_token", "started_at", "person_id"} <= in_fact
        assert not {"cert_no", "remark_text", "matter_id"} & in_fact
        assert ddl.create_table(core).count("\n") == len(core.columns) + 1
        assert "走访记录 | home visits: One row is one visit" in ddl.comments(core)[0]
        assert arrow_schema(fact).names == [c.name for c in fact.columns]


def test_no_fact_shows_what_is_personal(tmp_path: Path) -> None:
    with in_use(write_project(tmp_path)):
        for source in fact_sources():
            dropped = {c.name for c in source.core.columns if meta_of(c).mask in (Mask.DROP, Mask.TOKEN)}
            assert not dropped & set(source.fact.columns.keys())
            assert all(meta_of(c).klass in (Class.INTERNAL, Class.PUBLIC) for c in source.fact.columns)


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        ("started_at", Severity.QUARANTINE),  # required: a row without it says nothing
        ("minutes", Severity.FLAG),
        ("next_date", Severity.FLAG),
        ("is_at_home", Severity.FLAG),
        ("topic_code", None),  # every text can be read as text
    ],
)
def test_what_is_no_text_must_be_readable(tmp_path: Path, column: str, severity: Severity | None) -> None:
    with in_use(write_project(tmp_path)):
        rules = meta_of(tables()["core_visit"].columns[column]).rules
        assert [r.severity for r in rules if isinstance(r, Castable)] == ([severity] if severity else [])


def test_a_declared_castable_counts(tmp_path: Path) -> None:
    before = "            unit: min\n            rules:\n"
    text = VISIT.replace(before, f"{before}              - castable\n")
    with in_use(write_project(tmp_path, {"tables/visit.yml": text})):
        rules = meta_of(tables()["core_visit"].columns["minutes"]).rules
        assert [r.severity for r in rules if isinstance(r, Castable)] == [Severity.QUARANTINE]


def edit(old: str, new: str) -> str:
    assert VISIT.count(old) >= 1, old
    return VISIT.replace(old, new, 1)


MISTAKES = [
    # what is wrong: old text, new text, what stands on the line that is told, what is told
    ("an unknown key", "grain:", "grian:", "grian", "did you mean grain?"),
    ("an unknown type", "type: integer", "type: int", "type: int", "'text', 'integer', 'number'"),
    ("an unknown class", "class: personal", "class: secret", "secret", "'personal' or 'sensitive'"),
    ("no mask", "            mask: name\n", "", "class: personal", "a personal column needs a mask"),
    ("a mask of another type", "mask: number", "mask: year", "year", "one for dates"),
    ("a grain that says nothing", "One row is one visit of a worker to a home.", "visits", "grain", "One row is"),
    ("no such event time", "event_time: started_at", "event_time: begun_at", "begun_at", "started_at"),
    ("an event time of text", "time: started_at", "time: topic_code", "event_time", "no column of type date"),
    ("a reference to nothing", "form: form_key", "form: from_key", "from_key", "did you mean form_key?"),
    ("a reference of another type", "form: form_key", "form: minutes", "form: minutes", "no column of text"),
    ("a name that is taken", "topic_code:", "changed_at:", "changed_at:", "this name is taken"),
    ("a surrogate's name", "topic_code:", "person_id:", "person_id:", "this name is taken"),
    ("a store's own name", "topic_code:", "ctid:", "ctid:", "this name is taken"),
    ("a name with capitals", "topic_code:", "topicCode:", "topicCode", "lower-case letters"),
    ("two underscores", "topic_code:", "topic__code:", "topic__code", "single underscores"),
    ("a token's name", "topic_code:", "cert_no_token:", "cert_no_token", "a token of another column"),
    ("cleaning of a number", "unit: min", "cleaning: phone  # x", "# x", "is for text"),
    ("an unknown cleaning", "cleaning: phone", "cleaning: mobile", "mobile", "'phone'"),
    ("an unknown rule", "- required", "- requried", "requried", "did you mean required?"),
    ("two kinds in one", "- not_test", "- {not_test: true, required: true}", "{not_test", "of one kind"),
    ("no kind of rule", "- not_test", "- {severity: flag}", "{severity", "of one kind"),
    ("an unknown severity", "severity: flag", "severity: warn", "warn", "'quarantine', 'drop' or 'flag'"),
    ("an unknown list", "codes: visit_topic", "codes: visit_topics", "topics", "did you mean visit_topic?"),
    ("a rule for text on a time", "- not_before: started_at", "- digits_kept  # x", "# x", "about text"),
    ("order of text", "- codes: visit_topic", "- not_before: started_at  # x", "# x", "about dates and times"),
    ("order beside another type", "before: started_at", "before: next_date", "before: next_date", "of the same type"),
    ("order beside itself", "before: started_at", "before: ended_at", "before: ended_at", "no other column"),
    ("bounds of text", "- codes: visit_topic", "- between: {low: 1}", "{low: 1}", "numbers, dates and times"),
    ("a day among numbers", "high: 600", "high: 2026-01-01", "- between", "no bound of this column"),
    ("a number among days", "- between:\n                  low: 2015-01-01", "- between: {low: 15}", "{low: 15}",
     "no bound of this column"),
    ("bounds the wrong way round", "high: 600", "high: -1", "- between", "low lies above high"),
    ("no bound", "- codes: visit_topic", "- between: {}", "{}", "give low, high or both"),
    ("two rules of one name", "- not_test", "- required  # x", "# x", "two rules of this column are called REQUIRED"),
    ("an id in small letters", "- not_test", "- {not_test: true, id: probe}", "probe", "pattern"),
    ("no expression", "- codes: visit_topic", '- matches: "(a"', "(a", "not a regular expression"),
    ("look-around", "- codes: visit_topic", '- matches: "a(?=b)"', "a(?=b)", "not a regular expression"),
    ("a class of Unicode", "- codes: visit_topic", '- matches: "[[:digit:]]+"', "[:digit", "not a regular expression"),
    ("two readings", "- codes: visit_topic", '- matches: "[^\\\\d]"', "matches", "read [^\\d differently"),
    ("readable text", "- codes: visit_topic", "- castable", "castable", "every text can be read"),
    ("a key twice", "type: integer", "type: integer\n            type: number", "type: number", "stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "on", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistakes_point_at_their_line(tmp_path: Path, old: str, new: str, on: str, told: str) -> None:
    text = edit(old, new)
    lines = [n for n, line in enumerate(dedented(text).splitlines(), 1) if on in line]
    message = refused(tmp_path, text)
    assert told in message
    assert any(f"line {n}: " in message for n in lines[:1]), message


def test_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    message = refused(tmp_path, "# nothing yet")
    assert all(f"{key}: is required and not there" in message for key in ("title", "grain", "event_time", "columns"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("form", "the program has core_form, fact_form, form already"),
        ("entry", "the program has fact_entry already"),
        ("usage_event", "the program has core_usage_event already"),
        ("Visit", "lower-case letters"),
        ("home visit", "lower-case letters"),
        ("visit__more", "single underscores"),
        ("v" * 41, "at most 40"),
    ],
)
def test_names_of_kinds(tmp_path: Path, name: str, told: str) -> None:
    assert told in refused(tmp_path, VISIT, name)


def test_a_file_that_would_not_be_seen_is_told(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"tables/visit.yml": None, "tables/visit.yaml": VISIT})
    with in_use(root), pytest.raises(ConfigurationError, match=r"visit\.yml"):
        tables()


def test_more_rules_than_a_row_can_carry(tmp_path: Path) -> None:
    rules = "".join(f'              - matches: "{n}.*"\n                id: N{n}\n' for n in range(60))
    message = refused(tmp_path, edit("              - codes: visit_topic\n", rules))
    assert "at most 62 a table" in message


def declarations() -> list[str]:
    """Everything that the stores would be told."""
    return [text for tab in tables().values() for text in (ddl.create_table(tab), *ddl.comments(tab))]


def test_a_project_without_tables_is_the_program_alone() -> None:
    own: list[Table] = list(PROGRAM_TABLES.values())
    assert list(tables().values()) == own
    assert stream_tables() == PROGRAM_STREAMS
    with_project = declarations()
    project.reload(None)
    try:
        assert declarations() == with_project
        assert list(tables().values()) == own
    finally:
        project.use(PROJECT)


def test_the_next_project_sees_nothing_of_the_last(tmp_path: Path) -> None:
    before, declared = declarations(), set(METADATA.tables)
    with in_use(write_project(tmp_path / "one")):
        assert declarations() != before
    assert declarations() == before
    assert set(METADATA.tables) == declared
    other = {
        "tables/visit.yml": edit("minutes:", "hours:"),
        "tables/inspection.yml": None,
        "rules/visit.yml": None,
        "sources/market/site_checks.yml": None,
    }
    with in_use(write_project(tmp_path / "two", other)):
        assert "hours" in tables()["core_visit"].columns
        assert "minutes" not in tables()["core_visit"].columns
        assert set(stream_tables()) - set(PROGRAM_STREAMS) == {"visit"}
