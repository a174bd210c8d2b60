"""The table of regions is read whole or refused with every mistake; what was read is what was written."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import ConfigurationError
from schemas.region_file import MOST_TOLD, read_region_table, region_table_of, region_text
from schemas.regions import Region, RegionTable, Successor

ABOVE = """\
439900000000,某市,city,,,,,
439901000000,某县,county,439900000000,,,,
439901001000,某镇,township,439901000000,,,,
"""
HEADINGS = "region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes\n"
FIRST_LINE = 5
"""The line of the first row below the headings and the regions above."""


def write(folder: Path, *rows: str, headings: str = HEADINGS, above: str = ABOVE) -> Path:
    path = folder / "regions.csv"
    path.write_text(headings + above + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_four_columns_are_enough_and_the_kind_is_derived(tmp_path: Path) -> None:
    headings, above = "region_code,name_zh,level,parent_code\n", "439901001000,某镇,township,\n"
    rows = ("439901001001,甲社区,community,439901001000", "439901001201,乙村,community,439901001000")
    table = read_region_table(write(tmp_path, *rows, headings=headings, above=above))
    assert [(r.code, r.kind, r.kind_source) for r in table.rows] == [
        ("439901001000", "", ""),
        ("439901001001", "residents", "derived"),
        ("439901001201", "village", "derived"),
    ]
    assert all(r.valid_from is r.valid_to is None and r.successors == () for r in table.rows)


#  what stands in the column | kind | where it comes from; the code says village
KINDS = [
    ("", "village", "derived"),
    ("village", "village", "declared"),
    ("residents", "residents", "declared"),
    ("村", "village", "declared"),
    ("居", "residents", "declared"),
]


@pytest.mark.parametrize(("stated", "kind", "source"), KINDS)
def test_kind_as_stated_else_by_code(tmp_path: Path, stated: str, kind: str, source: str) -> None:
    table = read_region_table(write(tmp_path, f"439901001201,乙村,community,439901001000,{stated},,,"))
    assert (table.rows[-1].kind, table.rows[-1].kind_source) == (kind, source)


A, B = "439901001201,甲村,community,439901001000", "439901001202,乙村,community,439901001000"
RENAMED = A.replace("甲村", "新村")
#  rows below | problems as (row, words)
MISTAKES = {
    "a level that is none": (["439901001201,甲,villge,439901001000,,,,"], [(0, "level 'villge' is none of province")]),
    "a level in other letters": (["439901001201,甲,Community,439901001000,,,,"], [(0, "did you mean community?")]),
    "a parent that is not there": (["439901001201,甲,community,439901009000,,,,"], [(0, "'439901009000' is not in")]),
    "a parent that is not above": ([f"{A},,,,", "439901001203,丙,community,439901001201,,,,"], [(1, "is a community")]),
    "a parent below": (["439902000000,乙县,county,439901001000,,,,"], [(0, "is a township, not above a county")]),
    "a code of eleven digits": (["43990100120,甲,community,439901001000,,,,"], [(0, "is not 12 digits")]),
    "a code that a spreadsheet wrote": (["4.39901E+11,甲,community,439901001000,,,,"], [(0, "is not 12 digits")]),
    "digits of another script": (["４３９９０１００１２０１,甲,community,,,,,"], [(0, "is not 12 digits")]),
    "no name": (["439901001201, ,community,439901001000,,,,"], [(0, "name_zh is empty")]),
    "a kind that is none": ([f"{A},vilage,,,"], [(0, "did you mean village?")]),
    "a kind of a township": (["439901002000,乙镇,township,439901000000,village,,,"], [(0, "kind is for communities")]),
    "no date": ([f"{A},,2026/8/1,,"], [(0, "valid_from '2026/8/1' is not a date")]),
    "no such day": ([f"{A},,,2026-02-30,"], [(0, "valid_to '2026-02-30' is not a date")]),
    "an end before the beginning": ([f"{A},,2026-08-01,2026-07-31,"], [(0, "is after valid_to")]),
    "the same row twice": ([f"{A},,,,", f"{A},,,,"], [(1, "stands twice, from the beginning (line 5)")]),
    "two names at once": ([f"{A},,,2026-08-01,", f"{RENAMED},,2026-08-01,,"], [(1, "is valid in two rows at once")]),
    "a successor of what goes on": ([f"{A},,,,439901001202", f"{B},,,,"], [(0, "successor_codes without valid_to")]),
    "a successor that is not there": ([f"{A},,,2026-07-31,439901001299"], [(0, "439901001299 is not in the table")]),
    "a successor that ended before": (
        [f"{A},,,2026-07-31,439901001202", f"{B},,,2026-07-01,"],
        [(0, "ended on 2026-07-01 itself; a successor is valid on 2026-08-01 or later")],
    ),
    "a circle": (
        [f"{A},,,2026-07-31,439901001202", f"{B},,,2026-07-31,439901001201"],
        [(0, "439901001202 ended on 2026-07-31 itself"), (1, "439901001201 ended on 2026-07-31 itself")],
    ),
    "its own successor": ([f"{A},,,2026-07-31,439901001201"], [(0, "439901001201 ended on 2026-07-31 itself")]),
    "a successor that is no code": ([f"{A},,,2026-07-31,乙村"], [(0, "expected codes of 12 digits")]),
    "a successor twice": ([f"{A},,,2026-07-31,439901001202 439901001202", f"{B},,,,"], [(0, "stands twice")]),
    "shares that are no whole": (
        [f"{A},,,2026-07-31,439901001202:0.5 439901001203:0.4", f"{B},,,,", f"{B},,,,".replace("202", "203")],
        [(0, "add up to 0.9, not to 1")],
    ),
    "a share here and none there": (
        [f"{A},,,2026-07-31,439901001202:0.5;439901001203", f"{B},,,,", f"{B},,,,".replace("202", "203")],
        [(0, "some successors have a share and some have none")],
    ),
    "a cell too many": ([f"{A},,,,,"], [(0, "has 9 cells, the headings are 8")]),
    "several at once": (
        ["43990100120,甲,community,439901001000,,,,", f"{B},,x,,", "439901001203,,comunity,439901001000,,,,"],
        [(0, "is not 12 digits"), (1, "valid_from 'x'"), (2, "did you mean community?"), (2, "name_zh is empty")],
    ),
}


@pytest.mark.parametrize(("rows", "problems"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(tmp_path: Path, rows: list[str], problems: list[tuple[int, str]]) -> None:
    path = write(tmp_path, *rows)
    with pytest.raises(ConfigurationError) as error:
        read_region_table(path)
    told = error.value.found.split("\n    ")
    assert len(told) == len(problems)
    assert f"{len(problems)} problem(s)" in error.value.message
    for (row, words), text in zip(problems, sorted(told), strict=True):
        assert text.startswith(f"line {FIRST_LINE + row}: ")
        assert words in text
    assert error.value.where == f"{path}:{FIRST_LINE + problems[0][0]}"


def test_a_line_break_in_a_name_does_not_shift_the_lines(tmp_path: Path) -> None:
    path = write(tmp_path, '439901001201,"甲\n村",community,439901001000,,,,', "43990100120,乙,community,,,,,")
    with pytest.raises(ConfigurationError, match="line 7: region_code '43990100120'"):
        read_region_table(path)


def test_thousands_of_mistakes_are_counted(tmp_path: Path) -> None:
    rows = [f"4399010{n:05d},村,community,439909000000,,,," for n in range(2001, 2401)]
    with pytest.raises(ConfigurationError, match=r"400 problem\(s\)") as error:
        read_region_table(write(tmp_path, *rows))
    assert error.value.found.count("\n") == MOST_TOLD
    assert error.value.found.endswith("and 350 more")


#  headings | what is told
HEADING_MISTAKES = [
    ("region_code,name_zh,level,parent_code,valid_form", "valid_form is none of its columns; did you mean valid_from?"),
    ("region_code,name_zh,level,parent_code,name_en", "name_en is none of its columns"),
    ("region_code,level", "missing: name_zh, parent_code"),
    ("code,name,level,parent", "missing: region_code, name_zh, parent_code"),
    ("region_code,name_zh,level,parent_code,kind,kind", "kind stands twice"),
    ("region_code,,name_zh,level,parent_code", "an empty heading"),
    ("", "missing: region_code"),
]


@pytest.mark.parametrize(("headings", "words"), HEADING_MISTAKES)
def test_columns_that_are_missing_or_none(tmp_path: Path, headings: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_region_table(write(tmp_path, headings=f"{headings}\n", above=""))
    assert words in error.value.found
    assert error.value.expected.startswith("region_code, name_zh, level, parent_code")


def test_empty_columns_that_a_spreadsheet_leaves_behind_are_none(tmp_path: Path) -> None:
    headings, above = "region_code,name_zh,level,parent_code,,\n", "439901001000,某镇,township,,,\n"
    assert len(read_region_table(write(tmp_path, headings=headings, above=above)).rows) == 1


#  bytes | what is told
BROKEN = [
    ("某镇".encode("gb18030"), "UnicodeDecodeError"),
    (b'region_code,name_zh\n"43', "unexpected end of data"),
]


@pytest.mark.parametrize(("content", "found"), BROKEN)
def test_files_that_are_no_csv_in_utf8(tmp_path: Path, content: bytes, found: str) -> None:
    (path := tmp_path / "regions.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match="can't be read") as error:
        read_region_table(path)
    assert error.value.found == found


def test_packed_and_plain_say_the_same(tmp_path: Path) -> None:
    plain = write(tmp_path, f"{A},,,2026-07-31,439901001202", f"{B},,,,")
    (packed := tmp_path / "regions.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert read_region_table(packed) == read_region_table(plain)
    packed.write_bytes(packed.read_bytes()[:50])
    with pytest.raises(ConfigurationError, match="can't be read"):
        read_region_table(packed)


NAMES = st.text(st.characters(whitelist_categories=("Lo", "Nd")), min_size=1, max_size=4)
KIND = st.sampled_from([("village", "declared"), ("residents", "declared")])
DAY = st.dates(date(2001, 1, 1), date(2030, 1, 1))


@st.composite
def tables(draw: st.DrawFn) -> RegionTable:
    """A township with communities whose codes are given again and again; every closed version may have successors
    among those that go on."""
    ends = draw(st.lists(st.lists(DAY, max_size=3, unique=True).map(sorted), min_size=1, max_size=6))
    codes = [f"4399010012{n:02d}" for n in range(1, len(ends) + 1)]
    regions = [Region("439901001000", "某镇", "township", "")]
    for code, last_days in zip(codes, ends, strict=True):
        firsts = [None, *(day + timedelta(days=1) for day in last_days)]
        for first, last in zip(firsts, [*last_days, None], strict=True):
            heirs = draw(st.lists(st.sampled_from(codes), max_size=3, unique=True)) if last else []
            shares = [1.0] if len(heirs) == 1 else draw(st.sampled_from([[None] * 3, [0.25, 0.75], [0.5, 0.25, 0.25]]))
            known = shares if len(shares) == len(heirs) else [None] * 3
            successors = tuple(Successor(*pair) for pair in zip(heirs, known, strict=False))
            kind = draw(KIND)
            regions.append(Region(code, draw(NAMES), "community", "439901001000", *kind, first, last, successors))
    return region_table_of(regions)


@settings(max_examples=60, deadline=None)
@given(tables())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, table: RegionTable) -> None:
    path = tmp_path_factory.mktemp("round") / "regions.csv"
    path.write_text(region_text(table), encoding="utf-8")
    assert sorted(read_region_table(path).rows, key=str) == sorted(table.rows, key=str)
    assert region_text(read_region_table(path)) == region_text(table)
