"""Vocabularies: said once, named by many, verified in their own file and where they are used."""

from __future__ import annotations

import pytest
import yaml

from connectors.registry import load_platform_file, load_registry
from connectors.vocabularies import load_vocabulary, vocabulary_files
from schemas.errors import PlatformFileError
from tests.project_folder import LINE, LOG, ProjectFolder

KINDS = """\
# how the vendor writes kinds of account
list: account_kind
values:
  "1": worker
  "2": resident
"""
INLINE = 'account_kind_code:\n        "1": worker\n        "2": resident'
AT = 26
"""The line of the column under ``codes``."""


def log_with(codes: str) -> str:
    return LOG.replace(INLINE, codes)


def codes_of(folder: ProjectFolder, codes: str) -> dict[str, dict[str, str]]:
    path = folder.write("sources/grid/rizhi.yml", log_with(codes))
    return load_platform_file(path, "grid").file.streams["usage"].codes


BOTH = {"1": "worker", "2": "resident"}
#  what stands in the platform file | what the program gets
WRITINGS = [
    ("account_kind_code: kinds", {"account_kind_code": BOTH}),
    ("account_kind_code: [kinds]", {"account_kind_code": BOTH}),
    ("account_kind_code: [kinds, {'9': system}]", {"account_kind_code": {**BOTH, "9": "system"}}),
    ("account_kind_code: [kinds, {'2': system}]", {"account_kind_code": {"1": "worker", "2": "system"}}),
    ("account_kind_code: [{'2': system}, kinds]", {"account_kind_code": BOTH}),
    ("account_kind_code: [kinds, more]", {"account_kind_code": {**BOTH, "3": "system"}}),
    (INLINE, {"account_kind_code": BOTH}),
    ("account_kind_code: kinds\n      action_code: {'新增': create}",
     {"account_kind_code": BOTH, "action_code": {"新增": "create"}}),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "resolved"), WRITINGS, ids=[w[0] for w in WRITINGS])
def test_codes_are_plain_when_loaded(
    folder: ProjectFolder, codes: str, resolved: dict[str, dict[str, str]]
) -> None:
    folder.write("codes/kinds.yml", KINDS)
    folder.write("codes/more.yml", "list: account_kind\nvalues:\n  '3': system\n")
    assert codes_of(folder, codes) == resolved


def test_a_line_changed_changes_all_that_name_it(folder: ProjectFolder) -> None:
    folder.write("codes/kinds.yml", KINDS)
    folder.write("sources/grid/_line.yml", LINE)
    for name in ("a", "b", "c"):
        folder.write(f"sources/grid/{name}.yml", log_with("account_kind_code: kinds"))
    folder.write("codes/kinds.yml", KINDS.replace('"2": resident', '"2": system'))
    platforms = load_registry().platforms
    assert [p.file.streams["usage"].codes["account_kind_code"]["2"] for p in platforms.values()] == ["system"] * 3


#  what stands in the platform file | line below the column | what is said
MISTAKES = [
    ("account_kind_code: kind", 0, "no vocabulary 'kind'; did you mean kinds?; yes_no, channels, kinds, levels"),
    ("account_kind_code: channels", 0, "channels writes list channel, but account_kind_code holds codes of list acc"),
    ("account_kind_code: kinds\n      function_code: kinds", 1, "function_code holds no codes of any list"),
    ("account_kind_code: [kinds, knids]", 0, "codes.account_kind_code.1: there is no vocabulary 'knids'"),
    ("account_kind_code:\n      - kinds\n      - 7", 2, "is not source value: code, the name of a vocabulary, or"),
    ("account_kind_code: 7", 0, "is not source value: code, the name of a vocabulary, or a list of these"),
    ("account_kind_code:\n      - kinds\n      - '9': sistem", 2, "account_kind; did you mean system?; worker"),
]


