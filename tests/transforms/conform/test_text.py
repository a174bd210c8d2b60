"""Folding text: what machines add around a value goes, what people mean stays."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.conform import text
from transforms.conform.text import Traits, fold, traits

FOLDED = [
    ("张三", "张三"),
    (" 张三\t", "张三"),
    ("张三\u00a0", "张三"),
    ("\u3000张三", "张三"),
    ("张\u200b三\ufeff", "张三"),
    ("４３９９０１Ｘ", "439901X"),
    ("（大）", "(大)"),
    ("张\x00三\x7f", "张三"),
    ("①栋", "1栋"),
    ("張昇〇", "張昇〇"),
    ("\ue000", "\ue000"),  # private use: a rare character that some font knows
    ("", None),
    ("  ", None),
    ("－", None),
    ("NULL", None),
    (r"\N", None),
    ("无", "无"),
    (None, None),
]


@pytest.mark.parametrize(("raw", "expected"), FOLDED)
def test_fold(raw: str | None, expected: str | None) -> None:
    assert fold(pa.array([raw], pa.string())).to_pylist() == [expected]


def test_free_text_keeps_its_width() -> None:
    column = pa.array([" 好（非常）！\u200b"], pa.string())
    assert fold(column, keep_width=True).to_pylist() == ["好（非常）！"]


def test_a_slice_is_looked_at_alone() -> None:
    column = pa.array(["ａ ", "b"], pa.string())
    assert traits(column.slice(1)) == Traits(spaced=False, controlled=False, wide=False)
    assert fold(column.slice(1)).to_pylist() == ["b"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=20))
def test_folding_twice_is_folding_once(values: list[str | None]) -> None:
    once = fold(pa.array(values, pa.string()))
    assert fold(once).equals(once)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_kernels_that_are_skipped_were_not_needed(values: list[str]) -> None:
    """Each value folded alone, whatever its neighbours made necessary, comes out as with every kernel run."""
    column = pa.array(values, pa.string())
    full = pc.replace_substring_regex(column, text._CONTROL, "")
    full = pc.utf8_normalize(pc.replace_substring_regex(full, text._INVISIBLE, ""), "NFKC")
    full = pc.utf8_trim_whitespace(full)
    expected = [None if value in text.PLACEHOLDERS else value for value in full.to_pylist()]
    assert fold(column).to_pylist() == expected
    assert [fold(pa.array([value], pa.string()))[0].as_py() for value in values] == expected
