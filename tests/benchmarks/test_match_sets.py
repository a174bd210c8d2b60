"""The benchmark's own sets: what is folded, how texts are mistyped, and that a small set holds what it promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pypinyin import Style, lazy_pinyin

from benchmarks.match import chinese_typing as typing
from benchmarks.match.chinese import make_chinese
from benchmarks.match.clean import fold_names, fold_numbers, fold_phones, stated_birth_and_sex, valid_numbers
from benchmarks.match.residents import make_residents

VALID = "439901199001010011"


def column(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


@pytest.mark.parametrize(
    ("fold", "typed", "expected"),
    [
        (fold_names, "王　小明（代办）", "王小明"),
        (fold_names, "阿卜杜·热合曼", "阿卜杜热合曼"),
        (fold_names, "张*", "张*"),
        (fold_names, " ", None),
        (fold_numbers, "４３９901199001010011", VALID),
        (fold_numbers, "43990119900101002x", "43990119900101002X"),
        (fold_numbers, "439901900101001", "439901199001010011"),
        (fold_numbers, "439***********0011", "439***********0011"),
        (fold_numbers, "000000000000000000", None),
        (fold_phones, "+86 144 0636 1943", "14406361943"),
        (fold_phones, "144****1943", "144****1943"),
    ],
)
def test_folding(fold, typed: str, expected: str | None) -> None:
    assert fold(column(typed)).to_pylist() == [expected]


def test_a_number_is_valid_by_its_check_character_and_its_date() -> None:
    wrong_check, wrong_month = VALID[:-1] + "0", "439901199013010019"
    found = valid_numbers(column(VALID, wrong_check, wrong_month, "439***********0011", None))
    assert found.tolist() == [True, False, False, False, False]


def test_a_valid_number_states_birth_and_sex() -> None:
    birth, sex = stated_birth_and_sex(pa.array([VALID, VALID[:-1] + "0", None]))
    assert birth.to_pylist() == ["1990-01-01", None, None]
    assert sex.to_pylist() == ["1", None, None]


@pytest.mark.parametrize("with_tone", [True, False])
def test_substitutes_by_sound_sound_alike(with_tone: bool) -> None:
    rng = np.random.default_rng(1)
    before = np.array(["王芳", "李静", "陈建国"] * 50, dtype="U4")
    after = typing.replace_one(rng, before, np.zeros(len(before), np.int64), typing.by_sound(with_tone=with_tone))
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(changed) > 100
    for a, b in changed:
        assert lazy_pinyin(str(a)) == lazy_pinyin(str(b))
        assert (lazy_pinyin(str(a), style=Style.TONE3) == lazy_pinyin(str(b), style=Style.TONE3)) == with_tone


@pytest.mark.parametrize(
    ("by", "before", "after"),
    [(typing.by_form, "张国华", "張國華"), (typing.by_shape, "徐", "余"), (typing.by_form, "一一", "一一")],
)
def test_substitutes_by_shape_and_form(by, before: str, after: str) -> None:
    assert typing.replace_all(np.random.default_rng(1), np.array([before]), by()).tolist() == [after]


def test_keys_slip_to_another_syllable() -> None:
    slips = typing.by_key().draw(np.random.default_rng(1), np.full(40, ord("张")))
    sounds = {lazy_pinyin(chr(c))[0] for c in slips}
    assert "zhang" not in sounds
    assert sounds & {"zang", "zhan"}


def test_digits_change_in_one_place_or_swap() -> None:
    rng = np.random.default_rng(1)
    numbers = np.array([VALID] * 200)
    for text in typing.change_digit(rng, numbers, 6, 17):
        assert sum(a != b for a, b in zip(text, VALID, strict=True)) == 1
    for text in typing.swap_digits(rng, numbers, 6, 18):
        assert sorted(text) == sorted(VALID)
        assert sum(a != b for a, b in zip(text, VALID, strict=True)) in (0, 2)


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, pa.Table]:
    folder = tmp_path_factory.mktemp("chinese")
    make_chinese(folder, 4000, 7)
    return pq.read_table(folder / "records.parquet"), pq.read_table(folder / "truth.parquet")


def test_the_chinese_set_holds_what_it_promises(chinese: tuple[pa.Table, pa.Table]) -> None:
    records, truth = chinese
    assert records["record_id"].to_pylist() == truth["record_id"].to_pylist()
    assert 0.4 < records["id_no"].null_count / records.num_rows < 0.6
    assert sum(n >= 0 for n in truth["twins"].to_pylist()) > 20
    assert sum(n >= 0 for n in truth["namesakes"].to_pylist()) > 4
    names = records["name"].to_pylist()
    assert sum("*" in name for name in names) > 50
    assert any(name.isascii() for name in names)
    assert not {"entity_id", "twins", "truth"} & set(records.column_names)


def test_names_of_one_person_differ_but_not_too_often(chinese: tuple[pa.Table, pa.Table]) -> None:
    records, truth = chinese
    together = records.append_column("entity_id", truth["entity_id"]).group_by("entity_id")
    table = together.aggregate([("name", "count_distinct"), ("name", "count")]).to_pydict()
    several = [d for d, n in zip(table["name_count_distinct"], table["name_count"], strict=True) if n > 2]
    assert 0.2 < np.mean([d > 1 for d in several]) < 0.7


def test_residents_and_their_truth_are_one_for_one(tmp_path: Path) -> None:
    make_residents(tmp_path, 1600, 2)
    records, truth = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("records", "truth"))
    assert sorted(records["record_id"].to_pylist()) == sorted(truth["record_id"].to_pylist())
    assert len(set(truth["record_id"].to_pylist())) == truth.num_rows
    assert {"name", "id_no", "birth_date", "sex", "phone", "address", "community"} <= set(records.column_names)
    assert valid_numbers(records["id_no"]).mean() > 0.7
