"""Profiles: what platforms of one vendor share; how a file is laid over them, and where mistakes are said to stand."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from connectors.registry import check_profile, load_platform, load_platform_file, load_registry
from schemas.errors import PlatformFileError
from schemas.platform_file import PlatformFile
from tests.project_folder import LINE, ProjectFolder

VENDOR = """\
# what the vendor's platforms have in common
owner:
  org: 某局
timezone: UTC
access:
  family: http_page
  endpoint: vendor
  credential: ${platform}_key
  paging:
    size: 500
    total: data.total
    code: code
    ok: "0"
streams:
  usage:
    source: ${platform}/usage
    key: id
    cursor: at
    fields:
      id: source_key
      at: occurred_at
      kind: account_kind_code
      op: action_code
      extra: function_code
    codes:
      account_kind_code: kinds
    ignore:
      - remark
  survey:
    source: ${platform}/survey
    key: id
    fields:
      id: source_key
      at: answered_at
      about: about_platform_id
      region: community_code
      code: survey_code
"""
KINDS = "list: account_kind\nvalues:\n  '1': worker\n  '2': resident\n"
SHORT = """\
profile: vendor
title:
  zh: 甲
  en: A
go_live: 2024-01-01
"""
"""A platform that says what is its own."""


@pytest.fixture
def vendor(folder: ProjectFolder) -> ProjectFolder:
    folder.write("profiles/vendor.yml", VENDOR)
    folder.write("codes/kinds.yml", KINDS)
    folder.write("sources/grid/_line.yml", LINE)
    return folder


def loaded(folder: ProjectFolder, text: str, name: str = "jia") -> PlatformFile:
    return load_platform_file(folder.write(f"sources/grid/{name}.yml", text), "grid").file


def test_a_platform_says_only_what_differs(vendor: ProjectFolder) -> None:
    file = loaded(vendor, SHORT)
    assert (file.owner.org, file.timezone, file.access.endpoint, file.access.credential) == (
        "某局", "UTC", "vendor", "jia_key",
    )  # fmt: skip
    assert list(file.streams) == ["usage", "survey"]
    assert file.streams["usage"].source == "jia/usage"
    assert file.streams["usage"].codes == {"account_kind_code": {"1": "worker", "2": "resident"}}
    assert file.profile == "vendor"


def test_three_platforms_of_a_vendor_take_fifteen_lines_each(vendor: ProjectFolder) -> None:
    own = {
        "jia": SHORT,
        "yi": SHORT + "access:\n  endpoint: elsewhere\nstreams:\n  usage:\n",
        "bing": SHORT + "streams:\n  usage:\n    source: c/log\n    fields:\n      extra: null\n      m: function_code",
    }
    for name, text in own.items():
        assert len(text.splitlines()) <= 15
        vendor.write(f"sources/grid/{name}.yml", text)
    platforms = load_registry().platforms
    assert {name: (p.file.access.endpoint, list(p.file.streams)) for name, p in platforms.items()} == {
        "jia": ("vendor", ["usage", "survey"]), "yi": ("elsewhere", ["usage"]), "bing": ("vendor", ["usage"]),
    }  # fmt: skip
    assert platforms["bing"].file.streams["usage"].source == "c/log"
    assert "extra" not in platforms["bing"].file.streams["usage"].fields


def at(file: PlatformFile, path: str) -> Any:
    value: Any = file.model_dump(mode="json")
    for part in path.split("."):
        value = value[part]
    return value


FIELDS = {"id": "source_key", "at": "occurred_at", "kind": "account_kind_code", "op": "action_code",
          "extra": "function_code"}  # fmt: skip
#  what the platform adds | where | what comes out
LAID = [
    ("timezone: Asia/Shanghai", "timezone", "Asia/Shanghai"),
    ("access:\n  paging:\n    size: 9", "access.paging.size", 9),
    ("access:\n  paging:\n    size: 9", "access.paging.code", "code"),
    ("access:\n  paging:\n    total: null", "access.paging.total", None),
    ("access:\n  paging:\n    size: null", "access.paging.size", 1000),
    ("access:\n  paging: null", "access.paging", None),
    ("access:\n  credential: null", "access.credential", None),
    ("streams:\n  usage:\n    cursor: null", "streams.usage.cursor", None),
    ("streams:\n  usage:\n    ignore:\n      - other", "streams.usage.ignore", ["other"]),
    ("streams:\n  usage:\n    ignore: null", "streams.usage.ignore", []),
    ("streams:\n  usage:\n    fields:\n      extra: null", "streams.usage.fields",
     {k: v for k, v in FIELDS.items() if k != "extra"}),
    ("streams:\n  usage:\n    fields:\n      s: duration_s", "streams.usage.fields", {**FIELDS, "s": "duration_s"}),
    ("streams:\n  usage:\n    fields:\n      op: function_code\n      extra: action_code", "streams.usage.fields",
     {**FIELDS, "op": "function_code", "extra": "action_code"}),
    ("streams:\n  usage:\n    codes: null", "streams.usage.codes", {}),
    ("streams:\n  usage:\n    codes:\n      account_kind_code: null", "streams.usage.codes", {}),
    ("streams:\n  usage:\n    codes:\n      account_kind_code:\n        '3': system", "streams.usage.codes",
     {"account_kind_code": {"3": "system"}}),
    ("streams:\n  usage:\n    codes:\n      account_kind_code:\n        - kinds\n        - '3': system",
     "streams.usage.codes", {"account_kind_code": {"1": "worker", "2": "resident", "3": "system"}}),
    ("streams:\n  usage:\n    expect:\n      floor: 5 per week", "streams.usage.expect.floor", "5 per week"),
    ("streams:\n  usage:\n    source: ${line}/${PLATFORM}/log", "streams.usage.source", "grid/JIA/log"),
]  # fmt: skip


@pytest.mark.parametrize(("own", "path", "value"), LAID, ids=[case[0].replace("\n", " ") for case in LAID])
def test_how_a_file_is_laid_over_a_profile(vendor: ProjectFolder, own: str, path: str, value: Any) -> None:
    assert at(loaded(vendor, SHORT + own + "\n"), path) == value


def test_a_stream_of_the_platforms_own_stands_beside_those_of_the_profile(vendor: ProjectFolder) -> None:
    raw = yaml.safe_load(SHORT)
    own = {"source": "x", "key": "i", "fields": {"i": "source_key", "j": "received_at", "k": "community_code",
           "l": "category_code", "m": "status_code"}}  # fmt: skip
    raw["streams"] = {"ticket": own, "usage": None}
    assert list(loaded(vendor, yaml.safe_dump(raw)).streams) == ["usage", "ticket"]


def test_a_profile_may_follow_another(vendor: ProjectFolder) -> None:
    child = "profile: vendor\nowner:\n  office: 信息科\nstreams:\n  usage:\n    fields:\n      extra: null\n"
    vendor.write("profiles/newer.yml", child)
    check_profile(vendor.root / "profiles/newer.yml")
    file = loaded(vendor, SHORT.replace("vendor", "newer"))
    assert (file.owner.org, file.owner.office) == ("某局", "信息科")
    assert list(file.streams) == ["usage", "survey"], "a profile adds to the streams of the one it follows"
    assert "extra" not in file.streams["usage"].fields


#  what the platform's file says | file and line | what is said
IN_THE_PLATFORM = [
    (SHORT.replace("profile: vendor", "profile: vender"), 1, "no profile 'vender'; did you mean vendor?; vendor"),
    (SHORT.replace("profile: vendor", "profile: {a: 1}"), 1, "no profile"),
    (SHORT + "streams:\n  form:\n", 7, "no stream of the profile 'form'; usage, survey"),
    (SHORT + "streams:\n  form:\n    source: x\n", 7, "streams.form.key: is required and not there"),
    (SHORT + "streams:\n  usage:\n    kye: a\n", 8, "did you mean key?"),
    (SHORT + "streams:\n  usage:\n    fields:\n      op: acton_code\n", 9, "did you mean action_code?"),
    (SHORT + "streams:\n  usage:\n    fields:\n      op: null\n", 8, "action_code is required"),
    (SHORT + "owner: null\n", 6, "owner: is required and not there"),
    (SHORT + "access:\n  family: http_pag\n", 7, "did you mean http_page?"),
    (SHORT + "access:\n  endpoint: ${platfrm}\n", 7, "did you mean ${platform}?"),
    (SHORT.replace("go_live: 2024-01-01\n", ""), 1, "go_live: is required and not there"),
]


@pytest.mark.parametrize(("text", "line", "sentence"), IN_THE_PLATFORM, ids=[c[2] for c in IN_THE_PLATFORM])
def test_mistakes_of_the_platform(vendor: ProjectFolder, text: str, line: int, sentence: str) -> None:
    with pytest.raises(PlatformFileError) as caught:
        loaded(vendor, text)
    assert sentence in caught.value.found
    assert f"line {line}: " in caught.value.found
    assert "grid/jia.yml:" in caught.value.where


#  what stands in the profile instead | line of the profile | what is said
IN_THE_PROFILE = [
    ("op: action_code", "op: acton_code", 23, "did you mean action_code?"),
    ("    key: id\n    cursor: at", "    kye: id\n    cursor: at", 17, "did you mean key?"),
    ("account_kind_code: kinds", "account_kind_code: kindz", 26, "did you mean kinds?"),
    ("family: http_page", "family: http_pag", 6, "did you mean http_page?"),
    ("endpoint: vendor", "endpoint: ${PLTFORM}", 7, "no placeholder '${PLTFORM}'"),
    ("timezone: UTC", "timezone: CET", 4, "'CET' may not stand here"),
    ("  survey:", "  surveys:", 29, "did you mean survey?"),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), IN_THE_PROFILE, ids=[c[1].strip() for c in IN_THE_PROFILE])
def test_mistakes_of_the_profile_point_into_it(
    vendor: ProjectFolder, old: str, new: str, line: int, sentence: str
) -> None:
    assert VENDOR.count(old) == 1
    path = vendor.write("profiles/vendor.yml", VENDOR.replace(old, new))
    with pytest.raises(PlatformFileError) as caught:
        loaded(vendor, SHORT)
    assert f"profiles/vendor.yml line {line}: " in caught.value.found
    assert sentence in caught.value.found
    assert caught.value.where.startswith(f"{path}:")


#  profiles | what is said | in which file
CYCLES = [
    ({"a": "profile: a\n"}, "a", "follows itself: a", "a.yml:1"),
    ({"a": "timezone: UTC\nprofile: b\n", "b": "profile: a\n"}, "a", "follows itself: a -> b -> a", "b.yml:1"),
    ({"a": "profile: b\n", "b": "profile: c\n"}, "a", "no profile 'c'", "b.yml:1"),
    ({"a": "- 1\n"}, "a", "not a mapping", "a.yml:1"),
    ({"a": "title: [\n"}, "a", "not YAML", "a.yml:2"),
    ({"a": "timezone: UTC\ntimezone: UTC\n"}, "a", "stands twice", "a.yml:2"),
]


@pytest.mark.parametrize(("profiles", "name", "sentence", "where"), CYCLES, ids=[c[2] + c[3] for c in CYCLES])
def test_chains_that_lead_nowhere(
    folder: ProjectFolder, profiles: dict[str, str], name: str, sentence: str, where: str
) -> None:
    for each, text in profiles.items():
        folder.write(f"profiles/{each}.yml", text)
    with pytest.raises(PlatformFileError) as caught:
        loaded(folder, SHORT.replace("vendor", name))
    assert sentence in str(caught.value)
    assert caught.value.where.endswith(where)
    with pytest.raises(PlatformFileError):
        check_profile(folder.root / "profiles" / "a.yml")


def test_a_profile_by_itself_may_lack_what_platforms_say(vendor: ProjectFolder) -> None:
    check_profile(vendor.root / "profiles/vendor.yml")
    check_profile(vendor.write("profiles/bare.yml", "# nothing yet\n"))
    wrong = VENDOR.replace("size: 500", "size: many").replace("account_kind_code: kinds", "account_kind_code: kindz")
    with pytest.raises(PlatformFileError) as caught:
        check_profile(vendor.write("profiles/vendor.yml", wrong))
    assert [n in caught.value.found for n in ("line 10: ", "line 26: ")] == [True, True]
    assert caught.value.message == "2 problem(s) in vendor.yml"


def test_one_wrong_profile_breaks_those_who_follow_it_and_nobody_else(vendor: ProjectFolder) -> None:
    vendor.write("profiles/other.yml", VENDOR)
    for name, profile in (("jia", "vendor"), ("yi", "vendor"), ("bing", "other")):
        vendor.write(f"sources/grid/{name}.yml", SHORT.replace("vendor", profile))
    vendor.write("profiles/vendor.yml", "[")
    registry = load_registry()
    assert (list(registry.platforms), sorted(registry.broken)) == (["bing"], ["jia", "yi"])
    assert load_platform("bing").file.profile == "other"
