"""Every kind of rule as a predicate: which values break it."""

from __future__ import annotations

from itertools import count

import pyarrow as pa
import pytest
from sqlalchemy import Column

from schemas.columns import DATE, INT, METADATA, TEXT, TIME, Tier, column, meta_of, table
from schemas.rules import (
    Between,
    Castable,
    DigitsKept,
    InCodes,
    InRegions,
    Matches,
    NotBefore,
    NotTestRecord,
    Required,
    Rule,
    ValidIdentityNumber,
)
from schemas.tables.intake import PROGRAM_STREAMS
from transforms.conform.cleaning import cleaning_sql, relation_name, relation_schema
from transforms.conform.engine import engine
from transforms.quality.rowchecks import broken_bits_sql, compile_checks, literal, quoted, reason_code

NUMBERS = count()
CASES: list[tuple[Rule, object, list[str | None], list[str | None]]] = [
    (Required(), TEXT, ["a", "0"], [None]),
    (Castable(), INT, ["3", "3.0", None, "**"], ["x", "3.5"]),
    (Castable(), DATE, ["2026-07-01", None, "1990-**-**"], ["2026-02-30", "不详"]),
    (Castable(), TIME, ["2026-07-01 08:00", None], ["不详"]),
    (InCodes(codes="sex"), TEXT, ["1", "9", None], ["男", "", "01"]),
    (Between(low=1, high=20), INT, ["1", "20", None, "x"], ["0", "21", "-1"]),
    (Between(low=0), INT, ["0", "999"], ["-1"]),
    (Between(high="2026-12-31"), DATE, ["2026-12-31"], ["2027-01-01"]),
    (Between(low="2015-01-01"), TIME, ["2015-01-01 00:00:00", "2014-12-31T16:00:00Z"], ["2014-12-31 23:59:59"]),
    (Matches(pattern=r"1\d{10}|0\d{9,11}"), TEXT, ["13800001111", "073188881234", "138****1111", None],
     ["1380000111", "x13800001111", "13800001111 "]),
    (Matches(pattern="it's"), TEXT, ["it's"], ["its"]),
    (InRegions(), TEXT, ["430102001001", "430000000000", None], ["999999000000", "本社区"]),
    (DigitsKept(), TEXT, ["11010519491231002X", None], ["4.39901E+17", "439901199001011000"]),
    (NotTestRecord(), TEXT, ["张三", None], ["测试", "test", "张三1"]),
]  # fmt: skip


def broken(rule: Rule, type_: object, values: list[str | None], other: Column[object] | None = None,
           others: list[str | None] | None = None) -> list[bool]:  # fmt: skip
    """Which values of a column under test break its rule, through the statement that conform runs."""
    columns = [column("tested", type_, "测", "tested", rules=(rule,))] + ([other] if other is not None else [])
    tested = table(
        f"core_tested_{next(NUMBERS)}", *columns, zh="测", en="tested", grain="", tier=Tier.VAULT, key=("tested",)
    )
    try:
        schema = relation_schema.__wrapped__(tested)
        columns_of = {"_at": pa.array(range(len(values))), "tested": pa.array(values, pa.string())}
        columns_of |= {other.name: pa.array(others, pa.string())} if other is not None else {}
        rows = pa.table([columns_of[name] for name in schema.names], schema=schema)
        found = engine().run(cleaning_sql(tested, "Asia/Shanghai", {}), relation_name(tested), rows).sort_by("_at")
        return [bool(bits & 1) for bits in found["_broken"].to_pylist()]
    finally:
        METADATA.remove(tested)


@pytest.mark.parametrize(
    ("rule", "type_", "holding", "breaking"), CASES, ids=lambda value: getattr(value, "name", None)
)
def test_rule(rule: Rule, type_: object, holding: list[str | None], breaking: list[str | None]) -> None:
    values = holding + breaking
    expected = {value: value in breaking for value in values}
    assert dict(zip(values, broken(rule, type_, values), strict=True)) == expected


def test_not_before() -> None:
    values = ["2026-07-02", "2026-07-01", "2026-06-30", None]
    other = column("opened_at", TIME, "开", "opened")
    assert broken(NotBefore(other="opened_at"), TIME, values, other, ["2026-07-01"] * 4) == [False, False, True, False]


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        (None, "11010519491231002X", False),
        (None, "110105194912310021", True),
        (None, "110***********0021", False),
        (None, "E12345678", True),
        (None, None, False),
        ("111", "E12345678", True),
        ("414", "E12345678", False),
        ("553", "USA123456789012", False),
        ("810", "810000199408230021", False),
    ],
)
def test_the_check_digit_is_asked_of_the_certificates_that_have_one(
    kind: str | None, number: str | None, expected: bool
) -> None:
    other = column("cert_type_code", TEXT, "证件类型", "certificate type")
    assert broken(ValidIdentityNumber(), TEXT, [number], other, [kind]) == [expected]


@pytest.mark.parametrize("stream", PROGRAM_STREAMS)
def test_every_declared_rule_is_a_check_in_order_with_a_code_of_its_own(stream: str) -> None:
    tested = PROGRAM_STREAMS[stream]
    ours = ("record_id", "platform_id", "batch_id", "landed_row")
    declared = [reason_code(tested, c.name, r) for c in tested.columns if c.name not in ours for r in meta_of(c).rules]
    assert [check.code for check in compile_checks(tested)] == declared
    assert len(set(declared)) == len(declared)


def test_no_check_is_no_bit() -> None:
    assert broken_bits_sql(()) == "0"


@pytest.mark.parametrize("hostile", ["'; DROP TABLE x; --", '"', "a''b", "\\"])
def test_quoting_keeps_hostile_text_text(hostile: str) -> None:
    row = engine().con.execute(f"SELECT {literal(hostile)} AS {quoted(hostile)}").to_arrow_table()
    assert row.to_pylist() == [{hostile: hostile}]
