"""Facts: masks, tokens, surrogates, and nothing that identifies a person."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from schemas.catalogue import tables_of
from schemas.columns import Mask, Tier, meta_of
from schemas.facts import PROGRAM_FACTS
from tests.warehouse.batches import KEY, Batch, case, form, rating, sample, ticket, usage
from tests.warehouse.generation import build_up, rows
from warehouse.build import reopen_build
from warehouse.queries import query
from warehouse.tokens import tokens_of

MASKED = [
    ("mask_name", "欧阳试", "欧**"),
    ("mask_name", "王", "王"),
    ("mask_name", "买买提·试", "买****"),
    ("mask_name", None, None),
    ("mask_number", "439901199001010018", "439***********0018"),
    ("mask_number", "43990119900101123X", "439***********123X"),
    ("mask_number", "13900000001", "139****0001"),
    ("mask_number", "1234567", "*******"),
    ("mask_number", "", ""),
    ("mask_number", None, None),
    ("mask_year", date(1990, 12, 31), date(1990, 1, 1)),
    ("mask_year", None, None),
]


@pytest.mark.parametrize(("macro", "value", "masked"), MASKED)
def test_masks(macro: str, value: Any, masked: Any) -> None:
    with duckdb.connect() as con:
        con.execute(query("masks"))
        kind = "DATE" if macro == "mask_year" else "VARCHAR"
        assert con.execute(f"SELECT {macro}($v::{kind})", {"v": value}).fetchall() == [(masked,)]


def test_sm3_is_the_standards() -> None:
    """Example 1 of GB/T 32905-2016, appendix A."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert hashlib.new("sm3", b"abc").hexdigest() == expected


def test_tokens_are_keyed_and_bound_to_their_purpose() -> None:
    made = tokens_of(KEY, "phone", ["13900000001", "号"])
    expected = [hmac.digest(KEY, f"token:phone:{v}".encode(), "sm3")[:16].hex() for v in ("13900000001", "号")]
    assert made == [f"v1_{digest}" for digest in expected]
    assert tokens_of(KEY, "employer", ["号"]) != tokens_of(KEY, "occupation", ["号"])
    assert tokens_of(bytes(32), "phone", ["13900000001"])[0] != made[0]


def test_surrogates_follow_form_case_and_rating(home: Path) -> None:
    """Two platforms use the same keys; nothing may cross from one to the other."""
    beta = {
        "form": [form("f1", case_no="c1", cert_no=None)],
        "case": [case("c1", "f1")],
        "rating": [rating("r1", "c1", 3)],
    }
    pairs = [sample().write(home), Batch("beta", "b9", beta).write(home)]
    build_up(home, "r1", *pairs)
    with reopen_build(home, "r1") as build:
        person = {r["record_id"]: r["person_id"] for r in rows(build, "SELECT * FROM warehouse.link_person")}
        matter = {r["record_id"]: r["matter_id"] for r in rows(build, "SELECT * FROM warehouse.link_matter")}
        found = {
            r["record_id"]: (r.get("person_id"), r.get("matter_id"))
            for table in ("fact_form", "fact_case", "fact_rating", "fact_ticket")
            for r in rows(build, f"SELECT * FROM warehouse.{table}")
        }
        entries = rows(
            build,
            "SELECT DISTINCT record_id, person_id, matter_id FROM warehouse.fact_entry ORDER BY ALL",
        )
    assert found["alpha:form:f1"] == (person["alpha:form:f1"], None)
    assert found["alpha:case:c1"] == (person["alpha:form:f1"], matter["alpha:case:c1"])
    assert found["alpha:case:c2"] == (None, matter["alpha:case:c2"])
    assert found["beta:case:c1"] == (person["beta:form:f1"], matter["beta:case:c1"])
    assert found["alpha:rating:r1"] == (None, matter["alpha:case:c1"])
    assert found["alpha:rating:r2"] == (None, None)
    assert found["alpha:ticket:t1"] == (person["alpha:ticket:t1"], None)
    assert found["alpha:ticket:t2"] == (None, None)
    assert [tuple(r.values()) for r in entries] == [
        ("alpha:form:f1", person["alpha:form:f1"], matter["alpha:case:c1"]),
        ("alpha:form:f2", person["alpha:form:f2"], None),
        ("beta:form:f1", person["beta:form:f1"], matter["beta:case:c1"]),
    ]


def test_tokens_stand_where_values_were(home: Path) -> None:
    build_up(home, "r1", sample().write(home))
    with reopen_build(home, "r1") as build:
        phone = rows(
            build, "SELECT value_token AS t FROM warehouse.fact_entry WHERE attribute_code = 'phone' ORDER BY record_id"
        )
        accounts = rows(build, "SELECT account_no_token AS t FROM warehouse.fact_usage ORDER BY record_id")
    assert [r["t"] for r in phone] == tokens_of(KEY, "phone", ["13900000001", "0739-12"])
    assert [r["t"] for r in accounts] == [*tokens_of(KEY, "account_no", ["acc1", "acc1"]), None]


CANARIES: dict[str, Any] = {
    "person_name": "欧阳试探", "cert_no": "439901199001010018", "phone": "13911112222", "address": "试探路一号",
    "employer": "试探厂", "occupation": "试探工", "bank_account": "6222000011112222", "household_no": "HH-778899",
    "worker_no": "worker-77",
}  # fmt: skip


def test_nothing_that_identifies_a_person_is_in_the_warehouse_tier(home: Path) -> None:
    batch = Batch(
        "alpha",
        "b1",
        {
            "form": [form("f1", **CANARIES)],
            "ticket": [ticket("t1", CANARIES["person_name"], CANARIES["phone"]) | {"content_text": "试探内容"}],
            "rating": [rating("r1", "c1", 1) | {"comment_text": "试探评语"}],
            "usage": [usage("u1", "account-77")],
        },
    )
    build_up(home, "r1", batch.write(home))
    secrets = [*CANARIES.values(), "试探内容", "试探评语", "account-77"]
    with reopen_build(home, "r1") as build:
        text = "\n".join(str(rows(build, f"SELECT * FROM warehouse.{t.name}")) for t in tables_of(Tier.WAREHOUSE))
        held = "\n".join(str(rows(build, f"SELECT * FROM vault.{t.name}")) for t in tables_of(Tier.VAULT))
    assert [s for s in secrets if s not in held] == [], "the canaries must be in the vault, or the test tests nothing"
    assert [s for s in secrets if s in text] == []


def test_every_personal_column_is_masked_by_declaration() -> None:
    for source in PROGRAM_FACTS:
        kept = {c.name for c in source.fact.columns}
        dropped = {c.name for c in source.core.columns if meta_of(c).mask in (Mask.DROP, Mask.TOKEN)}
        assert not kept & dropped
