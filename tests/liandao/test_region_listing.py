"""Files of regions that others made, in the shapes that exist."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from liandao.region_listing import Listing, read_listing
from liandao.region_words import day_of
from schemas.errors import ConfigurationError
from schemas.regions import Region, Successor

OURS = """\
region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes
439901000000,某县,county,,,,,
439901001000,东镇,township,439901000000,,,,
439901001201,甲村,community,439901001000,居,,2026-07-31,439901001202:0.5 439901001203:0.5
439901001202,乙村,community,439901001000,,,,
439901001203,丙村,community,439901001000,,2026-08-01,,
"""
DATED = """\
code,name,level,parent,valid_from,valid_to,successor
439901000000,某县,county,,,,
439901001000,东镇,township,439901000000,,,
439901001201,甲村,community,439901001000,,2026/7/31,439901001202;439901001203
439901001202,乙村,community,439901001000,,,
439901001203,丙村,community,439901001000,2026-08-01,,
"""
BUREAU = """\
某县统计用区划代码
统计用区划代码,城乡分类代码,名称
439901000000,,某县
439901001000,,东镇
439901001201,220,甲村
439901001001,111,乙社区
"""
PIECES = {
    "provinces.csv": 'code,name\n43,"某省"\n44,"邻省"\n',
    "cities.csv": 'code,name,provinceCode\n4399,"某市",43\n4419,"无县市",44\n',
    "areas.csv": 'code,name,cityCode,provinceCode\n439901,"某县",4399,43\n441900,"无县市",4419,44\n',
    "streets.csv": 'code,name,areaCode,provinceCode,cityCode\n439901001,"东镇",439901,43,4399\n'
    '441900003,"某街道",441900,44,4419\n',
    "villages.csv": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
    '439901001201,"甲村",439901001,43,4399,439901\n'
    '441900003001,"某社区",441900003,44,4419,441900\n',
}


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (path := folder / name).write_bytes(text.encode(encoding))
    return path


def brief(listing: Listing) -> list[tuple[str, str, str, str]]:
    return [(r.code, r.level, r.kind, r.kind_source) for r in listing.rows]


def test_our_own_columns(tmp_path: Path) -> None:
    listing = read_listing([write(tmp_path, "regions.csv", OURS)])
    halves = (Successor("439901001202", 0.5), Successor("439901001203", 0.5))
    village = ("439901001201", "甲村", "community", "439901001000", "residents", "declared")
    assert listing.rows[2] == Region(*village, None, date(2026, 7, 31), halves)
    assert brief(listing)[3:] == [
        ("439901001202", "community", "village", "derived"),
        ("439901001203", "community", "village", "derived"),
    ]
    assert listing.without_parent == {"439901000000"}
    assert listing.place["439901001202"] == "regions.csv:5"


def test_a_list_with_validity_and_successor(tmp_path: Path) -> None:
    rows = read_listing([write(tmp_path, "areas.csv", DATED)]).rows
    assert (rows[2].valid_to, rows[4].valid_from) == (date(2026, 7, 31), date(2026, 8, 1))
    assert rows[2].successors == (Successor("439901001202"), Successor("439901001203"))


#  encoding of a list of the statistics bureau
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_list_of_the_statistics_bureau(tmp_path: Path, encoding: str) -> None:
    listing = read_listing([write(tmp_path, "list.csv", BUREAU, encoding)])
    assert brief(listing) == [
        ("439901000000", "county", "", ""),
        ("439901001000", "township", "", ""),
        ("439901001201", "community", "village", "derived"),
        ("439901001001", "community", "residents", "derived"),
    ]
    part = listing.parts[0]
    assert (part.encoding, part.rows, part.regions, part.passed_over) == (encoding, 4, 4, ("城乡分类代码",))


def test_urban_and_rural_say_nothing_of_the_kind(tmp_path: Path) -> None:
    swapped = BUREAU.replace("439901001201,220", "439901001201,111").replace("439901001001,111", "439901001001,220")
    paths = [write(tmp_path, f"{n}.csv", text) for n, text in enumerate((BUREAU, swapped))]
    assert brief(read_listing(paths[:1])) == brief(read_listing(paths[1:]))


def test_files_of_china_division(tmp_path: Path) -> None:
    listing = read_listing([write(tmp_path, name, text) for name, text in PIECES.items()], only=["43"])
    assert brief(listing) == [
        ("430000000000", "province", "", ""),
        ("439900000000", "city", "", ""),
        ("439901000000", "county", "", ""),
        ("439901001000", "township", "", ""),
        ("439901001201", "community", "village", "derived"),
    ]
    assert [(part.rows, part.regions) for part in listing.parts] == [(2, 1)] * 5
    assert all(part.passed_over == () for part in listing.parts)


def test_a_city_without_counties_stands_among_the_counties_too(tmp_path: Path) -> None:
    listing = read_listing([write(tmp_path, name, text) for name, text in PIECES.items()], only=["4419"])
    assert [(code, level) for code, level, _, _ in brief(listing)] == [
        ("440000000000", "province"),
        ("441900000000", "city"),
        ("441900003000", "township"),
        ("441900003001", "community"),
    ]
    assert listing.repeated == 1


#  only | codes taken
ONLY = [
    (["43"], {"43", "4399", "439901", "439901001", "439901001201"}),
    (["439901001"], {"43", "4399", "439901", "439901001", "439901001201"}),
    (["44"], {"44", "4419", "441900003", "441900003001"}),
    (["43", "44"], {"43", "4399", "439901", "439901001", "439901001201", "44", "4419", "441900003", "441900003001"}),
]


@pytest.mark.parametrize(("only", "codes"), ONLY)
def test_only_what_begins_so_and_what_is_above(tmp_path: Path, only: list[str], codes: set[str]) -> None:
    listing = read_listing([write(tmp_path, name, text) for name, text in PIECES.items()], only)
    assert {region.code for region in listing.rows} == {code.ljust(12, "0") for code in codes}


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hidden: str = "") -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == hidden:
                sheet.hide()
    return path


def test_a_workbook_of_several_sheets(tmp_path: Path) -> None:
    headings = ["统计用区划代码", "名称", "城乡分类代码"]
    sheets = {
        "说明": [["2023 年"]],
        "东镇": [["某县区划"], headings, [439901001000, "东镇", None], [439901001201, "甲村", 220]],
        "旧": [headings, ["439901009000", "旧镇", ""]],
        "西镇": [headings, ["439901002000", "西镇", ""], ["439901002201", "乙村", "220"]],
    }
    listing = read_listing([workbook(tmp_path / "list.xlsx", sheets, hidden="旧")])
    codes = [region.code for region in listing.rows]
    assert codes == ["439901001000", "439901001201", "439901002000", "439901002201"]
    assert [part.file for part in listing.parts] == ["list.xlsx[东镇]", "list.xlsx[西镇]"]
    assert listing.place["439901001201"] == "list.xlsx[东镇]:4"


HEAD = "code,name,level,parent,kind,valid_from,valid_to,successor\n439901001000,东镇,township,,,,,\n"
#  rows | problems, each with its place
MISTAKES = {
    "a code that a spreadsheet wrote": ("4.39901E+11,甲,,,,,,", ["list.csv:3: code '4.39901E+11' went through"]),
    "a code of ten digits": ("4399010012,甲,,,,,,", ["list.csv:3: code '4399010012' is not 2, 4, 6, 9 or 12 digits"]),
    "no code": (",甲村,,,,,,", ["list.csv:3: code '' is not"]),
    "no name": ("439901001201,,,,,,,", ["list.csv:3: the name is empty"]),
    "an unknown level": ("439901001201,甲,hamlet,,,,,", ["list.csv:3: level 'hamlet' is none of province"]),
    "an unknown kind": ("439901001201,甲,,,寨,,,", ["list.csv:3: kind '寨' is neither"]),
    "a parent that is no code": ("439901001201,甲,,东镇,,,,", ["list.csv:3: parent: code '东镇' is not"]),
    "no date": ("439901001201,甲,,,,2026-13-01,,", ["list.csv:3: valid_from '2026-13-01' is not a date"]),
    "a successor that is no code": ("439901001201,甲,,,,,2026-07-31,乙村", ["list.csv:3: successors '乙村' are not"]),
    "a share that is no number": ("439901001201,甲,,,,,2026-07-31,439901001202:x", ["list.csv:3: successors"]),
    "a code with two names": (
        "439901001201,甲,,,,,,\n439901001201,乙,,,,,,",
        ["list.csv:4: 439901001201 stands in list.csv:3 too, and differs"],
    ),
    "several": (
        "43990,甲,,,,,,\n439901001201,,hamlet,,,,,",
        ["list.csv:3: code '43990'", "list.csv:4: the name is empty", "list.csv:4: level 'hamlet'"],
    ),
}


@pytest.mark.parametrize(("rows", "problems"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_with_their_place(tmp_path: Path, rows: str, problems: list[str]) -> None:
    with pytest.raises(ConfigurationError, match=f"{len(problems)} problem") as error:
        read_listing([write(tmp_path, "list.csv", f"{HEAD}{rows}\n")])
    told = error.value.found.split("\n    ")
    assert len(told) == len(problems)
    assert all(text.startswith(words) for text, words in zip(told, problems, strict=True))


#  content | what is told
REFUSED = {
    "no code": ("名称,级别\n甲村,村\n", "no column is known as the code"),
    "no name": ("代码,乡\n43,甲\n", "no column is known as the name"),
    "neither": ("a,b\n1,2\n", "no column is known as the code and the name"),
    "nothing": ("", "no column is known as the code and the name"),
    "two codes": ("区划代码,统计用区划代码,名称\n43,43,甲\n", "two columns are known as the code"),
    "no rows": ("代码,名称\n", "no region was found"),
    "an open quote": ('代码,名称\n43,"甲\n', "the file can't be read"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_files_that_are_no_list(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_listing([write(tmp_path, "list.csv", content)])


def test_a_workbook_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the file can't be read") as error:
        read_listing([write(tmp_path, "list.xlsx", BUREAU)])
    assert error.value.found == "the file is not a sound XLSX workbook"


def test_nothing_under_what_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no region was found") as error:
        read_listing([write(tmp_path, "list.csv", BUREAU)], only=["36"])
    assert error.value.expected == "codes that begin with 36"


#  as written | date
DAYS = [
    ("2026-08-01", date(2026, 8, 1)),
    ("2026/8/1", date(2026, 8, 1)),
    ("2026年8月1日", date(2026, 8, 1)),
    ("20260801", date(2026, 8, 1)),
    ("2026-08-01 00:00:00", date(2026, 8, 1)),
    ("2026-08", None),
    ("1.8.2026", None),
    ("2026-02-30", None),
    ("46235", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_dates_as_people_write_them(text: str, day: date | None) -> None:
    assert day_of(text) == day
