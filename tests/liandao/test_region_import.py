"""``liandao regions``: a table is brought in whole or not at all, over what is there, and looked up."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from schemas.codes import region_path, region_table
from tests.liandao.calling import Call, assert_shaped
from tests.projects import REGIONS, write, write_project

LIST = """\
统计用区划代码,城乡分类代码,名称
439901000000,,某县
439901001000,,东镇
439901001001,111,东社区
439901001201,220,甲村
439901001202,220,乙村
"""
MERGED = LIST.replace("439901001201,220,甲村\n439901001202,220,乙村", "439901001203,220,甲乙村")


@pytest.fixture
def bureau(tmp_path: Path) -> Path:
    """A project without regions."""
    root = write_project(tmp_path / "bureau")
    (root / "reference" / "regions.csv").unlink()
    return root


def table_of(root: Path) -> str:
    return (root / "reference" / "regions.csv").read_text(encoding="utf-8")


def test_a_list_becomes_the_table(bureau: Path, call: Call) -> None:
    path = bureau / "list.csv"
    path.write_bytes(LIST.encode("gb18030"))
    called = call("regions", "import", path, "--project", bureau)
    assert called.exit_code == 0, called.messages
    assert "3 个村（社区） communities: 村 villages 2 · 居 residents' committees 1" in called.out
    assert "read as gb18030 (not utf-8: byte 0xbc in line 1" in called.messages
    assert "城乡分类代码 只分城乡，不分村居，未取" in called.messages
    assert "3 个社区的类型按代码推定 kinds are derived from the code" in called.messages
    assert table_of(bureau).splitlines() == [
        "region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes",
        "439901000000,某县,county,,,,,",
        "439901001000,东镇,township,439901000000,,,,",
        "439901001001,东社区,community,439901001000,,,,",
        "439901001201,甲村,community,439901001000,,,,",
        "439901001202,乙村,community,439901001000,,,,",
    ]


def test_the_same_again_changes_nothing(bureau: Path, call: Call) -> None:
    write(bureau / "list.csv", LIST)
    call("regions", "import", bureau / "list.csv", "--project", bureau)
    before = (bureau / "reference" / "regions.csv").stat()
    again = call("regions", "import", bureau / "list.csv", "--project", bureau, "--json")
    assert (again.exit_code, again.data["written"], again.data["counts"]) == (0, False, {})
    assert (bureau / "reference" / "regions.csv").stat() == before


def test_over_a_table_a_day_is_needed(bureau: Path, call: Call) -> None:
    write(bureau / "list.csv", LIST)
    write(bureau / "merged.csv", MERGED)
    call("regions", "import", bureau / "list.csv", "--project", bureau)
    before = table_of(bureau)
    undated = call("regions", "import", bureau / "merged.csv", "--project", bureau)
    assert (undated.exit_code, table_of(bureau)) == (2, before)
    assert "--on YYYY-MM-DD" in undated.messages
    assert "新增 added 1 · 停用 closed 2" in undated.messages
    dry = call("regions", "import", bureau / "merged.csv", "--project", bureau, "--on", "2026-08-01", "--dry-run")
    assert (dry.exit_code, table_of(bureau)) == (0, before)
    assert "无后继 without successor: 2 · 439901001201, 439901001202" in dry.out
    done = call("regions", "import", bureau / "merged.csv", "--project", bureau, "--on", "2026-08-01", "--json")
    assert_shaped("regions import", done.data)
    assert done.data["counts"] == {"added": 1, "closed": 2}
    assert done.data["communities"] == {"all": 2, "village": 1, "residents": 1, "kind_stated": 0}
    assert done.data["without_successor"] == ["439901001201", "439901001202"]
    assert "439901001201,甲村,community,439901001000,,,2026-07-31,\n" in table_of(bureau)
    assert "439901001203,甲乙村,community,439901001000,,2026-08-01,,\n" in table_of(bureau)


def test_successors_written_by_hand_stay(bureau: Path, call: Call) -> None:
    write(bureau / "list.csv", LIST)
    write(bureau / "merged.csv", MERGED)
    call("regions", "import", bureau / "list.csv", "--project", bureau)
    call("regions", "import", bureau / "merged.csv", "--project", bureau, "--on", "2026-08-01")
    named = table_of(bureau).replace("2026-07-31,\n", "2026-07-31,439901001203\n")
    write(bureau / "reference" / "regions.csv", named)
    write(bureau / "renamed.csv", MERGED.replace("东社区", "东门社区"))
    call("regions", "import", bureau / "renamed.csv", "--project", bureau, "--on", "2026-09-01")
    assert table_of(bureau).count("2026-07-31,439901001203\n") == 2
    shown = call("regions", "show", "439901001201", "--project", bureau, "--json").data
    assert_shaped("regions show", shown)
    assert [region["region_code"] for region in shown["now"]] == ["439901001203"]
    versions = call("regions", "show", "东门社区", "--project", bureau, "--json").data["versions"]
    assert [(v["name_zh"], v["valid_from"], v["valid_to"]) for v in versions] == [
        ("东社区", None, "2026-08-31"),
        ("东门社区", "2026-09-01", None),
    ]


#  what is brought in | what is told
MISTAKES = {
    "a row that is none": (LIST + "4399010012,220,丙村\n", "list.csv:7: code '4399010012' is not"),
    "another table": ("a,b\n1,2\n", "no column is known as the code and the name"),
    "a successor that is not there": (
        "code,name,valid_to,successor\n439901001201,甲村,2026-07-31,439901001299\n",
        "list.csv:2: 439901001201: successor 439901001299 is not in the table",
    ),
    "a parent that is not there": (
        "code,name,parent\n439901001201,甲村,439909001000\n",
        "list.csv:2: 439901001201: parent_code '439909001000' is not in the table",
    ),
    "two names at once": ("code,name\n4399,甲\n4399,乙\n", "list.csv:3: 439900000000 stands in list.csv:2 too"),
    "another encoding": ("臺灣省臺北市萬華區頂碩里", "expected: CSV in UTF-8 or GB18030, or an XLSX workbook"),
}


@pytest.mark.parametrize(("content", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_file_with_mistakes_changes_nothing(tmp_path: Path, call: Call, content: str, words: str) -> None:
    root = write_project(tmp_path / "bureau")
    encoding = "big5" if "臺" in content else "utf-8"
    (path := tmp_path / "list.csv").write_bytes(content.encode(encoding))
    called = call("regions", "import", path, "--project", root, "--on", "2026-08-01")
    assert (called.exit_code, table_of(root)) == (2, REGIONS)
    assert words in "".join(called.messages.split("\n"))
    assert [p.name for p in (root / "reference").iterdir()] == ["regions.csv"]


def test_a_table_of_another_shape_in_its_place_is_read(bureau: Path, call: Call) -> None:
    write(bureau / "reference" / "regions.csv", "code,name\n439901,某县\n439901001,东镇\n439901001201,甲村\n")
    refused = call("regions", "show", "--project", bureau)
    assert refused.exit_code == 2
    assert "liandao regions import FILE" in refused.messages
    done = call("regions", "import", bureau / "reference" / "regions.csv", "--project", bureau)
    assert done.exit_code == 0, done.messages
    assert "439901001201,甲村,community,439901001000,,,,\n" in table_of(bureau)


def test_a_packed_table_stays_packed(bureau: Path, call: Call) -> None:
    packed = bureau / "reference" / "regions.csv.gz"
    packed.write_bytes(gzip.compress(REGIONS.encode()))
    write(bureau / "list.csv", LIST)
    words = ("--project", bureau, "--on", "2026-08-01")
    assert call("regions", "import", bureau / "list.csv", *words).exit_code == 0
    assert not (bureau / "reference" / "regions.csv").exists()
    assert region_path() == packed
    assert {"430102001001", "439901001201"} <= region_table().latest.keys()


#  communities that the project speaks of | what is told
EXPECTED = [(None, None), (3, None), (29308, "the project speaks of 29,308 communities: -29,305")]


@pytest.mark.parametrize(("expected", "words"), EXPECTED)
def test_counts_are_told_and_not_forced(tmp_path: Path, call: Call, expected: int | None, words: str | None) -> None:
    root = write_project(tmp_path / "bureau", **({"survey": {"communities": expected}} if expected else {}))
    (root / "reference" / "regions.csv").unlink()
    write(tmp_path / "list.csv", LIST)
    called = call("regions", "import", tmp_path / "list.csv", "--project", root)
    assert called.exit_code == 0
    assert (words in called.messages) if words else ("speaks of" not in called.messages)


def test_counts_by_level_and_kind(bureau: Path, call: Call) -> None:
    write(bureau / "list.csv", LIST)
    write(bureau / "merged.csv", MERGED)
    call("regions", "import", bureau / "list.csv", "--project", bureau)
    call("regions", "import", bureau / "merged.csv", "--project", bureau, "--on", "2026-08-01")
    counted = call("regions", "show", "--project", bureau, "--json").data
    assert_shaped("regions show", counted)
    assert counted["levels"] == {
        "county": {"valid": 1, "closed": 0, "to_come": 0},
        "township": {"valid": 1, "closed": 0, "to_come": 0},
        "community": {"valid": 2, "closed": 2, "to_come": 0},
    }
    assert counted["communities"] == {"all": 2, "village": 1, "residents": 1, "kind_stated": 0}
    assert "2 个村（社区） communities" in call("regions", "show", "--project", bureau).out


#  what is typed | exit code | what is told
LOOK_UPS = [
    ("430102001001", 0, "430102001001 某社区 · 某省 › 某市 › 某区 › 某街道"),
    ("430102", 0, "430102000000 某区"),
    ("邻社区", 0, "430102001002 邻社区"),
    ("430102001003", 2, "did you mean 430102001002 邻社区, 430102001001 某社区"),
    ("邻近社区", 2, "did you mean 430102001002 邻社区"),
    ("村社", 2, "there is no such region"),
    ("999999999999", 2, "a code or a name, as in reference/regions.csv"),
    ("4301020010011", 2, "430102001001 某社区"),
    ("", 2, "there is no such region"),
]


@pytest.mark.parametrize(("typed", "exit_code", "words"), LOOK_UPS)
def test_looking_up(tmp_path: Path, call: Call, typed: str, exit_code: int, words: str) -> None:
    root = write_project(tmp_path / "bureau")
    called = call("regions", "show", typed, "--project", root)
    assert called.exit_code == exit_code, called.messages
    assert words in "".join((called.out + called.messages).split("\n"))


#  options | what is told
REFUSED = [
    (("--only", "4x"), "no beginning of a code"),
    (("--only", "4"), "no beginning of a code"),
    (("--on", "1.8.2026"), "--on"),
    (("--only", "36"), "no region was found"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_options_that_mean_nothing(bureau: Path, call: Call, options: tuple[str, ...], words: str) -> None:
    write(bureau / "list.csv", LIST)
    called = call("regions", "import", bureau / "list.csv", "--project", bureau, *options)
    assert called.exit_code == 2
    assert words in called.messages
    assert not (bureau / "reference" / "regions.csv").exists()


def test_without_regions_the_next_step_is_told(bureau: Path, call: Call) -> None:
    called = call("regions", "show", "--project", bureau)
    assert called.exit_code == 2
    assert "liandao regions import FILE" in called.messages
