"""What a code stands for on a day: versions, successors, predecessors, and what is above."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from schemas import codes, project
from schemas.errors import ConfigurationError
from schemas.region_file import read_region_table
from schemas.regions import RegionTable, is_village, level_by_code, prefix_of, prefixes_above

HISTORY = """\
region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes
439901000000,某县,county,,,,,
439901001000,东镇,township,439901000000,,,,
439901002000,西乡,township,439901000000,,,2026-07-31,439901001000
439901002000,新西镇,township,439901000000,,2028-01-01,,
439901001201,甲村,community,439901001000,,,2026-07-31,439901001209
439901001202,乙村,community,439901001000,,,2026-07-31,439901001209
439901001209,甲乙村,community,439901001000,,2026-08-01,,
439901001203,丙村,community,439901001000,,,2026-07-31,
439901001203,丙水村,community,439901001000,,2026-08-01,,
439901001204,大村,community,439901001000,,,2026-07-31,439901001205:0.6 439901001206:0.4
439901001205,大东村,community,439901001000,,2026-08-01,2026-12-31,439901001207
439901001206,大西村,community,439901001000,,2026-08-01,,
439901001207,大新村,community,439901001000,,2027-01-01,,
439901002208,丁村,community,439901002000,,,2026-07-31,
439901001208,戊村,community,439901001000,,,2026-07-31,439901001201
439901001201,戊甲村,community,439901001000,,2027-06-01,,
"""
"""Two villages become one, one is renamed, one is split and a part renumbered, one is gone, a code is given again."""
BEFORE, AFTER, LATER = date(2026, 7, 31), date(2026, 8, 1), date(2027, 7, 1)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> RegionTable:
    (path := tmp_path_factory.mktemp("regions") / "regions.csv").write_text(HISTORY, encoding="utf-8")
    return read_region_table(path)


#  code | day | name on that day
NAMES = [
    ("439901001201", BEFORE, "甲村"),
    ("439901001201", AFTER, None),
    ("439901001201", LATER, "戊甲村"),
    ("439901001209", BEFORE, None),
    ("439901001209", AFTER, "甲乙村"),
    ("439901001203", BEFORE, "丙村"),
    ("439901001203", AFTER, "丙水村"),
    ("439901002000", LATER, None),
    ("439901009999", AFTER, None),
]


@pytest.mark.parametrize(("code", "day", "name"), NAMES)
def test_the_version_of_a_day(table: RegionTable, code: str, day: date, name: str | None) -> None:
    region = table.at(code, day)
    assert (region.zh if region else None) == name


#  code | day | what it stands for then
BECAME = {
    "itself while it is valid": ("439901001201", BEFORE, ["甲村"]),
    "what it was merged into": ("439901001201", AFTER, ["甲乙村"]),
    "its own next version where the code was given again": ("439901001201", LATER, ["戊甲村"]),
    "a new name": ("439901001203", AFTER, ["丙水村"]),
    "both parts": ("439901001204", AFTER, ["大东村", "大西村"]),
    "through two steps": ("439901001204", LATER, ["大新村", "大西村"]),
    "nothing when nobody succeeded it": ("439901002208", AFTER, []),
    "nothing before it was": ("439901001209", BEFORE, []),
    "a successor that begins later, not yet": ("439901001208", AFTER, []),
    "a successor that begins later": ("439901001208", LATER, ["戊甲村"]),
    "a code that never was": ("439901009999", AFTER, []),
}


@pytest.mark.parametrize(("code", "day", "names"), BECAME.values(), ids=BECAME)
def test_what_a_code_became(table: RegionTable, code: str, day: date, names: list[str]) -> None:
    assert [region.zh for region in table.became(code, day)] == names


#  code | version | predecessors | successors with shares
LINEAGE = [
    ("439901001209", 1, ["甲村", "乙村"], []),
    ("439901001202", 1, [], [("甲乙村", 1.0)]),
    ("439901001203", 1, [], [("丙水村", 1.0)]),
    ("439901001203", 2, ["丙村"], []),
    ("439901001204", 1, [], [("大东村", 0.6), ("大西村", 0.4)]),
    ("439901001205", 1, ["大村"], [("大新村", 1.0)]),
    ("439901001201", 2, ["戊村"], []),
    ("439901001000", 1, ["西乡"], []),
    ("439901002000", 2, [], []),
]


@pytest.mark.parametrize(("code", "version", "before", "after"), LINEAGE)
def test_lineage(
    table: RegionTable, code: str, version: int, before: list[str], after: list[tuple[str, float]]
) -> None:
    region = table.versions(code)[version - 1]
    assert table.version_no(region) == version
    assert [former.zh for former in table.predecessors(region)] == before
    assert [(heir.zh, share) for heir, share in table.successors(region)] == after
    assert all(region in table.predecessors(heir) for heir, _ in table.successors(region))


def test_above(table: RegionTable) -> None:
    def names(code: str, day: date) -> list[str]:
        return [region.zh for region in table.above(table.at(code, day) or table.latest[code], day)]

    assert names("439901001209", AFTER) == ["东镇", "某县"]
    assert names("439901002208", BEFORE) == ["西乡", "某县"]
    assert names("439901000000", AFTER) == []


def test_one_row_of_a_code_is_valid_on_any_day(table: RegionTable) -> None:
    for day in (date.min, BEFORE, AFTER, LATER, date.max):
        valid = [region.code for region in table.valid_on(day)]
        assert len(valid) == len(set(valid)) > 0
    assert {r.zh for r in table.valid_on(AFTER, "township")} == {"东镇"}


#  code | level | the digits that name it | what may lie above
CODES = [
    ("430000000000", "province", "43", []),
    ("430100000000", "city", "4301", ["430000000000"]),
    ("430102000000", "county", "430102", ["430100000000", "430000000000"]),
    ("430102001000", "township", "430102001", ["430102000000", "430100000000", "430000000000"]),
    ("430102001001", "community", "430102001001", ["430102001000", "430102000000", "430100000000", "430000000000"]),
]


@pytest.mark.parametrize(("code", "level", "prefix", "above"), CODES)
def test_what_a_code_says(code: str, level: str, prefix: str, above: list[str]) -> None:
    assert (level_by_code(code), prefix_of(code), list(prefixes_above(code))) == (level, prefix, above)


def test_a_beginning_of_a_code_is_itself() -> None:
    assert [prefix_of(text) for text in ("43", "4301", "430102001")] == ["43", "4301", "430102001"]


#  last three digits | a village?
THIRDS = [("001", False), ("199", False), ("200", True), ("399", True), ("400", False), ("498", False), ("500", True),
          ("598", True), ("999", True)]  # fmt: skip


@pytest.mark.parametrize(("digits", "expected"), THIRDS)
def test_villages_are_told_by_code(digits: str, expected: bool) -> None:
    assert is_village(f"430102001{digits}") is expected


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    before = project.current()
    project.use(tmp_path)
    yield tmp_path
    project.use(before.root if before else None)


def test_two_tables_in_one_project_are_refused(elsewhere: Path) -> None:
    (folder := elsewhere / "reference").mkdir()
    for name in ("regions.csv", "regions.csv.gz"):
        (folder / name).write_bytes(b"")
    with pytest.raises(ConfigurationError, match="two tables of regions"):
        codes.regions()


def test_a_project_without_a_table_has_no_regions(elsewhere: Path) -> None:
    assert codes.region_table() == RegionTable()
    assert codes.region_path() == elsewhere / "reference" / "regions.csv"
