"""Every reason code that a row check can give has words; numbers read as people write them."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from reports.dictionary import dictionary_context
from reports.read import figure, number, percent
from reports.wording import reason
from schemas.catalogue import PROGRAM_TABLES
from schemas.columns import meta_of

CODES = [
    f"{name.removeprefix('core_')}.{col.name}.{rule.name}".upper()
    for name, tab in PROGRAM_TABLES.items()
    for col in tab.columns
    for rule in meta_of(col).rules
]


@pytest.mark.parametrize("code", CODES)
def test_reason_code_has_words(code: str) -> None:
    words = reason(code)
    assert words.where
    assert words.dimension
    assert words.rule != code


def test_unknown_reason_stands_for_itself() -> None:
    assert reason("X.Y.Z").rule == "X.Y.Z"


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (1234567, "1,234,567"), (0.5, "0.5000")])
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.12345, "12.3%"), (1, "100.0%")])
def test_percent(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_figure_without_interval_or_note_prints_neither() -> None:
    row = {"unit": "ratio", "value": 0.5, "lower": None, "upper": None, "numerator": 1, "denominator": 2, "note": None}
    cells = figure(row)
    assert (cells["value"], cells["interval"], cells["note"]) == ("50.0%", "", "")


@pytest.mark.parametrize("declared", PROGRAM_TABLES.values(), ids=list(PROGRAM_TABLES))
def test_dictionary_lists_every_column(declared: Table) -> None:
    entry = next(t for t in dictionary_context()["tables"] if t["name"] == declared.name)
    assert [c["name"] for c in entry["columns"]] == [c.name for c in declared.columns]
