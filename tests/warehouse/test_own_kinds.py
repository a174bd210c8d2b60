"""Tables of a project in the stores: filled, masked, carried on when they grow, and never lost without a word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas import project
from schemas.columns import Tier
from schemas.errors import ConfigurationError
from schemas.project import Project
from tests.conftest import PROJECT
from tests.schemas.own_project import FILES, in_use, write_project
from tests.warehouse.batches import COMMUNITY, KEY, Batch, Row, at, case, form, usage
from tests.warehouse.generation import build_up, grow, rows
from warehouse import places, postgres, reader
from warehouse.audit import audit
from warehouse.build import open_build, reopen_build
from warehouse.kept import require_kept
from warehouse.load import load_batches
from warehouse.structure import held_columns
from warehouse.tokens import tokens_of

VISIT, INSPECTION = FILES["tables/visit.yml"], FILES["tables/inspection.yml"]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """The project with ``visit`` and ``inspection``; write to it and call :func:`changed`."""
    with in_use(write_project(tmp_path / "own")) as root:
        yield root


def changed(root: Path, **tables: str | None) -> None:
    """Write table files anew (None removes one) and read the project again."""
    write_project(root, {"rules/visit.yml": None} | {f"tables/{name}.yml": text for name, text in tables.items()})
    project.reload(Project(root.resolve()))


CASE_NO = """        columns:
          case_no:
            type: text
            title:
              zh: 办件编号
              en: case
