"""Rows of a project's own kind: cleaned, typed, checked and judged by what its table file says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas import project
from schemas.arrow import arrow_schema
from schemas.columns import ZONE
from schemas.streams import stream_tables
from tests.conftest import PROJECT
from tests.schemas.own_project import FILES, VISIT, in_use, write_project
from tests.transforms.conform.landing import BATCH, platform, table_of
from transforms.conform.stream import ConformedRows, conform_rows
from transforms.quality.gate import judge
from transforms.quality.suites import suite_of

FIELDS = {
    "bh": "source_key", "gxsj": "changed_at", "zfr": "visitor_name", "dh": "contact_phone", "zjhm": "cert_no",
    "sy": "topic_code", "sq": "community_code", "sc": "minutes", "kssj": "started_at", "jssj": "ended_at",
    "xc": "next_date", "zj": "is_at_home", "bz": "remark_text",
}  # fmt: skip
GOOD: dict[str, Any] = {name: VISIT[name] for name in FIELDS} | {"sy": "1"}


@pytest.fixture(scope="module", autouse=True)
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project with ``visit`` among its tables."""
    with in_use(write_project(tmp_path_factory.mktemp("own"))) as root:
        yield root


def conform(*changes: dict[str, Any]) -> ConformedRows:
    records = [GOOD | {"bh": f"V{n}"} | change for n, change in enumerate(changes)]
    return conform_rows(platform(FIELDS, "visit"), "visit", BATCH, table_of(records, FIELDS))


def test_values_are_brought_into_their_canonical_form() -> None:
    rows = conform({"zfr": " 欧阳 试 ", "dh": "+86 139-0000-0001", "zjhm": "43990119900101001１", "bz": "（独居）"})
    (row,) = rows.accepted.to_pylist()
    assert rows.accepted.schema.equals(arrow_schema(stream_tables()["visit"]))
    assert row["record_id"] == "civil_aid:visit:V0"
    assert (row["visitor_name"], row["contact_phone"]) == ("欧阳试", "13900000001")
    assert (row["cert_no"], row["minutes"], row["is_at_home"]) == ("439901199001010011", 30, True)
    assert row["started_at"] == datetime(2026, 7, 1, 9, tzinfo=ZoneInfo(ZONE))
    assert (row["next_date"], row["remark_text"]) == (date(2026, 8, 1), "（独居）")
    assert rows.entries is None


ASIDE = [
    # what is wrong, the fate of the row, the reason
    ({"bh": None}, "quarantine", "VISIT.SOURCE_KEY.REQUIRED"),
    ({"zfr": None}, "quarantine", "VISIT.VISITOR_NAME.REQUIRED"),
    ({"zfr": "测试"}, "drop", "VISIT.VISITOR_NAME.TEST_RECORD"),
    ({"sy": "3"}, "quarantine", "VISIT.TOPIC_CODE.CODE"),
    ({"sq": "430102999999"}, "quarantine", "VISIT.COMMUNITY_CODE.REGION"),
    ({"sc": "0"}, "quarantine", "VISIT.MINUTES.RANGE"),  # rules/visit.yml, in the place of the table's flag
    ({"kssj": "昨天"}, "quarantine", "VISIT.STARTED_AT.CAST"),
    ({"kssj": "1999-01-01 08:00:00"}, "quarantine", "VISIT.STARTED_AT.RANGE"),
    ({"jssj": "2026-07-01 08:59:59"}, "quarantine", "VISIT.ENDED_AT.ORDER"),
    ({"zjhm": "4.39901199001E+17"}, "quarantine", "VISIT.CERT_NO.DIGITS_LOST"),
]


@pytest.mark.parametrize(("change", "fate", "reason"), ASIDE, ids=[a[2] for a in ASIDE])
def test_a_row_that_breaks_a_rule_is_set_aside_with_its_reason(
    change: dict[str, Any], fate: str, reason: str
) -> None:
    rows = conform(change, {})
    (aside,) = rows.aside.to_pylist()
    assert (aside["disposition_code"], aside["reason_code"], aside["stream"]) == (fate, reason, "visit")
    assert rows.accepted["source_key"].to_pylist() == ["V1"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sc": "半天"}, "VISIT.MINUTES.CAST"),
        ({"zj": "不详"}, "VISIT.IS_AT_HOME.CAST"),
        ({"xc": "下周"}, "VISIT.NEXT_DATE.CAST"),
        ({"zjhm": "439901199001010012"}, "VISIT.CERT_NO.CHECK_DIGIT"),  # there is no column for another kind of number
    ],
)
def test_a_flagged_row_is_accepted_and_counted(change: dict[str, Any], reason: str) -> None:
    rows = conform(change, {})
    assert rows.routing.flagged == {reason: 1}
    assert rows.accepted.num_rows == 2


