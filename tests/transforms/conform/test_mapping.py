"""Codes of a platform become canonical codes; what nobody listed stays for the row checks."""

from __future__ import annotations

import pyarrow as pa
import pytest

from transforms.conform.mapping import translate_codes

CODES = {"男": "1", "女": "2", "１０": "9", "1": "2"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("男", "1"), ("女", "2"), ("10", "9"), ("1", "2"), ("9", "9"), ("未知", "未知"), (None, None)],
)
def test_translate_codes(value: str | None, expected: str | None) -> None:
    assert translate_codes(pa.array([value, "男"], pa.string()), CODES).to_pylist() == [expected, "1"]
    assert translate_codes(pa.array([value], pa.string()), {"没有": "0"}).to_pylist() == [value]