@pytest.mark.parametrize(("codes", "below", "sentence"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistakes_in_the_platform_file(folder: ProjectFolder, codes: str, below: int, sentence: str) -> None:
    folder.write("codes/kinds.yml", KINDS)
    folder.write("codes/channels.yml", "list: channel\nvalues:\n  '1': web\n")
    folder.write("codes/levels.yml", "values:\n  满意: '5'\n")
    with pytest.raises(PlatformFileError) as caught:
        codes_of(folder, codes)
    assert f"line {AT + below}: " in caught.value.found
    assert sentence in caught.value.found


#  what the vocabulary's file holds | its line | what is said
WRONG = [
    (KINDS.replace("list: account_kind", "list: account_knd"), 2, "no code list 'account_knd'; did you mean acc"),
    (KINDS.replace("worker", "arbeiter"), 4, "'arbeiter' is not a code of list account_kind; worker, resident"),
    (KINDS.replace("worker", "workr"), 4, "did you mean worker?"),
    (KINDS.replace('"1"', "1"), 4, "put it in quotes"),
    (KINDS.replace("values:", "value:"), 3, "did you mean values?"),
    (KINDS + '  "1": system\n', 6, "stands twice"),
    ("list: account_kind\nvalues: {}\n", 2, "at least 1 item"),
    ("[", 2, "not YAML"),
]


@pytest.mark.parametrize(("text", "line", "sentence"), WRONG, ids=[w[2] for w in WRONG])
def test_mistakes_in_the_vocabulary_point_into_it(
    folder: ProjectFolder, text: str, line: int, sentence: str
) -> None:
    path = folder.write("codes/kinds.yml", text)
    with pytest.raises(PlatformFileError) as caught:
        load_vocabulary("kinds")
    assert caught.value.where == f"{path}:{line}" or f"line {line}: " in caught.value.found
    assert sentence in str(caught.value)
    with pytest.raises(PlatformFileError) as of_platform:
        codes_of(folder, "account_kind_code: kinds")
    assert f"line {AT}: streams.usage.codes.account_kind_code: vocabulary kinds is not right" in of_platform.value.found
    assert sentence in str(of_platform.value)
    assert "kinds.yml" in str(of_platform.value)


def test_without_a_list_values_are_judged_by_the_column(folder: ProjectFolder) -> None:
    """Booleans and levels have no code list; a value that the column can't hold is told with the vocabulary's line."""
    rating: dict[str, object] = yaml.safe_load(LOG)
    rating["streams"] = {
        "rating": {
            "source": "pj",
            "key": "id",
            "fields": {"id": "source_key", "sj": "rated_at", "dj": "level", "mr": "is_default", "bj": "case_no"},
            "codes": {"level": "levels", "is_default": "yes_no"},
            "constants": {"collected_code": "callback"},
        }
    }
    folder.write("codes/levels.yml", "values:\n  非常满意: '5'\n  不满意: '2'\n")
    path = folder.write("sources/grid/pj.yml", yaml.safe_dump(rating, allow_unicode=True))
    codes = load_platform_file(path, "grid").file.streams["rating"].codes
    assert codes["level"] == {"非常满意": "5", "不满意": "2"}
    assert codes["is_default"]["是"] == "true"
    folder.write("codes/levels.yml", "values:\n  非常满意: '5'\n  不满意: '7'\n")
    with pytest.raises(PlatformFileError) as caught:
        load_platform_file(path, "grid")
    assert "codes/levels.yml line 3: streams.rating.codes.level.不满意: '7' lies outside 1..5" in caught.value.found
    assert caught.value.where.endswith("levels.yml:3")


def test_the_projects_vocabulary_takes_the_place_of_the_programs(folder: ProjectFolder) -> None:
    assert "是" in load_vocabulary("yes_no").file.values
    path = folder.write("codes/yes_no.yml", "values:\n  对: 'true'\n  错: 'false'\n")
    assert vocabulary_files()["yes_no"] == path
    assert list(load_vocabulary("yes_no").file.values) == ["对", "错"]
