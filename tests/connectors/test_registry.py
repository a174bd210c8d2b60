"""Platform files, right and wrong. A table of mistakes: what was written, where the error points, what it says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.registry import load_platform, load_platform_file, load_registry
from schemas.errors import PlatformFileError

GOOD = """\
title: {zh: 日志, en: log}
owner: {org: 某局}
go_live: 2024-01-01
access: {family: http_page, endpoint: rizhi}
streams:
  usage:
    source: api/rizhi
    key: rz_id
    cursor: gxsj
    expect: {floor: 0, ceiling: 100}
    fields:
      rz_id: source_key
      gxsj: changed_at
      sq: community_code
      zhlx: account_kind_code
      czlx: action_code
      czsj: occurred_at
    codes:
      account_kind_code: {"1": worker, "2": resident}
    formats: {occurred_at: "%Y%m%d%H%M%S"}
    ignore: [bz]
"""


def write(tmp_path: Path, text: str, name: str = "rizhi.yml") -> Path:
    path = tmp_path / "grid" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file(tmp_path: Path) -> None:
    platform = load_platform_file(write(tmp_path, GOOD), "grid")
    assert (platform.platform_id, platform.line_id) == ("rizhi", "grid")
    assert platform.file.streams["usage"].fields["czsj"] == "occurred_at"


FILES = "access: {family: folder_files, endpoint: rizhi, format: {type: %s}}"
MISTAKES: list[tuple[str, str, str, int, str]] = [
    ("no such column", "sq: community_code", "sq: community", 14, "no column community"),
    ("a column of ours", "sq: community_code", "sq: record_id", 14, "no column record_id"),
    ("a column twice", "gxsj: changed_at", "gxsj: occurred_at", 11, "occurred_at is filled more than once: gxsj, czsj"),
    ("a key that is no key", "key: rz_id", "key: gxsj", 8, "mapped to source_key"),
    ("a key that is not mapped", "key: rz_id", "key: nichts", 8, "mapped to source_key"),
    ("a cursor that is no time", "cursor: gxsj", "cursor: sq", 9, "mapped to changed_at"),
    ("a required column missing", "      czlx: action_code\n", "", 11, "action_code is required"),
    ("no time of change at all", "      gxsj: changed_at\n      czsj", "      czsj1", 11, "changed_at is required"),
    ("an unknown code", '"1": worker', '"1": arbeiter', 19, "not a code of list account_kind"),
    ("codes for nothing", "account_kind_code: {", "function_code: {", 19, "no field is mapped"),
    ("a pattern for text", "{occurred_at: ", "{action_code: ", 20, "only dates and times"),
    ("a pattern that reads nothing", "%Y%m%d%H%M%S", "%H:%M", 20, "strptime pattern"),
    ("ignored and mapped", "ignore: [bz]", "ignore: [bz, sq]", 21, "sq is mapped too"),
    ("a name of landing's", "ignore: [bz]", "ignore: [_row]", 21, "taken by landing"),
    ("an unknown key", "go_live: ", "golive: ", 1, "Field required"),
    ("a key twice", "owner: {org: 某局}", "owner: {org: 某局}\nowner: {org: 他局}", 3, "stands twice"),
    ("a number for text", '{"1": worker', "{1: worker", 19, "put it in quotes"),
    ("a family that is none", "http_page", "http_pages", 4, "'http_page'"),
    ("paging without pages", "family: http_page,", "family: sql, paging: {size: 5},", 4, "does not page"),
    ("files without a format", "http_page", "folder_files", 4, "is needed by the families of files"),
    ("SFTP without account", "http_page,", "sftp_files, format: {type: csv},", 4, "SFTP needs one"),
    ("XML without a tag", "access: {family: http_page, endpoint: rizhi}", FILES % "xml", 4, "is needed by xml"),
    ("a sheet in CSV", "access: {family: http_page, endpoint: rizhi}", FILES % "csv, sheet: a", 4, "has no sheets"),
    (
        "title lines in CSV",
        "access: {family: http_page, endpoint: rizhi}",
        FILES % "csv, header_row: 2",
        4,
        "only xlsx",
    ),
    ("another host", "source: api/rizhi", "source: //evil/rizhi", 7, "path below the endpoint"),
    ("a way out", "source: api/rizhi", "source: api/../../rizhi", 7, "path below the endpoint"),
    ("a query in the path", "source: api/rizhi", 'source: "api?x=1"', 7, "path below the endpoint"),
    ("retired before it began", "go_live: 2024-01-01", "go_live: 2024-01-01\nretired: 2023-01-01", 4, "before go_live"),
    ("a region that is none", "go_live:", "eligible: {regions: [43010]}\ngo_live:", 3, "quotes"),
    ("masked but not mapped", "go_live:", "masked: [cert_no]\ngo_live:", 3, "mapped by no stream"),
    ("a constant and a field", "ignore: [bz]", "constants: {action_code: view}", 11, "czlx, constants"),
    ("a constant of no list", "      czlx: action_code\n", "", 0, ""),
    ("not YAML", "title: {", "title: {{", 2, "not YAML"),
    ("a Python tag", "title: {zh: 日志, en: log}", "title: !!python/object/apply:os.system [id]", 1, "not YAML"),
    ("a name with a space", "", "", 1, "lower-case letters"),
]


@pytest.mark.parametrize(("name", "old", "new", "line", "sentence"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistakes(tmp_path: Path, name: str, old: str, new: str, line: int, sentence: str) -> None:
    text, file = GOOD.replace(old, new, 1) if old else GOOD, "rizhi.yml"
    if name == "a constant of no list":
        text += "    constants: {action_code: tanzen}\n"
        line, sentence = 21, "not a code of list action"
    if name == "no time of change at all":
        text = GOOD.replace("      gxsj: changed_at\n", "").replace("      czsj: occurred_at\n", "")
        text, line = text.replace("cursor: gxsj", "cursor: null"), 11
        text = text.replace('    formats: {occurred_at: "%Y%m%d%H%M%S"}\n', "")
    if name == "a name with a space":
        file = "Ri zhi.yml"
    with pytest.raises(PlatformFileError) as caught:
        load_platform_file(write(tmp_path, text, file), "grid")
    message = str(caught.value)
    assert sentence in message
    assert f"line {line}:" in message or f"{file}:{line}" in message
    assert str(tmp_path / "grid" / file) in caught.value.where


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("sq: community_code", "sq: community").replace("worker", "arbeiter").replace("[bz]", "[bz, sq]")
    with pytest.raises(PlatformFileError) as caught:
        load_platform_file(write(tmp_path, text), "grid")
    assert caught.value.message.startswith("3 problem(s)")
    assert [line in caught.value.found for line in ("line 14", "line 19", "line 21")] == [True] * 3


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ({"rz_id": "source_key", "t": "changed_at", "czsj": "occurred_at"}, True),
        ({"rz_id": "source_key", "t": "occurred_at"}, True),
        ({"rz_id": "source_key", "t": "duration_s", "czsj": "occurred_at"}, False),
    ],
)
def test_the_event_time_may_stand_for_the_time_of_change(
    tmp_path: Path, fields: dict[str, str], accepted: bool
) -> None:
    raw: dict[str, Any] = yaml.safe_load(GOOD)
    stream = raw["streams"]["usage"]
    stream |= {"fields": {**fields, "zhlx": "account_kind_code", "czlx": "action_code"}, "cursor": "t", "formats": {}}
    path = write(tmp_path, yaml.safe_dump(raw, allow_unicode=True))
    if accepted:
        load_platform_file(path, "grid")
    else:
        with pytest.raises(PlatformFileError):
            load_platform_file(path, "grid")


LINE = 'title: {zh: 网格, en: grid}\nowner: {org: 某局}\nschedule: "30 1 * * *"\n'


def test_a_tree_is_a_registry(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "second.yml")
    write(tmp_path, LINE, "_line.yml")
    registry = load_registry(tmp_path)
    assert list(registry.platforms) == ["rizhi", "second"]
    assert [p.platform_id for p in registry.platforms_of("grid")] == ["rizhi", "second"]


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("_line.yml", LINE.replace("30 1 * * *", "nightly"), "cron"),
        ("_line.yml", None, "not there"),
        ("second.yml", "title: 1\n", "problem"),
    ],
)
def test_a_tree_with_a_mistake(tmp_path: Path, file: str, text: str | None, sentence: str) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, LINE, "_line.yml")
    if text is None:
        (tmp_path / "grid" / file).unlink()
    else:
        write(tmp_path, text, file)
    with pytest.raises(PlatformFileError, match=sentence):
        load_registry(tmp_path)


def test_the_same_platform_in_two_lines(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, LINE, "_line.yml")
    (tmp_path / "land").mkdir()
    for name, text in (("rizhi.yml", GOOD), ("_line.yml", LINE)):
        (tmp_path / "land" / name).write_text(text, encoding="utf-8")
    with pytest.raises(PlatformFileError, match="same platform"):
        load_registry(tmp_path)


def test_the_whole_estate_loads_quickly() -> None:
    load_registry()
    best = min(_timed() for _ in range(3))
    assert best < 0.5 * 3, "three times the promise, for a busy machine"


def _timed() -> float:
    started = time.process_time()
    load_registry()
    return time.process_time() - started


def test_one_platform_is_loaded_without_the_others() -> None:
    assert load_platform("social_assistance") == load_registry().platforms["social_assistance"]


@pytest.mark.parametrize("platform_id", ["no_such_platform", "_line"])
def test_id_without_a_file_is_said_to_have_none(platform_id: str) -> None:
    with pytest.raises(PlatformFileError, match="no platform has this id"):
        load_platform(platform_id)
