"""What ``liandao match`` reads: encodings, headings, ids; and what it says when it can't."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from liandao.match_inputs import open_inputs, read_inputs, source_names
from liandao.match_run import parse_threshold
from liandao.memory import parse_memory, within
from schemas.errors import ConfigurationError, LiandaoError, SourceMalformed

TEXT = 'id,姓名,truth\n1,张伟,a\n2,"欧阳\n娜",b\n'
EXPECTED = {"id": ["1", "2"], "姓名": ["张伟", "欧阳\n娜"]}


def saved(folder: Path, data: bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", ","), ("utf-8", ";"), ("gb18030", "\t")],
)
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = saved(tmp_path, TEXT.replace(",", delimiter).encode(encoding))
    table, records = read_inputs(open_inputs([path]), "id", None, ["姓名"])
    assert table.to_pydict() == EXPECTED
    assert records.source is None


def test_an_empty_cell_is_null_and_every_value_text(tmp_path: Path) -> None:
    path = saved(tmp_path, b'id,no,name\n01,007,\n02,1e5,""\n')
    table, _ = read_inputs(open_inputs([path]), "id", None, ["no", "name"])
    assert table.to_pydict() == {"id": ["01", "02"], "no": ["007", "1e5"], "name": [None, None]}


def test_only_named_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": [1, 2], "name": ["a", "b"], "truth": [7, 7]}), path)
    table, records = read_inputs(open_inputs([path]), "id", None, ["name"])
    assert table.column_names == ["id", "name"]
    assert records.record_id.type == pa.int64()


@pytest.mark.parametrize(
    ("texts", "source", "keys", "sources"),
    [
        (["id,s\n1,a\n2,b\n"], None, ["1", "2"], None),
        (["id,s\n1,a\n2,b\n"], "s", ["1", "2"], ["a", "b"]),
        (["id,s\n1,a\n1,b\n"], "s", ["a\x1f1", "b\x1f1"], ["a", "b"]),
        (["id,s\n1,a\n", "id,s\n2,a\n"], None, ["1", "2"], ["f0", "f1"]),
        (["id,s\n1,a\n", "id,s\n2,a\n"], "origin", ["1", "2"], ["f0", "f1"]),
        (["id,s\n1,a\n", "id,s\n1,a\n"], None, ["f0\x1f1", "f1\x1f1"], ["f0", "f1"]),
    ],
)
def test_records_are_known_by_id_or_by_source_and_id(
    tmp_path: Path, texts: list[str], source: str | None, keys: list[str], sources: list[str] | None
) -> None:
    files = open_inputs([saved(tmp_path, t.encode(), f"f{i}.csv") for i, t in enumerate(texts)])
    table, records = read_inputs(files, "id", source, ["s"])
    assert records.key.to_pylist() == table["id"].to_pylist() == keys
    assert (records.source.to_pylist() if records.source is not None else None) == sources


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    files = open_inputs([saved(tmp_path, b"id\n1\n", f"{name}/people.csv") for name in ("east", "west")])
    assert source_names(files) == ["east/people", "west/people"]


WRONG = [
    ("no such file", None, "id", ["name"], ConfigurationError, "nowhere.csv"),
    ("empty file", b"", "id", ["name"], SourceMalformed, "empty"),
    ("headings alone", b"id,name\n", "id", ["name"], ConfigurationError, "no records"),
    ("missing column", b"id,nmae\n1,a\n", "id", ["name"], ConfigurationError, "did you mean nmae?"),
    ("missing id", b"rec_id,name\n1,a\n", "id", ["name"], ConfigurationError, "expected: id"),
    ("heading twice", b"id,name,name\n1,a,b\n", "id", ["name"], SourceMalformed, "stands twice"),
    ("ids twice", b"id,name\n7,a\n7,b\n8,c\n", "id", ["name"], ConfigurationError, "1 ids more than once: '7'"),
    ("empty id", b"id,name\n7,a\n,b\n", "id", ["name"], ConfigurationError, "first in data row 2"),
    ("ragged", b"id,name\n1,a\n2,b,c\n", "id", ["name"], SourceMalformed, "3 values"),
    ("cut off", b'id,name\n1,"a\n2,b\n', "id", ["name"], SourceMalformed, "inside a quoted value"),
    ("no text", b"id,name\n1,\xff\xff\xff\n", "id", ["name"], SourceMalformed, "neither UTF-8 nor GB18030"),
    ("half parquet", b"PAR1abc", "id", ["name"], SourceMalformed, "not a whole Parquet file"),
]


@pytest.mark.parametrize(
    ("data", "record_id", "fields", "kind", "says"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_what_it_says(
    tmp_path: Path, data: bytes | None, record_id: str, fields: list[str], kind: type[LiandaoError], says: str
) -> None:
    path = tmp_path / "nowhere.csv" if data is None else saved(tmp_path, data)
    with pytest.raises(kind) as caught:
        read_inputs(open_inputs([path]), record_id, None, fields)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "bits"), [("0.5", 0.0), ("0.9", 3.17), ("90%", 3.17), ("4.2bits", 4.2), ("0.5bits", 0.5), ("-1 bit", -1.0)]
)
def test_thresholds(text: str, bits: float) -> None:
    assert parse_threshold(text) == pytest.approx(bits, abs=0.001)


@pytest.mark.parametrize("text", ["high", "120%", "500", "", "99", "1", "0", "4.2"])
def test_bad_thresholds(text: str) -> None:
    with pytest.raises(ConfigurationError, match="LD-1001"):
        parse_threshold(text)


@pytest.mark.parametrize(
    ("text", "size"), [("1GiB", 1 << 30), ("8G", 8 << 30), ("512MB", 512 << 20), ("1.5 gib", 3 << 29)]
)
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["1MB", "much", "", "-8G"])
def test_bad_memory(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_memory(text)


def work_for_long() -> None:
    deadline = monotonic() + 20
    while monotonic() < deadline:
        sleep(0.01)


def test_a_run_that_holds_too_much_is_ended() -> None:
    with pytest.raises(ConfigurationError, match="more memory than was allowed"):
        within(1 << 20)(work_for_long)()


def test_a_run_that_holds_less_is_left_alone() -> None:
    with within(1 << 50):
        sleep(0.25)
