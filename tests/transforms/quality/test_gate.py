"""The gate: it agrees with the row checks, stops what is broken, and keeps no value of any record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Table

from schemas.arrow import arrow_schema
from schemas.receipts import Conformed, Gated
from schemas.rules import Castable, Severity
from schemas.tables.control import QUALITY_RESULT
from schemas.tables.intake import ENTRY_EVENT, FORM, PROGRAM_STREAMS
from tests.transforms.conform.landing import FORM as FIELDS
from tests.transforms.conform.landing import GOOD_FORM, Row, land, platform, rows
from transforms.conform.platform import conform_platform
from transforms.quality.gate import MANY_LANDED, RESULT_FORMAT, gate_line, judge, validate
from transforms.quality.rowchecks import compile_checks
from transforms.quality.suites import suite_of

CANARY = "金丝雀4399"
SLOPPY: list[Row] = [
    {"证件号码": "110105194912310021"},
    {"证件号码": "110***********0021", "电话": "138****1111"},
    {"证件类型": "414", "证件号码": "E12345678"},
    {"性别": CANARY},
    {"性别": CANARY, "电话": CANARY},
    {"电话": "8881234", "人口": "99"},
    {"社区": None},
    {"姓名": "测试"},
    {},
    {"性别": None, "电话": None, "人口": None, "证件号码": None},
]


@pytest.fixture(scope="module")
def conformed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Conformed]:
    home = tmp_path_factory.mktemp("home")
    source = platform(FIELDS)
    return home, conform_platform(source, land(home, source, rows(GOOD_FORM, *(SLOPPY * 3))), home)


def accepted(conformed: tuple[Path, Conformed], name: str = "core_form") -> pa.Table:
    home, receipt = conformed
    return pq.ParquetFile(home / receipt.streams[0].tables[name]).read()


def by_check(results: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {str(result["check_id"]): result for result in results}


def test_unexpected_counts_are_the_row_checks_flags(conformed: tuple[Path, Conformed]) -> None:
    flagged = conformed[1].streams[0].flagged
    found = by_check(judge(FORM, accepted(conformed)))
    flags = [c.code for c in compile_checks(FORM) if c.severity is Severity.FLAG and not isinstance(c.rule, Castable)]
    assert {code: found[code]["unexpected_count"] for code in flags if code in found} == {
        code: flagged.get(code, 0) for code in flags if code in found
    }
    assert {"FORM.CERT_NO.CHECK_DIGIT", "FORM.SEX_CODE.CODE", "FORM.PHONE.PATTERN", "FORM.HOUSEHOLD_SIZE.RANGE"} <= set(
        flagged
    )
    assert set(flagged) <= set(found)


def test_what_was_evaluated_leaves_out_nulls(conformed: tuple[Path, Conformed]) -> None:
    found = by_check(judge(FORM, accepted(conformed)))
    table = accepted(conformed)
    sexes = table.num_rows - table["sex_code"].null_count
    assert found["FORM.SEX_CODE.CODE"]["element_count"] == sexes
    assert found["FORM.SEX_CODE.CODE"]["unexpected_rate"] == pytest.approx(6 / sexes)
    assert found["FORM.PERSON_NAME.REQUIRED"]["element_count"] == table.num_rows
    assert "FORM.ETHNICITY_CODE.CODE" not in found, "nothing was sent, so nothing is judged"


def test_receipt_and_results(conformed: tuple[Path, Conformed]) -> None:
    home, receipt = conformed
    gated = gate_line("civil", [receipt], home, "q1")
    assert gated == Gated.read(home / "quality" / "civil" / "q1.json")
    results = pq.ParquetFile(home / gated.results_path).read()
    assert results.schema.equals(arrow_schema(QUALITY_RESULT))
    assert gated.passed
    assert gated.failed_stop == []
    assert set(gated.failed_warn) == {"FORM.CERT_NO.CHECK_DIGIT", "FORM.SEX_CODE.CODE", "FORM.PHONE.PATTERN",
                                      "FORM.HOUSEHOLD_SIZE.RANGE"}  # fmt: skip
    assert gated.evaluated == results.num_rows
    assert set(results["table_name"].to_pylist()) == {"core_form", "core_entry_event"}
    assert set(results["severity_code"].to_pylist()) == {"stop", "warn"}


ODD = (
    "测 试", "测\u3000试", "測试", "测·试", "测试(外网)", "（测试）", "()", "（）", "·", "・", "-", "—", "无", "null",
    "NULL", "N/A", "\u3000", "\u200b", "TEST", "ＴＥＳＴ", "t e s t", "张 三 1", "张三\u30001", "王五_2", "0", "００",
    "1e17", "4.39901E+17", "４．４Ｅ＋１７", "***", "2026-13-45", "2199-01-01 00:00:00", "0001-01-01", "true",
    "2026-07-01T08:00:00Z", "999999000000", "43 01 02", "待核实", "\ufeff", "\u0301", "𠮷", "a" * 300,
)  # fmt: skip
"""What people and their machines write where something else was meant."""


def test_no_odd_value_of_a_single_row_passes_the_row_checks_and_stops_the_gate(tmp_path: Path) -> None:
    """What a rule marked stop finds, its row check has set aside before: one reading of one rule, and no row holds up
    the batch that it came with."""
    source, odd = platform(FIELDS), [{name: value} for name in GOOD_FORM for value in ODD]
    receipt = conform_platform(source, land(tmp_path, source, rows(GOOD_FORM, *odd, *([{}] * len(odd)))), tmp_path)
    results = by_check(judge(FORM, accepted((tmp_path, receipt))))
    rules = {check.code for check in compile_checks(FORM)}
    stopped = {name for name, r in results.items() if not r["success"] and r["severity_code"] == "stop"}
    assert stopped & rules == set()
    assert receipt.streams[0].accepted > len(odd)


def _without(table: pa.Table, column: str) -> pa.Table:
    return table.drop_columns([column])


def _nulled(table: pa.Table, column: str) -> pa.Table:
    place = table.schema.get_field_index(column)
    return table.set_column(
        place, table.schema.field(column), pa.nulls(table.num_rows, table.schema.field(column).type)
    )


def _filled(table: pa.Table, column: str, value: object) -> pa.Table:
    field = table.schema.field(column)
    return table.set_column(
        table.schema.get_field_index(column), field, pa.array([value] * table.num_rows).cast(field.type)
    )


Breaking = Callable[[pa.Table], pa.Table]
BROKEN: list[tuple[Breaking, str]] = [
    (lambda t: t.slice(0, 0), "FORM.ROWS"),
    (lambda t: _without(t, "occupation"), "FORM.COLUMNS"),
    (lambda t: t.append_column("extra", pa.nulls(t.num_rows)), "FORM.COLUMNS"),
    (lambda t: pa.concat_tables([t, t.slice(0, 1)]), "FORM.UNIQUE_ROW"),
    (lambda t: _nulled(t, "community_code"), "FORM.COMMUNITY_CODE.REQUIRED"),
    (lambda t: _filled(t, "community_code", "999999000000"), "FORM.COMMUNITY_CODE.REGION"),
    (lambda t: _filled(t, "mode_code", "待核实"), "FORM.MODE_CODE.CODE"),
    (lambda t: _filled(t, "person_name", "测试"), "FORM.PERSON_NAME.TEST_RECORD"),
    (lambda t: _filled(t, "cert_no", "4.39901E+17"), "FORM.CERT_NO.DIGITS_LOST"),
    (lambda t: _filled(t, "entered_at", 0), "FORM.ENTERED_AT.RANGE"),
]


@pytest.mark.parametrize(("breaking", "check"), BROKEN, ids=[check for _, check in BROKEN])
def test_a_broken_table_is_stopped(conformed: tuple[Path, Conformed], breaking: Breaking, check: str) -> None:
    found = by_check(judge(FORM, breaking(accepted(conformed))))
    assert [name for name, r in found.items() if not r["success"] and r["severity_code"] == "stop"] == [check]


def test_a_stop_fails_the_line(conformed: tuple[Path, Conformed]) -> None:
    home, receipt = conformed
    path = home / receipt.streams[0].tables["core_form"]
    kept = path.read_bytes()
    try:
        pq.write_table(_nulled(accepted(conformed), "community_code"), path)
        gated = gate_line("civil", [receipt], home, "q2")
    finally:
        path.write_bytes(kept)
    assert not gated.passed
    assert gated.failed_stop == ["FORM.COMMUNITY_CODE.REQUIRED"]


def test_nothing_landed_is_nothing_to_judge(tmp_path: Path) -> None:
    source = platform(FIELDS)
    gated = gate_line("civil", [conform_platform(source, land(tmp_path, source, []), tmp_path)], tmp_path, "q3")
    assert (gated.passed, gated.evaluated) == (True, 0)


def test_nothing_accepted_of_many_landed_rows_is_a_stop(tmp_path: Path) -> None:
    source = platform(FIELDS)
    for count, failed in ((MANY_LANDED - 1, []), (MANY_LANDED, ["ENTRY_EVENT.ROWS", "FORM.ROWS"])):
        landed = land(tmp_path, source, rows(GOOD_FORM, *[Row({"社区": None})] * count))
        gated = gate_line("civil", [conform_platform(source, landed, tmp_path)], tmp_path, "q4")
        assert gated.failed_stop == failed


def _canaries(table: pa.Table) -> pa.Table:
    """Every text column that is judged holds the canary in every row."""
    names = [f.name for f in table.schema if pa.types.is_string(f.type) and not f.name.endswith("_id")]
    for name in names:
        table = _filled(table, name, CANARY)
    return table


@pytest.mark.parametrize("table", [FORM, ENTRY_EVENT], ids=lambda t: t.name)
def test_no_result_holds_a_value(conformed: tuple[Path, Conformed], table: Table) -> None:
    planted = _canaries(accepted(conformed, table.name))
    outcome = validate(table, planted, RESULT_FORMAT)
    assert not outcome.success
    assert CANARY not in json.dumps(outcome.to_json_dict(), ensure_ascii=False)
    assert CANARY not in json.dumps(judge(table, planted), ensure_ascii=False)


def test_the_canary_would_be_found(conformed: tuple[Path, Conformed]) -> None:
    """Without our options the library keeps values: the test above can fail."""
    careless = {"result_format": "BASIC"}
    outcome = validate(FORM, _canaries(accepted(conformed)), careless)
    assert CANARY in json.dumps(outcome.to_json_dict(), ensure_ascii=False)


def test_no_file_of_the_gate_holds_a_canary(conformed: tuple[Path, Conformed]) -> None:
    home, receipt = conformed
    assert pc.any(pc.equal(accepted(conformed)["sex_code"], CANARY)).as_py()
    gate_line("civil", [receipt], home, "q5")
    for path in (home / "quality").rglob("q5.*"):
        assert CANARY.encode() not in path.read_bytes()
        assert b"110105194912310021" not in path.read_bytes()


@pytest.mark.parametrize("table", [*PROGRAM_STREAMS.values(), ENTRY_EVENT], ids=lambda t: t.name)
def test_every_suite_runs_on_an_empty_table_without_an_error(table: Table) -> None:
    results = judge(table, arrow_schema(table).empty_table())
    assert not [r for r in results if r["observed_value"] == "raised an exception"]
    assert [r["check_id"] for r in results if not r["success"]] == [f"{table.name.removeprefix('core_').upper()}.ROWS"]


@pytest.mark.parametrize("table", [*PROGRAM_STREAMS.values(), ENTRY_EVENT], ids=lambda t: t.name)
def test_every_check_of_a_suite_has_an_id_of_its_own(table: Table) -> None:
    ids = [expected.check_id for expected in suite_of(table)]
    assert len(set(ids)) == len(ids)


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    rooms = "transforms.quality.gate, transforms.conform.platform"
    code = f"import sys, {rooms}; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