def test_both_readings_of_the_rules_agree() -> None:
    """What the row checks accepted, the suite does not stop; what they flagged, it sees too."""
    table = stream_tables()["visit"]
    changes = [change for change, *_ in ASIDE] + [{"zjhm": "439901199001010012"}, {"zjhm": "4399**********0011"}]
    rows = conform(*changes, *({} for _ in range(20)))
    results = {r["check_id"]: r for r in judge(table, rows.accepted)}
    assert [r for r in results.values() if not r["success"]] == []
    assert results["VISIT.CERT_NO.CHECK_DIGIT"]["unexpected_count"] == 1
    judged = {e.check_id for e in suite_of(table)}
    assert {"VISIT.MINUTES.RANGE", "VISIT.TOPIC_CODE.CODE", "VISIT.COMMUNITY_CODE.REGION"} <= judged <= set(results) | {
        "VISIT.FORM_KEY.REQUIRED"
    }


DATES = """          next_date:
            type: date
            title:
              zh: 下次走访
              en: next visit
            rules:
              - between:
                  low: 2026-01-01
                  high: 2026-12-31
              - not_before: asked_date
          asked_date:
            type: date
            title:
              zh: 约定日期
              en: day agreed on
          order:  # a word of SQL
            type: number
            title:
              zh: 温度
              en: temperature
            rules:
              - required
              - between:
                  low: -40.5
          user:
            type: yes_no
            title:
              zh: 新增
              en: new
            rules:
              - required
"""


def test_rules_of_every_type_are_read_alike_by_both(own: Path, tmp_path: Path) -> None:
    """Days, numbers and truth values, which none of the program's tables asks as much of."""
    visit = FILES["tables/visit.yml"]
    begin, end = visit.index("          next_date:\n"), visit.index("          is_at_home:\n")
    fields = FIELDS | {"yd": "asked_date", "wd": "order", "xz": "user"}
    good = GOOD | {"yd": "2026-07-31", "wd": "36.5", "xz": "否"}
    wrong = {
        "VISIT.NEXT_DATE.RANGE": {"xc": "2025-12-31", "yd": None},
        "VISIT.NEXT_DATE.ORDER": {"xc": "2026-07-30"},
        "VISIT.ORDER.REQUIRED": {"wd": None},
        "VISIT.ORDER.CAST": {"wd": "热"},
        "VISIT.ORDER.RANGE": {"wd": "-41"},
        "VISIT.USER.REQUIRED": {"xz": None},
        "VISIT.USER.CAST": {"xz": "不详"},
    }
    changes = [*wrong.values(), {"xc": None}, {"yd": None}, *({} for _ in range(9))]
    records = [good | {"bh": f"V{n}"} | change for n, change in enumerate(changes)]
    with in_use(write_project(tmp_path, {"tables/visit.yml": visit[:begin] + DATES + visit[end:]})):
        rows = conform_rows(platform(fields, "visit"), "visit", BATCH, table_of(records, fields))
        results = judge(stream_tables()["visit"], rows.accepted)
    project.use(own)
    assert rows.aside["reason_code"].to_pylist() == list(wrong)
    assert rows.accepted.num_rows == len(records) - len(wrong)
    assert [r for r in results if not r["success"]] == []
    assert {"VISIT.NEXT_DATE.RANGE", "VISIT.NEXT_DATE.ORDER", "VISIT.ORDER.RANGE"} <= {r["check_id"] for r in results}


def test_the_projects_rule_is_a_check_of_the_programs_form() -> None:
    fields = {"bh": "source_key", "xm": "person_name", "dh": "phone", "sq": "community_code", "sj": "entered_at"}
    base = {"xm": "欧阳试", "sq": "430102001001", "sj": "2026-07-01 08:00:00"}
    records = [base | {"bh": f"F{n}", "dh": phone} for n, phone in enumerate(("13900000001", "12900000001", "129"))]
    source = platform(fields, "form", constants={"mode_code": "manual"})
    rows = conform_rows(source, "form", BATCH, table_of(records, fields))
    assert rows.routing.flagged == {"FORM.PHONE.PATTERN": 1, "FORM.PHONE.NETWORK": 2}
    assert rows.entries is not None
    results = {r["check_id"]: r["unexpected_count"] for r in judge(stream_tables()["form"], rows.accepted)}
    assert (results["FORM.PHONE.PATTERN"], results["FORM.PHONE.NETWORK"]) == (1, 2)


def test_the_next_project_knows_neither_rule_nor_list(own: Path) -> None:
    fields = {"bh": "source_key", "xm": "person_name", "dh": "phone", "sq": "community_code", "sj": "entered_at"}
    record = {"bh": "F1", "xm": "欧阳试", "dh": "12900000001", "sq": "430102001001", "sj": "2026-07-01 08:00:00"}
    source = platform(fields, "form", constants={"mode_code": "manual"})
    project.use(PROJECT)
    try:
        rows = conform_rows(source, "form", BATCH, table_of([record], fields))
        assert rows.routing.flagged == {}
        assert "visit" not in stream_tables()
    finally:
        project.use(own)
