"""A landed stream becomes canonical tables: every row somewhere, exact schemas, the same bytes again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.arrow import arrow_schema
from schemas.catalogue import PROGRAM_TABLES
from schemas.errors import ContractBroken, Unbalanced
from schemas.platform_file import Platform
from schemas.receipts import Conformed, ConformedStream
from tests.transforms.conform.landing import (
    BATCH,
    COMMUNITY,
    FORM,
    GOOD_FORM,
    GOOD_USAGE,
    USAGE,
    Row,
    land,
    platform,
    rows,
    table_of,
)
from transforms.conform.platform import conform_platform, require_balance
from transforms.conform.stream import conform_rows


def conform(
    home: Path, records: list[Row], source: Platform | None = None
) -> tuple[ConformedStream, dict[str, pa.Table]]:
    source = source or platform(FORM)
    receipt = conform_platform(source, land(home, source, records), home).streams[0]
    paths = receipt.tables | {"ctl_quarantine": receipt.quarantine_path}
    return receipt, {name: pq.ParquetFile(home / path).read() for name, path in paths.items()}


def test_a_good_form_is_canonical(tmp_path: Path) -> None:
    receipt, tables = conform(tmp_path, [GOOD_FORM])
    (row,) = tables["core_form"].to_pylist()
    assert receipt.accepted == 1
    assert row["record_id"] == "civil_aid:form:F1"
    assert (row["platform_id"], row["batch_id"], row["landed_row"]) == ("civil_aid", BATCH, 0)
    assert (row["person_name"], row["sex_code"], row["mode_code"]) == ("张三", "1", "manual")
    assert row["entered_at"] == datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
    assert str(row["birth_date"]) == "1949-12-31"
    assert row["household_size"] == 3
    assert row["occupation"] is None


def test_tables_have_the_declared_schemas_to_the_zone(tmp_path: Path) -> None:
    broken = GOOD_FORM | {"编号": "F2", "社区": None}
    for records in ([], [GOOD_FORM], [broken], [GOOD_FORM, broken]):
        _, tables = conform(tmp_path, records)
        for name, table in tables.items():
            assert table.schema.equals(arrow_schema(PROGRAM_TABLES[name])), name


REASONS: list[tuple[Row, str, str]] = [
    ({"社区": None}, "quarantine", "FORM.COMMUNITY_CODE.REQUIRED"),
    ({"社区": "　"}, "quarantine", "FORM.COMMUNITY_CODE.REQUIRED"),
    ({"社区": "本社区"}, "quarantine", "FORM.COMMUNITY_CODE.REGION"),
    ({"编号": ""}, "quarantine", "FORM.SOURCE_KEY.REQUIRED"),
    ({"录入时间": "不详"}, "quarantine", "FORM.ENTERED_AT.CAST"),
    ({"录入时间": None}, "quarantine", "FORM.ENTERED_AT.REQUIRED"),
    ({"录入时间": "2014-12-31 23:59:59"}, "quarantine", "FORM.ENTERED_AT.RANGE"),
    ({"方式": "待核实"}, "quarantine", "FORM.MODE_CODE.CODE"),
    ({"证件号码": "4.39901E+17"}, "quarantine", "FORM.CERT_NO.DIGITS_LOST"),
    ({"姓名": "测试"}, "drop", "FORM.PERSON_NAME.TEST_RECORD"),
    ({"姓名": "张三（测试）"}, "drop", "FORM.PERSON_NAME.TEST_RECORD"),
    ({"姓名": "测试", "编号": None}, "drop", "FORM.PERSON_NAME.TEST_RECORD"),
]


@pytest.mark.parametrize(("change", "disposition", "reason"), REASONS)
def test_a_broken_row_is_set_aside_with_its_reason(tmp_path: Path, change: Row, disposition: str, reason: str) -> None:
    receipt, tables = conform(tmp_path, rows(GOOD_FORM, {}, change))
    (row,) = tables["ctl_quarantine"].to_pylist()
    assert (row["disposition_code"], row["reason_code"]) == (disposition, reason)
    assert {"quarantine": receipt.quarantined, "drop": receipt.dropped}[disposition] == {reason: 1}
    assert receipt.accepted == tables["core_form"].num_rows == 1
    assert (row["landed_row"], row["source_unit"], row["source_unit_row"]) == (1, "page 1", 1)


FLAGS: list[tuple[Row, str]] = [
    ({"证件号码": "110105194912310021"}, "FORM.CERT_NO.CHECK_DIGIT"),
    ({"性别": "其它情况"}, "FORM.SEX_CODE.CODE"),
    ({"出生日期": "1949-02-30"}, "FORM.BIRTH_DATE.CAST"),
    ({"电话": "8881234"}, "FORM.PHONE.PATTERN"),
    ({"人口": "0"}, "FORM.HOUSEHOLD_SIZE.RANGE"),
    ({"人口": "很多"}, "FORM.HOUSEHOLD_SIZE.CAST"),
]


@pytest.mark.parametrize(("change", "flag"), FLAGS)
def test_a_flag_is_counted_and_the_row_stays(tmp_path: Path, change: Row, flag: str) -> None:
    receipt, _ = conform(tmp_path, rows(GOOD_FORM, {}, change))
    assert (receipt.accepted, receipt.flagged) == (2, {flag: 1})


@pytest.mark.parametrize(
    "change",
    [
        {"证件号码": "110***********002X", "电话": "138****1111", "出生日期": "1949-**-**"},
        {"证件类型": "414", "证件号码": "E12345678"},
        {"证件类型": None, "证件号码": None, "性别": None, "电话": None},
    ],
)
def test_masked_foreign_and_absent_values_break_nothing(tmp_path: Path, change: Row) -> None:
    receipt, tables = conform(
        tmp_path, rows(GOOD_FORM, change), platform(FORM, masked=["cert_no", "phone", "birth_date"])
    )
    assert (receipt.accepted, receipt.flagged) == (1, {})
    assert tables["core_form"]["cert_no"].to_pylist() == [change["证件号码"]]


def test_the_raw_row_is_kept_whole_whatever_the_fields_are_called(tmp_path: Path) -> None:
    fields = FORM | {'a"b': "occupation", "Name": "employer", "NAME": "household_no"}
    record = GOOD_FORM | {"社区": None, 'a"b': '"; DROP TABLE x; --', "Name": "甲", "NAME": "乙\n"}
    _, tables = conform(tmp_path, [record], platform(fields))
    assert json.loads(tables["ctl_quarantine"]["raw_row"][0].as_py()) == record


def test_every_reason_is_listed_and_the_first_decides(tmp_path: Path) -> None:
    _, tables = conform(tmp_path, [GOOD_FORM | {"社区": None, "录入时间": "不详", "性别": "XX"}])
    (row,) = tables["ctl_quarantine"].to_pylist()
    assert row["reason_code"] == "FORM.COMMUNITY_CODE.REQUIRED"
    assert row["reason_codes"] == "FORM.SEX_CODE.CODE,FORM.COMMUNITY_CODE.REQUIRED,FORM.ENTERED_AT.CAST"


def test_what_holds_persons_is_for_its_owner_alone(tmp_path: Path) -> None:
    receipt, _ = conform(tmp_path, rows(GOOD_FORM, {}, {"社区": None}))
    paths = [*receipt.tables.values(), receipt.quarantine_path]
    assert {(tmp_path / path).stat().st_mode & 0o777 for path in paths} == {0o600}


def test_versions_of_one_record_in_a_batch_are_all_accepted(tmp_path: Path) -> None:
    receipt, tables = conform(tmp_path, [GOOD_FORM, GOOD_FORM | {"电话": "13900002222"}])
    assert receipt.accepted == 2
    assert tables["core_form"]["landed_row"].to_pylist() == [0, 1]


def test_a_required_column_that_is_not_sent_quarantines_every_row(tmp_path: Path) -> None:
    fields = {name: column for name, column in USAGE.items() if column != "action_code"}
    receipt, _ = conform(tmp_path, rows(GOOD_USAGE, {}, {}), platform(fields, "usage"))
    assert receipt.quarantined == {"USAGE_EVENT.ACTION_CODE.REQUIRED": 2}


def test_constants_stand_in_for_what_is_not_sent(tmp_path: Path) -> None:
    fields = {name: column for name, column in USAGE.items() if column != "action_code"}
    source = platform(fields, "usage", constants={"action_code": "view"})
    _, tables = conform(tmp_path, [GOOD_USAGE], source)
    assert tables["core_usage_event"]["action_code"].to_pylist() == ["view"]


def test_change_time_is_the_event_s_own_when_there_is_no_other(tmp_path: Path) -> None:
    _, tables = conform(tmp_path, [GOOD_USAGE | {"sj": "01/07/2026 08:00"}],
                        platform(USAGE, "usage", formats={"occurred_at": "%d/%m/%Y %H:%M"}))  # fmt: skip
    (row,) = tables["core_usage_event"].to_pylist()
    assert row["changed_at"] == row["occurred_at"] == datetime(2026, 7, 1, 0, 0, tzinfo=UTC)


def test_times_without_zone_are_read_in_the_platform_s_zone(tmp_path: Path) -> None:
    _, tables = conform(tmp_path, [GOOD_USAGE], platform(USAGE, "usage", zone="UTC"))
    assert tables["core_usage_event"]["occurred_at"][0].as_py() == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def test_a_mapped_field_that_was_not_landed_is_an_error(tmp_path: Path) -> None:
    source = platform(USAGE, "usage")
    landed = land(tmp_path, source, [GOOD_USAGE])
    with pytest.raises(ContractBroken, match="zh"):
        conform_platform(platform(USAGE | {"zh": "account_no"}, "usage"), landed, tmp_path)


def test_landed_files_that_lost_a_row_are_an_error(tmp_path: Path) -> None:
    source = platform(USAGE, "usage")
    landed = land(tmp_path, source, rows(GOOD_USAGE, {}, {}))
    path = tmp_path / landed.streams[0].files[0].path
    pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(Unbalanced):
        conform_platform(source, landed, tmp_path)


def test_a_receipt_that_does_not_add_up_is_an_error() -> None:
    with pytest.raises(Unbalanced):
        require_balance(ConformedStream("p", "form", "b", 3, 1, {"A": 1}, {}, {}, {}, ""))


def test_conforming_again_gives_the_same_bytes_and_receipt(tmp_path: Path) -> None:
    source = platform(FORM)
    records = rows(GOOD_FORM, *[{"姓名": f"张{n}", "社区": None if n % 7 == 0 else COMMUNITY} for n in range(500)])
    landed = land(tmp_path, source, records)
    folder = tmp_path / "conformed"
    seen = []
    for _ in range(2):
        conform_platform(source, landed, tmp_path)
        seen.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*")})
    assert seen[0] == seen[1]
    assert not [path for path in seen[0] if path.suffix == ".tmp"]
    receipt = Conformed.read(folder / "civil_aid" / BATCH / "conformed.json")
    assert receipt.streams[0].landed == 500


JUNK = st.one_of(
    st.none(), st.text(max_size=10), st.sampled_from(["测试", "4.39901E+17", "2026-07-01", "手工", COMMUNITY])
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(FORM, JUNK)), max_size=12))
def test_whatever_arrives_every_row_is_somewhere(records: list[Row]) -> None:
    found = conform_rows(platform(FORM), "form", BATCH, table_of(records, FORM))
    places = found.accepted["landed_row"].to_pylist() + found.aside["landed_row"].to_pylist()
    assert sorted(places) == list(range(len(records)))


def test_many_rows_keep_their_order_and_values(tmp_path: Path) -> None:
    """More rows than one scan's batch, on two threads: each row's cleaned values are still its own."""
    count = 40_000
    records = [GOOD_FORM | {"编号": f"F{n}", "姓名": f"王 {n % 90}", "人口": str(n % 20 + 1)} for n in range(count)]
    _, tables = conform(tmp_path, records)
    form = tables["core_form"]
    assert form["landed_row"].to_pylist() == list(range(count))
    assert form["person_name"].to_pylist() == [f"王{n % 90}" for n in range(count)]
    assert form["household_size"].to_pylist() == [n % 20 + 1 for n in range(count)]
