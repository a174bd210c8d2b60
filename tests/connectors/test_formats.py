"""File formats, as tables: bytes in, text out, or a plain refusal."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile
from typing import Any

import pytest
import xlsxwriter

from connectors.formats import read_file
from connectors.formats import xlsx as xlsx_format
from schemas.errors import SourceMalformed
from schemas.platform_file import FileFormat

Rows = list[dict[str, str | None]]


def read(data: bytes, **form: Any) -> Rows:
    rows: Rows = read_file(data, FileFormat.model_validate(form), "rizhi f").to_pylist()
    return rows


CSV = [
    ("plain", "a,b\n1,2\n", [{"a": "1", "b": "2"}]),
    ("no last line break", "a,b\n1,2", [{"a": "1", "b": "2"}]),
    ("headings alone", "a,b\n", []),
    ("Windows line ends", "a,b\r\n1,2\r\n", [{"a": "1", "b": "2"}]),
    ("zeros, long numbers, nothing", "a,b\n007,\n430102199001010019,NULL\n",
     [{"a": "007", "b": ""}, {"a": "430102199001010019", "b": "NULL"}]),
    ("a line break inside quotes", 'a,b\n1,"x\ny"\n', [{"a": "1", "b": "x\ny"}]),
    ("quotes inside quotes", 'a,b\n1,"x""y"\n', [{"a": "1", "b": 'x"y'}]),
    ("a quote inside a word", 'a,b\n1,x"y\n', [{"a": "1", "b": 'x"y'}]),
    ("Chinese, rare characters", "姓名,址\n张㐂,𠮷野\n", [{"姓名": "张㐂", "址": "𠮷野"}]),
    ("blanks are kept", "a,b\n 1 , 2\n", [{"a": " 1 ", "b": " 2"}]),
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(("name", "text", "rows"), CSV, ids=[c[0] for c in CSV])
def test_csv(name: str, text: str, rows: Rows, encoding: str) -> None:
    assert read(text.encode(encoding), type="csv", encoding=encoding) == rows, name


def test_csv_in_utf8_may_begin_with_a_mark() -> None:
    assert read("a\n1\n".encode("utf-8-sig"), type="csv") == [{"a": "1"}]


def test_csv_with_another_delimiter() -> None:
    assert read(b"a|b\n1,5|2\n", type="csv", delimiter="|") == [{"a": "1,5", "b": "2"}]


def test_csv_longer_than_a_block() -> None:
    lines = [f'{n},"{"张" * 40}\n{n}"' for n in range(200_000)]
    rows = read_file(("a,b\n" + "\n".join(lines)).encode("gb18030"), FileFormat(type="csv", encoding="gb18030"), "x")
    assert rows.num_rows == 200_000
    assert rows.column("a")[199_999].as_py() == "199999"


BAD_CSV = [
    ("nothing", b"", "headings"),
    ("too few values", b"a,b\n1,2\n3\n", "as many values"),
    ("too many values", b"a,b\n1,2,3\n", "as many values"),
    ("a heading twice", b"a,a\n1,2\n", "stands twice"),
    ("an empty heading", b"a,\n1,2\n", "stands twice"),
    ("cut off inside quotes", b'a,b\n1,"x', "inside a quoted value"),
    ("cut off inside quotes, even count", b'a,b\n1,x"y\n2,"z', "inside a quoted value"),
    ("GB18030 said to be UTF-8", "a,b\n1,2\n张,3\n".encode("gb18030"), "encoding"),
]


@pytest.mark.parametrize(("name", "data", "sentence"), BAD_CSV, ids=[c[0] for c in BAD_CSV])
def test_csv_refused(name: str, data: bytes, sentence: str) -> None:
    with pytest.raises(SourceMalformed, match=sentence) as caught:
        assert read(data, type="csv") is None, name
    assert "rizhi f" in caught.value.where


def test_the_row_of_a_wrong_byte_is_named() -> None:
    with pytest.raises(SourceMalformed) as caught:
        read(b"a\n1\n2\n" + b"\xff\n", type="csv")
    assert caught.value.where == "rizhi f line 4"
    with pytest.raises(SourceMalformed):
        read("a\n张".encode("gb18030")[:-1], type="csv", encoding="gb18030")


def test_no_value_in_the_error() -> None:
    with pytest.raises(SourceMalformed) as caught:
        read("姓名,证号\n张三丰,4399,多\n".encode(), type="csv")
    assert "张三丰" not in str(caught.value)
    assert "row 2" in caught.value.where


def book(rows: list[list[Any]], name: str = "表1", **options: Any) -> bytes:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd hh:mm:ss", **options})
    sheet = workbook.add_worksheet(name)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell is not None:
                sheet.write(r, c, cell)
    workbook.add_worksheet("另").hide()
    workbook.close()
    return out.getvalue()


CELLS = [
    ("439900199001010011", "439900199001010011"),
    ("007", "007"),
    (430102199001010019, "4.30102199001010e+17"),
    (13800000000, "13800000000"),
    (12.5, "12.5"),
    (12, "12"),
    (True, "TRUE"),
    (dt.datetime(2026, 7, 1, 8, 5, 9), "2026-07-01 08:05:09"),  # noqa: DTZ001 - a spreadsheet knows no zone
    (" 张 ", " 张 "),
    (None, ""),
]


@pytest.mark.parametrize(("cell", "text"), CELLS, ids=[c[1] or "empty" for c in CELLS])
def test_xlsx_cells_as_a_person_sees_them(cell: Any, text: str) -> None:
    assert read(book([["a", "b"], [cell, "x"]]), type="xlsx") == [{"a": text, "b": "x"}]


def test_xlsx_sheets_that_can_be_seen_as_rows_of_text() -> None:
    sheets = xlsx_format.read_sheets(book([["某县区划"], ["代码", "名称"], [439901001201, "甲村"]]), "list.xlsx")
    assert sheets == {"表1": [["某县区划", ""], ["代码", "名称"], ["439901001201", "甲村"]]}
    with pytest.raises(SourceMalformed, match="not a sound XLSX workbook"):
        xlsx_format.read_sheets(b"code,name\n", "list.xlsx")


def test_xlsx_title_lines_empty_rows_and_sheets() -> None:
    data = book([["2026年7月台账"], [], ["a", "b"], ["1", "2"], [], ["3"]])
    assert read(data, type="xlsx", header_row=3) == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]
    assert read(data, type="xlsx", header_row=3, sheet="表1") == read(data, type="xlsx", header_row=3)


BAD_XLSX = [
    ("not a zip", b"\xd0\xcf\x11\xe0 an old .xls", {}),
    ("cut off", book([["a"], ["1"]])[:-200], {}),
    ("no such sheet", book([["a"], ["1"]]), {"sheet": "没有"}),
    ("headings too far down", book([["a"], ["1"]]), {"header_row": 9}),
    ("an empty heading", book([["a", None, "c"], ["1", "2", "3"]]), {}),
    ("a value without heading", book([["a"], ["1", "2"]]), {}),
    ("nothing in it", book([]), {}),
]


@pytest.mark.parametrize(("name", "data", "form"), BAD_XLSX, ids=[c[0] for c in BAD_XLSX])
def test_xlsx_refused(name: str, data: bytes, form: dict[str, Any]) -> None:
    with pytest.raises(SourceMalformed):
        assert read(data, type="xlsx", **form) is None, name


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def lying(data: bytes) -> bytes:
    """The same archive with the declared unpacked size of its member set to ten bytes."""
    size = (1 << 20).to_bytes(4, "little")
    return data.replace(size, (10).to_bytes(4, "little"))


BOMBS = [
    ("ratio", archive({"xl/sharedStrings.xml": b"0" * (64 << 20)})),
    ("members", archive({f"{n}": b"" for n in range(xlsx_format.MAX_MEMBERS + 1)})),
    ("a lying header", lying(archive({"xl/sharedStrings.xml": b"0" * (1 << 20)}))),
]


@pytest.mark.parametrize(("name", "data"), BOMBS, ids=[b[0] for b in BOMBS])
def test_zip_bombs_are_refused_before_they_unpack(name: str, data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(SourceMalformed):
        assert read(data, type="xlsx") is None, name
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


XML = [
    ("plain", "<r><d><a>1</a><b>007</b></d><d><a>2</a></d></r>", [{"a": "1", "b": "007"}, {"a": "2", "b": None}]),
    ("empty element", "<r><d><a/></d></r>", [{"a": ""}]),
    ("namespaces", '<x:r xmlns:x="u:v"><x:d><x:a>1</x:a></x:d></x:r>', [{"a": "1"}]),
    ("CDATA and entities", "<r><d><a>a<![CDATA[<&>]]>&lt;&#24352;</a></d></r>", [{"a": "a<&><张"}]),
    ("comments between", "<r><!-- x --><d><!-- y --><a>1<!-- z -->2</a></d></r>", [{"a": "12"}]),
    ("no records", "<r></r>", []),
    ("Chinese names", "<表><d><姓名>张</姓名></d></表>", [{"姓名": "张"}]),
]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("label", ["", '<?xml version="1.0" encoding="ISO-8859-1"?>\n', '<?xml version="1.0"?>'])
@pytest.mark.parametrize(("name", "text", "rows"), XML, ids=[c[0] for c in XML])
def test_xml(name: str, text: str, rows: Rows, encoding: str, label: str) -> None:
    assert read((label + text).encode(encoding), type="xml", record_tag="d", encoding=encoding) == rows, name


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BAD_XML = [
    ("nothing", b""),
    ("cut off", b"<r><d><a>1</a></d><d>"),
    ("a field twice", b"<r><d><a>1</a><a>2</a></d></r>"),
    ("fields within fields", b"<r><d><a><b>1</b></a></d></r>"),
    ("billion laughs", f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><r><d><a>&l9;</a></d></r>'.encode()),
    ("quadratic", f'<!DOCTYPE r [<!ENTITY q "{"q" * 50_000}">]><r><d><a>{"&q;" * 50_000}</a></d></r>'.encode()),
    ("a file", b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r><d><a>&x;</a></d></r>'),
    ("a DTD elsewhere", b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r><d><a>1</a></d></r>'),
    ("too deep", b"<d>" * 100_000),
]


@pytest.mark.parametrize(("name", "data"), BAD_XML, ids=[c[0] for c in BAD_XML])
def test_xml_refused(name: str, data: bytes) -> None:
    with pytest.raises(SourceMalformed):
        assert read(data, type="xml", record_tag="d") is None, name