"""


def visit(key: str, hours: float = 0, **values: Any) -> Row:
    """One visit."""
    base = {"visitor_name": "欧阳试", "contact_phone": "13900000001", "cert_no": "439901199001010011"}
    fixed = {"topic_code": "1", "community_code": COMMUNITY, "started_at": at(0), "minutes": 30, "is_at_home": True}
    return {"source_key": key, "changed_at": at(hours), **base, **fixed, **values}


def test_facts_are_masked_and_carry_what_they_refer_to(home: Path, own: Path) -> None:
    text = VISIT.replace("form: form_key", "form: form_key\n          case: case_no")
    text = text.replace("        columns:\n", CASE_NO, 1)
    changed(own, visit=text)
    streams = {
        "form": [form("f1")],
        "case": [case("c1", "f1")],
        "visit": [visit("v1", form_key="f1", case_no="c1", remark_text="试探"), visit("v2", form_key="f9")],
    }
    beta = Batch("beta", "b2", {"form": [form("f1", cert_no=None)], "visit": [visit("v1", form_key="f1")]})
    build_up(home, "r1", Batch("alpha", "b1", streams).write(home), beta.write(home))
    with reopen_build(home, "r1") as build:
        person = {r["record_id"]: r["person_id"] for r in rows(build, "FROM warehouse.link_person")}
        matter = {r["record_id"]: r["matter_id"] for r in rows(build, "FROM warehouse.link_matter")}
        facts = {r["record_id"]: r for r in rows(build, "FROM warehouse.fact_visit")}
    found = {name: (r["person_id"], r["matter_id"]) for name, r in facts.items()}
    assert found == {
        "alpha:visit:v1": (person["alpha:form:f1"], matter["alpha:case:c1"]),
        "alpha:visit:v2": (None, None),
        "beta:visit:v1": (person["beta:form:f1"], None),
    }
    first = facts["alpha:visit:v1"]
    assert (first["visitor_name"], first["contact_phone"]) == ("欧**", "139****0001")
    assert first["cert_no_token"] == tokens_of(KEY, "cert_no", ["439901199001010011"])[0]
    assert "remark_text" not in first


def test_a_table_may_have_many_tokens(home: Path, own: Path) -> None:
    changed(own, visit=VISIT.replace("mask: number", "mask: token").replace("mask: drop", "mask: token"))
    visits = [visit("v1", remark_text="甲"), visit("v2", contact_phone="甲"), visit("v3", cert_no=None)]
    build_up(home, "r1", Batch("alpha", "b1", {"visit": visits}).write(home))
    names = ("contact_phone", "cert_no", "remark_text")
    with reopen_build(home, "r1") as build:
        found = rows(build, "SELECT * FROM warehouse.fact_visit ORDER BY source_key")
    phone, number = "13900000001", "439901199001010011"
    values = [(phone, number, "甲"), ("甲", number, None), (phone, None, None)]
    expected = [tuple(v and tokens_of(KEY, n, [v])[0] for n, v in zip(names, row, strict=True)) for row in values]
    assert [tuple(r[f"{n}_token"] for n in names) for r in found] == expected


@pytest.mark.usefixtures("own")
def test_versions_of_a_visit_have_fates_like_any_other(home: Path) -> None:
    grow(home, "r1", Batch("alpha", "b1", {"visit": [visit("v1"), visit("v2"), visit("v3")]}).write(home))
    second = [visit("v1"), visit("v2", 1, minutes=45), visit("v3", -1), visit("v4")]
    refused = [("v5", "quarantine", "VISIT.TOPIC_CODE.CODE"), ("v6", "drop", "VISIT.VISITOR_NAME.TEST_RECORD")]
    grow(home, "r2", Batch("alpha", "b2", {"visit": second}, {"visit": refused}).write(home))
    with reader.connect(home) as con:
        fates = rows(con, """SELECT landed_rows, accepted_rows, quarantined_rows, dropped_rows, inserted_rows,
            updated_rows, unchanged_rows, superseded_rows FROM warehouse.ctl_batch WHERE batch_id = 'b2'""")
        minutes = rows(con, "SELECT source_key, minutes FROM warehouse.fact_visit ORDER BY 1")
    assert [tuple(f.values()) for f in fates] == [(6, 4, 1, 1, 1, 1, 1, 1)]
    assert [tuple(m.values()) for m in minutes] == [("v1", 30), ("v2", 45), ("v3", 30), ("v4", 30)]


def test_both_stores_hold_the_same(home: Path, own: Path, database: str) -> None:
    """Whatever columns are called, and whatever stands in them."""
    changed(own, visit=VISIT.replace("next_date:", "order:").replace("remark_text:", "user:"))
    streams = {"visit": [visit("v1"), visit("v2", user="'; DROP", order=at(0).date())], "usage": [usage("u1", "a")]}
    published = grow(home, "r1", Batch("alpha", "b1", streams).write(home), warehouse_url=database)
    held = postgres.checksums(database)
    assert held == published.tables
    assert held["fact_visit"].startswith("2:")
    assert held["core_inspection"].startswith("0:")
    with reader.postgres(database) as con:
        titles = con.execute("SELECT obj_description('warehouse.fact_visit'::regclass)").fetchone()
    assert titles == ("走访记录 | home visits: One row is one visit of a worker to a home.",)


MORE = VISIT.replace("          remark_text:\n", """          weather:
            type: text
            title:
              zh: 天气
              en: weather
          remark_text:
""")  # fmt: skip


def test_a_column_more_is_empty_in_what_was_read_before(home: Path, own: Path) -> None:
    grow(home, "r1", Batch("alpha", "b1", {"visit": [visit("v1"), visit("v2")]}).write(home))
    changed(own, visit=MORE)
    grow(home, "r2", Batch("alpha", "b2", {"visit": [visit("v2", 1, weather="雨"), visit("v3")]}).write(home))
    with reader.connect(home) as con:
        found = rows(con, "SELECT source_key, weather, minutes FROM warehouse.fact_visit ORDER BY 1")
        assert not [name for name in held_columns(con, Tier.VAULT) if name.endswith("~")], "nothing is left aside"
    assert [tuple(r.values()) for r in found] == [("v1", None, 30), ("v2", "雨", 30), ("v3", None, 30)]


def test_a_type_may_grow(home: Path, own: Path) -> None:
    grow(home, "r1", Batch("alpha", "b1", {"visit": [visit("v1")]}).write(home))
    changed(own, visit=VISIT.replace("type: integer", "type: number"))
    grow(home, "r2", Batch("alpha", "b2", {"visit": [visit("v2", minutes=7.5)]}).write(home))
    with reader.connect(home) as con:
        assert [r["minutes"] for r in rows(con, "FROM warehouse.fact_visit ORDER BY source_key")] == [30.0, 7.5]


LOSSES = [
    # what is done, the table file, the values of the row, what is told (None: nothing is lost)
    ("the table goes", None, {}, "core_visit: 2 rows"),
    ("a column goes", VISIT.replace("minutes:", "length:"), {}, "core_visit.minutes: 2 values"),
    ("an empty column goes", VISIT.replace("          remark_text:", "          remarks_text:"), {}, None),
    ("a type shrinks", VISIT.replace("type: yes_no", "type: date"), {}, "core_visit.is_at_home: 2 values"),
    ("a type shrinks where it fits", VISIT.replace("          next_date:\n            type: date",
     "          next_date:\n            type: text"), {}, None),
    ("text becomes a number", VISIT.replace("          topic_code:\n            type: text",
     "          topic_code:\n            type: integer").replace("              - codes: visit_topic\n", ""),
     {"topic_code": "甲"}, "core_visit.topic_code: 1 values"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "told"), [c[1:] for c in LOSSES], ids=[c[0] for c in LOSSES])
def test_what_rows_rest_on_stays_declared(
    home: Path, own: Path, text: str | None, values: dict[str, Any], told: str | None
) -> None:
    grow(home, "r1", Batch("alpha", "b1", {"visit": [visit("v1"), visit("v2", **values)]}).write(home))
    changed(own, visit=text)
    if told is None:
        grow(home, "r2")
        return
    with pytest.raises(ConfigurationError) as error:
        open_build(home, "r2")
    assert told in error.value.found
    assert error.value.next_step
    with reader.connect(home) as con, pytest.raises(ConfigurationError):
        require_kept(con, held_columns(con, Tier.VAULT))
    with pytest.raises(ConfigurationError):
        audit(home)
    changed(own, visit=VISIT)
    grow(home, "r2")
    assert places.current_generation(home) == 2
    with reader.connect(home) as con:
        assert len(rows(con, "FROM vault.core_visit")) == 2


def test_a_table_without_rows_may_go(home: Path, own: Path) -> None:
    grow(home, "r1", Batch("alpha", "b1", {"visit": [visit("v1")]}).write(home))
    changed(own, inspection=None)
    grow(home, "r2")
    with reader.connect(home) as con:
        assert "core_inspection" not in held_columns(con, Tier.VAULT)


@pytest.mark.parametrize(("text", "told"), [(None, "no longer does"), (MORE, "weather")])
def test_rows_conformed_under_other_declarations_wait_to_be_read_again(
    home: Path, own: Path, text: str | None, told: str
) -> None:
    pair = Batch("alpha", "b1", {"visit": [visit("v1")]}).write(home)
    changed(own, visit=text)
    with open_build(home, "r1") as build, pytest.raises(ConfigurationError) as error:
        load_batches(build, [pair])
    assert told in error.value.found
    assert "remove conformed/alpha/b1" in error.value.next_step


@pytest.mark.usefixtures("own")
def test_the_next_project_of_the_process_holds_none_of_it(tmp_path: Path) -> None:
    grow(tmp_path / "one", "r1", Batch("alpha", "b1", {"visit": [visit("v1")]}).write(tmp_path / "one"))
    project.use(PROJECT)
    grow(tmp_path / "two", "r1", Batch("alpha", "b1", {"usage": [usage("u1", "a")]}).write(tmp_path / "two"))
    with reader.connect(tmp_path / "two") as con:
        assert not [name for name in held_columns(con, Tier.VAULT) if "visit" in name or "inspection" in name]
