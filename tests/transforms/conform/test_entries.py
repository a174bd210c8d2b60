"""Entry events: one row for each attribute that somebody typed."""

from __future__ import annotations

import pytest

from schemas.tables.intake import ATTRIBUTES
from tests.transforms.conform.landing import BATCH, FORM, GOOD_FORM, Row, platform, rows, table_of
from transforms.conform.stream import conform_rows

ASKED = [a for a in ATTRIBUTES if a in FORM.values()]


def events(*changes: Row) -> list[dict[str, object]]:
    entries = conform_rows(platform(FORM), "form", BATCH, table_of(rows(GOOD_FORM, *changes), FORM)).entries
    assert entries is not None
    found: list[dict[str, object]] = entries.to_pylist()
    return found


def event(attribute: str, change: Row) -> dict[str, object]:
    (found,) = [e for e in events(change) if e["attribute_code"] == attribute]
    return found


def test_each_attribute_typed_is_an_event() -> None:
    found = events({})
    assert [e["attribute_code"] for e in found] == ASKED
    assert found[0]["entry_id"] == "civil_aid:form:R0:person_name"
    assert {e["record_id"] for e in found} == {"civil_aid:form:R0"}
    assert {e["case_no"] for e in found} == {"C1"}


@pytest.mark.parametrize("blank", [None, "", "　", "-", "NULL"])
def test_nothing_typed_is_no_event(blank: str | None) -> None:
    assert [e["attribute_code"] for e in events({"电话": blank})] == [a for a in ASKED if a != "phone"]


VALUES = [
    ("person_name", "姓名", "张三", "张三", False),
    ("person_name", "姓名", "张三　", "张三", True),
    ("person_name", "姓名", "张三（户主）", "张三", True),
    ("cert_no", "证件号码", "11010519491231002x", "11010519491231002X", True),
    ("sex_code", "性别", "男", "1", True),
    ("birth_date", "出生日期", "1949-12-31", "1949-12-31", False),
    ("birth_date", "出生日期", "1949年12月31日", "1949-12-31", True),
    ("birth_date", "出生日期", " 不详", "不详", True),  # can't be read: what was typed, folded
    ("household_size", "人口", "3.0", "3", True),
]


@pytest.mark.parametrize(("attribute", "source", "raw", "value", "variant"), VALUES)
def test_values(attribute: str, source: str, raw: str, value: str, variant: bool) -> None:
    found = event(attribute, {source: raw})
    assert (found["value_raw"], found["value"], found["is_variant_spelling"]) == (raw, value, variant)


MODES = [
    ("手工", None, "manual"),
    ("手工", "phone", "prefill_accepted"),
    ("手工", "address, phone", "prefill_accepted"),
    ("手工", "address、电话", "prefill_accepted"),
    ("手工", "address", "manual"),
    ("手工", "telephone", "manual"),
    ("导入", "phone", "import"),
]


@pytest.mark.parametrize(("mode", "prefilled", "expected"), MODES)
def test_modes(mode: str, prefilled: str | None, expected: str) -> None:
    assert event("phone", {"方式": mode, "预填": prefilled})["mode_code"] == expected


def test_rows_set_aside_have_no_events() -> None:
    found = events({}, {"社区": None}, {"姓名": "测试"}, {})
    assert {e["landed_row"] for e in found} == {0, 3}


def test_two_versions_of_one_form_are_told_apart() -> None:
    found = [e for e in events({"编号": "A"}, {"编号": "A", "电话": "13900002222"}) if e["attribute_code"] == "phone"]
    assert [(e["entry_id"], e["landed_row"]) for e in found] == [
        ("civil_aid:form:A:phone", 0),
        ("civil_aid:form:A:phone", 1),
    ]
