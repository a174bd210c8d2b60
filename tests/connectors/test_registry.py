"""Platform files, right and wrong. A table of mistakes: what was written, where the error points, what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.registry import load_platform, load_platform_file, load_registry
from schemas.errors import PlatformFileError
from tests.project_folder import LINE, LOG, ProjectFolder

HTTP = "  family: http_page\n"
FILES = "  family: folder_files\n  format:\n    type: "


def write(tmp_path: Path, text: str, name: str = "rizhi.yml") -> Path:
    path = tmp_path / "grid" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file(tmp_path: Path) -> None:
    platform = load_platform_file(write(tmp_path, LOG), "grid")
    assert (platform.platform_id, platform.line_id) == ("rizhi", "grid")
    assert platform.file.streams["usage"].fields["czsj"] == "occurred_at"


MISTAKES: list[tuple[str, str, str, int, str]] = [
    ("no such column", "sq: community_code", "sq: community", 21, "no column community to map to; did you mean comm"),
    ("a column of ours", "sq: community_code", "sq: record_id", 21, "no column record_id"),
    ("what columns there are", "sq: community_code", "sq: xxx", 21, "columns: source_key, changed_at, community_code"),
    ("a column twice", "gxsj: changed_at", "gxsj: occurred_at", 18, "occurred_at is filled more than once: gxsj, czsj"),
    ("a key that is no key", "key: rz_id", "key: gxsj", 13, "mapped to source_key"),
    ("a key that is not mapped", "key: rz_id", "key: rzid", 13, "mapped to source_key; did you mean rz_id?"),
    ("a cursor that is no time", "cursor: gxsj", "cursor: sq", 14, "mapped to changed_at"),
    ("a required column missing", "      czlx: action_code\n", "", 18, "action_code is required"),
    ("an unknown code", '"1": worker', '"1": arbeiter', 27, "not a code of list account_kind"),
    ("codes for nothing", "account_kind_code:\n", "account_code:\n", 26, "column; did you mean account_kind_code?"),
    ("a pattern for text", "formats:\n      occurred_at", "formats:\n      action_code", 30, "only dates and times"),
    ("a pattern that reads nothing", "%Y%m%d%H%M%S", "%H:%M", 30, "strptime pattern"),
    ("ignored and mapped", "- bz", "- bz\n      - sq", 33, "sq is mapped too"),
    ("a name of landing's", "- bz", "- _row", 32, "taken by landing"),
    ("optional, not mapped", "ignore:", "optional: [czsi]\n    ignore:", 31, "czsi is not mapped; did you mean czsj?"),
    ("an optional key", "ignore:", "optional: [rz_id]\n    ignore:", 31, "every row needs it"),
    ("an optional cursor", "ignore:", "optional: [gxsj]\n    ignore:", 31, "every row needs it"),
    ("an unknown key", "go_live: ", "golive: ", 1, "go_live: is required"),
    ("an unknown key's name", "go_live: ", "golive: ", 6, "did you mean go_live?; may stand here: profile, title"),
    ("an unknown stream", "  usage:", "  use:", 11, "there is no stream kind 'use'; did you mean usage?; form, case"),
    ("a key twice", "owner:\n", "owner:\n  org: 他局\nowner:\n", 6, "stands twice"),
    ("a number for text", '"1": worker', "1: worker", 27, "put it in quotes"),
    ("a family that is none", "http_page", "http_pages", 8, "'http_pages'; did you mean http_page?; http_page, http"),
    ("paging without pages", HTTP, "  family: sql\n  paging:\n    size: 5\n", 9, "does not page"),
    ("options of no family", HTTP, HTTP + "  options:\n    a: b\n", 9, "family http_page has none"),
    ("files without a format", "http_page", "folder_files", 7, "is needed by the families that read files"),
    ("a format without files", HTTP, HTTP + "  format:\n    type: csv\n", 9, "is needed by the families that read"),
    ("SFTP without account", HTTP, "  family: sftp_files\n  format:\n    type: csv\n", 7, "sftp_files needs one"),
    ("XML without a tag", HTTP, FILES + "xml\n", 9, "record_tag: is required and not there (format xml)"),
    ("a format that is none", HTTP, FILES + "cvs\n", 10, "no format 'cvs'; did you mean csv?; csv, xlsx, xml"),
    ("a sheet in CSV", HTTP, FILES + "csv\n    sheet: a\n", 11, "may stand here: encoding, delimiter"),
    ("title lines in CSV", HTTP, FILES + "csv\n    header_row: 2\n", 11, "not a key that may stand here (format csv)"),
    ("a row that is none", HTTP, FILES + "xlsx\n    header_row: 0\n", 11, "greater than or equal to 1"),
    ("two delimiters", HTTP, FILES + 'csv\n    delimiter: "||"\n', 11, "at most 1 character"),
    ("an encoding", HTTP, FILES + "csv\n    encoding: gbk\n", 11, "write gb18030"),
    ("no encoding", HTTP, FILES + "csv\n    encoding: latin\n", 11, "'latin' may not stand here (format csv); utf-8"),
    ("another host", "source: api/rizhi", "source: //evil/rizhi", 12, "path below the endpoint"),
    ("a way out", "source: api/rizhi", "source: api/../../rizhi", 12, "path below the endpoint"),
    ("a query in the path", "source: api/rizhi", 'source: "api?x=1"', 12, "path below the endpoint"),
    ("an unknown placeholder", "api/rizhi", "${platfrom}/rizhi", 12, "'${platfrom}'; did you mean ${platform}?"),
    ("braces", "endpoint: rizhi", "endpoint: {platform}", 9, "text in braces as a mapping: put it in quotes"),
    ("a floor in words", "floor: 0", "floor: many", 16, "1000, or 500 per week"),
    ("a period that is none", "floor: 0", "floor: 5 per fortnight", 16, "alone or 'per' one of day, week, month, year"),
    ("a floor below nothing", "floor: 0", "floor: -1", 16, "is not a number of rows"),
    ("a floor above the ceiling", "floor: 0", "floor: 101", 16, "lies above the ceiling of 100"),
    ("retired before it began", "go_live: 2024-01-01", "go_live: 2024-01-01\nretired: 2023-01-01", 7, "before go_live"),
    ("a region that is none", "go_live:", "eligible:\n  regions: [43010]\ngo_live:", 7, "quotes"),
    ("masked but not mapped", "go_live:", "masked: [cert_no]\ngo_live:", 6, "mapped by no stream"),
    ("a constant and a field", "ignore:", "constants: {action_code: view}\n    ignore:", 18, "czlx, constants"),
    ("not YAML", "title:\n", "title: {{\n", 3, "not YAML"),
    ("a Python tag", "title:\n  zh: 日志\n  en: log", "title: !!python/object/apply:os.system [id]", 1, "not YAML"),
]


@pytest.mark.parametrize(("name", "old", "new", "line", "sentence"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistakes(folder: ProjectFolder, name: str, old: str, new: str, line: int, sentence: str) -> None:
    assert old in LOG, name
    path = folder.write("sources/grid/rizhi.yml", LOG.replace(old, new, 1))
    with pytest.raises(PlatformFileError) as caught:
        load_platform_file(path, "grid")
    message = str(caught.value)
    assert sentence in message
    assert f"line {line}:" in message or f"rizhi.yml:{line}" in message
    assert str(path) in caught.value.where


RESERVED = ["drift", "rhythm", "sequence", "delivers", "lookback", "deletions"]


@pytest.mark.parametrize(
    ("key", "old"), [*((key, "    cursor:") for key in RESERVED), ("limits", "  endpoint:")], ids=[*RESERVED, "limits"]
)
def test_reserved_keys_say_what_they_wait_for(folder: ProjectFolder, key: str, old: str) -> None:
    indent = old.partition(old.strip())[0]
    path = folder.write("sources/grid/rizhi.yml", LOG.replace(old, f"{indent}{key}: 1\n{old}"))
    with pytest.raises(PlatformFileError, match=f"{key}: is reserved, and this version does not do it yet"):
        load_platform_file(path, "grid")


def test_a_constant_of_no_list(tmp_path: Path) -> None:
    path = write(tmp_path, LOG + "    constants:\n      action_code: tanzen\n")
    with pytest.raises(PlatformFileError, match=r"line 34: .*not a code of list action"):
        load_platform_file(path, "grid")


def test_no_time_of_change_at_all(tmp_path: Path) -> None:
    lines = [s for s in LOG.splitlines() if not s.strip().startswith(("gxsj", "czsj", "formats", "occurred_at"))]
    with pytest.raises(PlatformFileError, match=r"line 18: .*changed_at is required"):
        load_platform_file(write(tmp_path, "\n".join(lines).replace("cursor: gxsj", "cursor: null")), "grid")


@pytest.mark.parametrize("name", ["Ri zhi.yml", "9a.yml", "rizhi.yaml"])
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlatformFileError, match=r"lower-case letters|would not be read"):
        load_platform_file(write(tmp_path, LOG, name), "grid")


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = LOG.replace("sq: community_code", "sq: community").replace("worker", "arbeiter").replace("- bz", "- sq")
    with pytest.raises(PlatformFileError) as caught:
        load_platform_file(write(tmp_path, text), "grid")
    assert caught.value.message.startswith("3 problem(s)")
    assert [line in caught.value.found for line in ("line 21", "line 27", "line 32")] == [True] * 3


def test_vocabularies_that_are_none_are_told_with_the_rest(tmp_path: Path) -> None:
    text = LOG.replace('account_kind_code:\n        "1": worker\n        "2": resident', "account_kind_code: yes_know")
    with pytest.raises(PlatformFileError) as caught:
        load_platform_file(write(tmp_path, text.replace("go_live:", "golive:")), "grid")
    assert caught.value.message.startswith("3 problem(s)")
    sentence = "there is no vocabulary 'yes_know'; did you mean yes_no?"
    assert f"line 26: streams.usage.codes.account_kind_code: {sentence}" in caught.value.found


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
    raw: dict[str, Any] = yaml.safe_load(LOG)
    stream = raw["streams"]["usage"]
    stream |= {"fields": {**fields, "zhlx": "account_kind_code", "czlx": "action_code"}, "cursor": "t", "formats": {}}
    path = write(tmp_path, yaml.safe_dump(raw, allow_unicode=True))
    if accepted:
        load_platform_file(path, "grid")
    else:
        with pytest.raises(PlatformFileError):
            load_platform_file(path, "grid")


def test_a_tree_is_a_registry(tmp_path: Path) -> None:
    write(tmp_path, LOG)
    write(tmp_path, LOG, "second.yml")
    write(tmp_path, LINE, "_line.yml")
    registry = load_registry(tmp_path)
    assert list(registry.platforms) == ["rizhi", "second"]
    assert [p.platform_id for p in registry.platforms_of("grid")] == ["rizhi", "second"]
    assert (registry.broken, registry.broken_lines) == ({}, {})
    registry.refuse_broken()


def two_lines(folder: ProjectFolder) -> None:
    for name in ("grid/rizhi", "grid/second", "civil/third"):
        folder.write(f"sources/{name}.yml", LOG)
    for name in ("grid", "civil"):
        folder.write(f"sources/{name}/_line.yml", LINE)


#  what is written instead | platforms that are left | platforms that are broken | what is said
BROKEN = [
    ("grid/second.yml", "title: 1\n", ["rizhi", "third"], ["second"], "problem"),
    ("grid/second.yml", "profile: none\n", ["rizhi", "third"], ["second"], "no profile 'none'"),
    ("grid/fourth.yaml", LOG, ["rizhi", "second", "third"], ["fourth"], "would not be read"),
    ("grid/_line.yml", LINE.replace("30 1 * * *", "nightly"), ["third"], ["rizhi", "second"], "cron"),
    ("grid/_line.yml", LINE.replace("30 1 * * *", "30 25 * * *"), ["third"], ["rizhi", "second"], "cron"),
    ("grid/_line.yml", LINE.replace("30 1 * * *", "0 30 1 * * *"), ["third"], ["rizhi", "second"], "cron"),
    ("grid/_line.yml", LINE.replace("30 1 * * *", ""), ["third"], ["rizhi", "second"], "cron"),
    ("grid/_line.yml", None, ["third"], ["rizhi", "second"], "not there"),
    ("civil/rizhi.yml", LOG, ["second", "third"], ["rizhi"], "same platform"),
]


@pytest.mark.parametrize(("file", "text", "left", "broken", "sentence"), BROKEN)
def test_a_file_that_is_wrong_leaves_the_others_alone(
    folder: ProjectFolder, file: str, text: str | None, left: list[str], broken: list[str], sentence: str
) -> None:
    two_lines(folder)
    if text is None:
        (folder.root / "sources" / file).unlink()
    else:
        folder.write(f"sources/{file}", text)
    registry = load_registry()
    assert (sorted(registry.platforms), sorted(registry.broken)) == (left, broken)
    for name in broken:
        assert sentence in str(registry.broken[name].error)
    assert set(broken) <= {*registry.broken_of("grid"), *registry.broken_of("civil")}
    with pytest.raises(PlatformFileError, match=sentence):
        registry.refuse_broken()


def test_one_line_is_loaded_without_the_others(folder: ProjectFolder) -> None:
    two_lines(folder)
    folder.write("sources/civil/bad.yml", "[")
    registry = load_registry(only=["grid"])
    assert (list(registry.lines), list(registry.platforms), registry.broken) == (["grid"], ["rizhi", "second"], {})


def test_one_platform_is_loaded_without_the_others(folder: ProjectFolder) -> None:
    two_lines(folder)
    platform = load_registry().platforms["third"]
    folder.write("sources/civil/bad.yml", "[")
    assert load_platform("third") == platform


@pytest.mark.parametrize(("platform_id", "near"), [("secund", "did you mean second"), ("_line", ""), ("*", "")])
def test_id_without_a_file_is_said_to_have_none(folder: ProjectFolder, platform_id: str, near: str) -> None:
    two_lines(folder)
    with pytest.raises(PlatformFileError, match=f"no platform has this id.*{near}"):
        load_platform(platform_id)


def test_an_id_with_two_files_is_not_loaded(folder: ProjectFolder) -> None:
    two_lines(folder)
    folder.write("sources/civil/rizhi.yml", LOG)
    with pytest.raises(PlatformFileError, match="same platform"):
        load_platform("rizhi")
