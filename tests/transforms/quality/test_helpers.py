"""Helper columns against known numbers, and against the row checks' SQL, with which they share nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.arrow import arrow_schema
from schemas.tables.intake import FORM
from tests.transforms.conform.cleaning import clean
from transforms.quality.helpers import helper_columns, identity_is_valid

NUMBERS = [
    ("11010519491231002X", 1.0, 1.0),
    ("440524188001010014", 1.0, 1.0),
    ("110105194912310021", 0.0, 1.0),
    ("11010519490231002X", 0.0, 1.0),
    ("439901199001011000", 0.0, 0.0),
    ("4.39901E+17", 0.0, 0.0),
    ("E12345678", 0.0, 1.0),
    ("USA123456789012", None, 1.0),
    ("110***********002X", None, None),
    (None, None, None),
]


def form(**columns: list[str | None]) -> pa.Table:
    count = len(next(iter(columns.values())))
    empty = {field.name: pa.nulls(count, field.type) for field in arrow_schema(FORM)}
    return pa.table(empty | {name: pa.array(values, pa.string()) for name, values in columns.items()})


def verdicts(name: str, rows: pa.Table) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in helper_columns(FORM, rows)[name]]


@pytest.mark.parametrize(("number", "valid", "kept"), NUMBERS)
def test_certificate_numbers(number: str | None, valid: float | None, kept: float | None) -> None:
    rows = form(cert_no=[number])
    assert verdicts("cert_no__check_digit", rows) == [valid]
    assert verdicts("cert_no__digits_lost", rows) == [kept]


def test_other_certificates_are_not_judged() -> None:
    rows = form(cert_no=["E12345678"] * 3, cert_type_code=["414", "111", None])
    assert verdicts("cert_no__check_digit", rows) == [None, 0.0, 0.0]


def test_regions() -> None:
    rows = form(community_code=["430102001001", "999999000000", None])
    assert verdicts("community_code__region", rows) == [1.0, 0.0, None]


DIGITS = st.text("0123456789", min_size=17, max_size=17)
DATED = st.builds(lambda a, d, b: f"{a}{d:%Y%m%d}{b}", st.text("0123456789", min_size=6, max_size=6), st.dates(),
                  st.text("0123456789", min_size=3, max_size=3))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(DIGITS, DATED), min_size=1, max_size=30))
def test_numpy_and_sql_agree_on_every_check_digit(bodies: list[str]) -> None:
    numbers = [body + check for body in bodies for check in "0123456789X"]
    ours = ["true" if valid else "false" for valid in identity_is_valid(pa.array(numbers, pa.string()))]
    assert ours == clean("is_valid_identity_number(x)", list(numbers))
