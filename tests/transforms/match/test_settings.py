"""match.yml: what may be said, what is refused and where; columns of any type as text; guesses."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from schemas.errors import ConfigurationError
from tests.transforms.match.general_people import census
from transforms.match.config import Household, Pass
from transforms.match.derive.guess import guess
from transforms.match.derive.settings import Settings
from transforms.match.derive.settings_file import load_config
from transforms.match.derive.tables import as_text, encoded

HEAD = "id: rec_id\nfields:\n  first_name: person_name\n  last_name: {kind: person_name, nicknames: false}\n"


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "match.yml"
    path.write_text(text, "utf-8")
    return load_config(path)


def test_the_form_of_the_manual(tmp_path: Path) -> None:
    fields = (
        "{name: person_name_zh, id_no: identity_number, dob: date, phone: phone, address: address_zh, sex: category}"
    )
    settings = loaded(tmp_path, f"id: rec_id\nsource: platform            # optional\nfields: {fields}\n")
    assert settings.columns == ["rec_id", "platform", "name", "id_no", "dob", "phone", "address", "sex"]
    assert settings.fields["id_no"].kind == "identity_number"


def test_everything_can_be_overridden(tmp_path: Path) -> None:
    more = (
        "  date_of_birth: {kind: date, order: dmy, m: {equal: 0.8}}\n  sex: {kind: category, unknown: [0, 9]}\n"
        "passes:\n  - [first_name.sounds, date_of_birth.date]\n"
        "  - {features: [last_name.sounds], refine: [sex.value], max_block: 50, training: true}\n"
        "household: {features: [last_name.name]}\nexclusive: false\ncertain_field: last_name\n"
        "implies: {first_name: [sex]}\nthresholds: {link_probability: 0.9, possible: -2}\n"
    )
    settings = loaded(tmp_path, HEAD + more)
    config = settings.to_match_config(settings.prepare(census(20)[0]))
    assert config.passes == (
        Pass(("first_name.sounds", "date_of_birth.date"), max_block=100),
        Pass(("last_name.sounds",), ("sex.value",), 50, is_training=True),
    )
    assert config.household == Household(("last_name.name",))
    assert config.exclusive is None
    assert config.certain_field == "last_name"
    assert config.implies == {"first_name": ("sex",)}
    assert config.link_weight == pytest.approx(math.log2(9))
    assert config.possible_weight == -2
    assert config.fields[2].options == {"order": "dmy", "m": {"equal": 0.8}}
    assert config.fields[3].options == {"unknown": ("0", "9")}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "empty"),
        ("id: a\nfields: [\n", 3, "no YAML"),
        ("fields: {a: date}\n", 1, "Field required"),
        ("id: a\nfields:\n  b: nothing\n", 3, "no such kind: nothing; expected one of person_name_zh"),
        (
            "id: a\nfields:\n  b: date\n  c: {kind: date, ordr: dmy}\n",
            4,
            "no option ordr; did you mean order",
        ),
        ("id: a\nfields:\n  b: {kind: date, m: {same: 1}}\n", 3, "no level same; its levels: equal"),
        ("id: a\nfields: {b: date}\npasses:\n - [c.date]\n", 1, "not among fields: c"),
        ("id: a\nfields: {a: date}\n", 1, "can't be fields too"),
        ("id: a\nfields: {b: date}\nfeelds: 1\n", 3, "no such setting: feelds; did you mean fields"),
        ("id: a\nfields: {b: date}\nthresholds:\n  link_probability: 7\n", 4, "less than 1"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, text)
    assert said in str(caught.value)
    assert (f"match.yml:{line}" in caught.value.where) if line else caught.value.where.endswith("match.yml")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        load_config(tmp_path / "nothing.yml")


def test_missing_column_is_named() -> None:
    settings = Settings.model_validate({"id": "rec_id", "fields": {"colour": "category"}})
    with pytest.raises(ConfigurationError, match="no column colour"):
        settings.prepare(census(3)[0])


def test_freedom_from_duplicates_needs_a_source() -> None:
    given = {"id": "rec_id", "fields": {"last_name": "person_name"}, "duplicate_free": True}
    settings = Settings.model_validate(given)
    table = settings.prepare(census(3)[0])
    with pytest.raises(ConfigurationError, match="needs a source"):
        settings.to_match_config(table)


def test_only_named_columns_are_read() -> None:
    table = census(20)[0].append_column("truth", pa.array(["x"] * census(20)[0].num_rows))
    settings = Settings.model_validate({"id": "rec_id", "fields": {"last_name": "person_name"}})
    assert settings.prepare(table).column_names == ["rec_id", "last_name"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([" a ", "", None]), ["a", None, None]),
        (pa.array([12.0, 12.5, float("nan"), 1e9]), ["12", "12.5", None, "1000000000"]),
        (pa.array([20200131, None]), ["20200131", None]),
        (pa.array([date(2020, 1, 31)]), ["2020-01-31"]),
        (pa.array([datetime(2020, 1, 31, 8)]), ["2020-01-31"]),  # noqa: DTZ001
        (pa.array([Decimal("12.00")]), ["12"]),
        (pa.array([True, None]), ["true", None]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.chunked_array([["a"], ["b"]]), ["a", "b"]),
    ],
)
def test_columns_as_text(values: pa.Array, expected: list[str | None]) -> None:
    assert as_text(values, "c").to_pylist() == expected


def test_lists_are_no_text() -> None:
    for read in (as_text, encoded):
        with pytest.raises(ConfigurationError, match="column c holds list"):
            read(pa.array([[1]]), "c")


def test_a_dictionary_is_trimmed_once_and_holds_each_text_once() -> None:
    raw = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None, 3, 1]), pa.array(["a", " a ", "", None]))
    assert encoded(raw, "c").dictionary.to_pylist() == ["a"]
    assert as_text(raw, "c").to_pylist() == ["a", "a", None, None, None, "a"]


def test_guesses_say_what_and_why() -> None:
    table, truth = census(40)
    table = table.append_column("true_id", pa.array(truth)).append_column("notes", pa.array(["-"] * len(truth)))
    found = guess(table)
    assert found.settings.id == "rec_id"
    assert {name: part.kind for name, part in found.settings.fields.items()} == {
        "first_name": "person_name",
        "last_name": "person_name",
        "date_of_birth": "date",
        "street_number": "number",
        "street_name": "address",
        "sex": "category",
    }
    said = "\n".join(found.reasons)
    assert "true_id：可能是答案" in said
    assert "notes：未识别" in said


def test_chinese_columns_are_guessed() -> None:
    rows = 30
    table = pa.table(
        {
            "编号": [f"A{i}" for i in range(rows)],
            "姓名": ["张伟", "王芳"] * (rows // 2),
            "身份证号": [f"4399011980010{i:02d}123" for i in range(10, 10 + rows)],
            "出生日期": ["1980-01-05"] * rows,
            "联系电话": ["10012345678"] * rows,
            "家庭住址": ["锦绣家园3栋2单元101室"] * rows,
            "性别": ["男", "女"] * (rows // 2),
            "来源": ["甲", "乙"] * (rows // 2),
            "企业名称": ["某某贸易有限公司"] * rows,
        }
    )
    found = guess(table).settings
    assert found.id == "编号"
    assert found.source == "来源"
    assert {name: part.kind for name, part in found.fields.items()} == {
        "姓名": "person_name_zh",
        "身份证号": "identity_number",
        "出生日期": "date",
        "联系电话": "phone",
        "家庭住址": "address_zh",
        "性别": "category",
        "企业名称": "text",
    }


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"name": ["张伟", "张伟"]}, "different in every row"),
        ({"id": [1, 2], "zzz": ["?", "!"]}, "no column was recognised"),
    ],
)
def test_guessing_gives_up_clearly(columns: dict[str, list[object]], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        guess(pa.table(columns))
