"""Unknown names are errors that say what may have been meant; known ones come from the files that are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from connectors.registry import load_registry
from liandao import names
from schemas import decisions
from schemas.errors import UsageError
from schemas.measure_file import Grain
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.conftest import COUNTY
from tests.liandao.nights import Nights, record
from transforms.measure.load import load_measures

HOTLINE = "hotline"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("metrcs", "No such command 'metrcs'. Did you mean 'metrics', 'metrics-file'?"),
        ("review lst", "No such command 'lst'. Did you mean 'list'?"),
        ("metrics --grian line", "No such option: --grian (Possible options: --grain)"),
        ("metrics M99", "unknown measure 'M99'"),
        ("metrics M111", "unknown measure 'M111'; did you mean M11"),
        ("metrics m11", "unknown measure 'm11'; did you mean M11"),
        ("metrics M99 --rules", "unknown measure 'M99'"),
        ("metrics --grain planet", "unknown grain 'planet'; did you mean"),
        ("metrics M01 --grain months", "unknown grain of M01 'months'"),
        ("platforms --line helth", "unknown line 'helth'; did you mean health?"),
        ("check hotlin", f"unknown platform 'hotlin'; did you mean {HOTLINE}"),
        ("check nothing.yml", "there is no such file"),
        ("balance --platform hotlin", f"unknown platform 'hotlin'; did you mean {HOTLINE}"),
        ("demo --down hotline_12345,hotline_1234", "unknown platform 'hotline_1234'; did you mean hotline_12345"),
        ("review list --kind persn", "unknown kind 'persn'; did you mean person?"),
        ("review export queue.xlsx --kind persn", "unknown kind 'persn'; did you mean person?"),
        ("review decide a b sme", "unknown judgement 'sme'; did you mean same?"),
        ("review decide a b same --kind matters", "unknown kind 'matters'; did you mean matter?"),
        ("history nobody", "this id was never given"),
        ("explain nobody nobody", "both are the same record"),
        (f"explain {record('a1')} {record('nobody')}", "no such record"),
        ("sql SELECT*FROM/**/fact_fomr", "fact_form"),
        ("sql SELECT/**/persn_id/**/FROM/**/link_person", "person_id"),
    ],
)
def test_an_unknown_name_is_a_usage_error(measured: Nights, call: Call, words: str, message: str) -> None:
    called = call(*words.split(), "--home", measured.home, "--json")
    assert (called.exit_code, called.out) == (2, "")
    error = json.loads(called.messages)
    assert_shaped("error", error)
    assert message in error["message"]
    as_text = call(*words.split(), "--home", measured.home)
    assert (as_text.exit_code, as_text.out) == (2, "")
    assert as_text.messages.startswith(f"{error['error']} ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("match people.parquet --out out --engine sparc", "unknown engine 'sparc'; did you mean spark?"),
        ("completion bsh", "unknown shell 'bsh'; did you mean bash"),
        ("schema metrcs", "unknown command with --json 'metrcs'; did you mean metrics or metrics-file?"),
        ("schema review lst", "did you mean review list"),
        ("schema", "no command with --json is named"),
        ("--versoin", "No such option: --versoin (Possible options: --version)"),
    ],
)
def test_an_unknown_name_where_no_home_is_read(call: Call, words: str, message: str) -> None:
    called = call(*words.split())
    assert (called.exit_code, called.out) == (2, "")
    assert message in " ".join(called.messages.split())


def test_a_figure_that_is_declared_and_not_published_is_no_error(measured: Nights, call: Call) -> None:
    called = call("metrics", "M01", "--grain", "platform", "--json", "--home", measured.home)
    assert (called.exit_code, called.data) == (0, [])
    assert "liandao run" in called.messages


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("helth", ["health", "wealth", "grid"], ["health", "wealth"]),
        ("HEALTH", ["health"], ["health"]),
        ("hot", ["hotline_12345", "shot_log", "grid"], ["hotline_12345", "shot_log"]),
        ("xyz", ["health"], []),
        ("", ["health"], []),
        ("a", [], []),
    ],
)
def test_what_may_have_been_meant(name: str, known: list[str], meant: list[str]) -> None:
    assert names.suggest(name, known) == meant


def test_the_names_are_listed_if_they_are_few() -> None:
    assert names.require("line", "b", ["b", "a"], where="--line") == "b"
    with pytest.raises(UsageError) as few:
        names.require("line", "c", ["b", "a"], where="--line")
    assert few.value.expected == "a, b"
    with pytest.raises(UsageError) as many:
        names.require("line", "c", map(str, range(100)), where="--line")
    assert many.value.expected.endswith("(100 in all)")
    assert many.value.expected.count(",") == names.MOST_SHOWN
    with pytest.raises(UsageError, match="unknown line") as none:
        names.require("line", "c", [], where="--line")
    assert none.value.expected == "nothing: there is none"


def test_names_come_from_files(tmp_path: Path) -> None:
    for path in ("health/_line.yml", "health/beds.yml", "grid/events.yml", "notes.yml", "grid/old/gone.yml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert names.platform_ids(tmp_path) == ["beds", "events"]
    assert names.line_ids(tmp_path) == ["health"]
    assert names.measure_ids(tmp_path / "health", tmp_path / "nowhere") == ["_line", "beds"]


@pytest.mark.parametrize("how", ["option", "variable", "folder"])
def test_names_are_those_that_the_program_reads(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    options = {"project": COUNTY} if how == "option" else {}
    if how == "variable":
        monkeypatch.setenv("LIANDAO_PROJECT", str(COUNTY))
    if how == "folder":
        monkeypatch.chdir(COUNTY / "sources" / "grid")
    registry = load_registry(COUNTY / "sources")
    assert names.platform_ids(names.source_folder(options)) == sorted(registry.platforms)
    assert names.line_ids(names.source_folder(options)) == sorted(registry.lines)
    assert names.measure_ids(*names.measure_folders(options)) == sorted(load_measures())


def test_without_a_project_there_are_no_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LIANDAO_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    for options in ({}, {"project": tmp_path / "nowhere"}):
        assert names.platform_ids(names.source_folder(options)) == names.line_ids(names.source_folder(options)) == []


def test_words_are_those_that_are_declared() -> None:
    assert names.KINDS == decisions.KINDS
    assert names.JUDGEMENTS == decisions.JUDGEMENTS
    assert get_args(Grain) == names.GRAINS
