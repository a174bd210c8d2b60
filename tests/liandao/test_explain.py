"""``explain`` of one word: what it says is held against the sources, the files of the home and the declarations."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from liandao.commands.platforms import list_platforms
from liandao.commands.table import COMMANDS
from liandao.effective import effective
from liandao.explaining.errors import FILE, command_for, error_texts, explain_error
from liandao.explaining.settings import explain_setting
from liandao.settings import Settings, read_settings
from schemas.errors import GateStopped, SourceUnreachable, error_kinds
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.test_landing import OTHER, bring, read, settings, stop, two_nights, unify
from tests.projects import COMMUNITY, PLATFORM, write

__all__ = ["settings", "two_nights"]


def ask(call: Call, word: str, *words: object) -> Any:
    called = call("explain", word, *words, "--json")
    assert called.exit_code == 0, called.messages
    assert_shaped("explain", called.data)
    shown = call("explain", word, *words)
    assert (shown.exit_code, shown.messages) == (0, "")
    assert shown.out
    return called.data


def test_every_error_has_a_text_in_both_languages_and_none_is_left_over() -> None:
    assert error_texts().keys() == error_kinds().keys()
    for code, kind in error_kinds().items():
        told = explain_error(code)
        assert told.title.zh == kind.title_zh
        for words in (told.means, *told.causes, *told.do):
            assert any("\u4e00" <= c <= "\u9fff" for c in words.zh) or words.zh.startswith("liandao"), words
            assert not any("\u4e00" <= c <= "\u9fff" for c in words.en), words
        assert len(told.causes) >= 1 <= len(told.do)


def test_commands_that_texts_tell_to_run_are_commands() -> None:
    text = FILE.read_text(encoding="utf-8")
    named = set(re.findall(r"liandao ([a-z]+)", text))
    assert named <= {listed.name for listed in COMMANDS}
    assert len(named) > 10


def test_every_setting_in_effect_has_a_text(two_nights: Path) -> None:
    for entry in effective(read_settings(project=two_nights)):
        assert explain_setting(entry).does.zh, entry


def test_an_error_is_explained_without_a_project(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ask(call, "LD-4005")
    assert told["topic"] == "error"
    assert "published/current" in told["means"]["en"]
    assert ask(call, "ld4005") == told
    called = call("explain", "LD-4055", "--json")
    assert (called.exit_code, "did you mean LD-4005" in json.loads(called.messages)["message"]) == (2, True)


@pytest.mark.parametrize("word", ["FORM.CERT_NO.CHECK_DIGIT", "core_form.cert_no.check_digit"])
def test_a_rule_is_explained(two_nights: Path, call: Call, word: str) -> None:
    told = ask(call, word, "--project", two_nights)
    assert (told["code"], told["severity"]) == ("FORM.CERT_NO.CHECK_DIGIT", "flag")
    assert told["dimension"] == "准确性 accuracy"
    of_table = ask(call, "FORM.ROWS", "--project", two_nights)
    assert (of_table["severity"], of_table["column"]) == ("stop", None)


def test_a_figure_is_explained_with_what_it_stands_on(two_nights: Path, call: Call) -> None:
    told = ask(call, "m01", "--project", two_nights)
    (rows,) = call("metrics", "M01", "--json", "--project", two_nights).data
    assert (told["measure_id"], told["published"]["value"], told["rule_version"]) == (
        "M01", rows["value"], rows["rule_version"],
    )  # fmt: skip
    assert told["published"]["denominator"] == rows["denominator"]
    assert (told["generation"], told["stale"]) == (2, [])


def test_a_setting_is_explained(two_nights: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDAO_WORKERS", "3")
    told = ask(call, "settings.workers", "--project", two_nights)
    assert (told["value"], told["origin"]) == ("3", "LIANDAO_WORKERS")
    assert ask(call, "workers", "--project", two_nights) == told
    assert ask(call, "window.scope", "--project", two_nights)["change"].startswith("liandao.yml: scope")
    assert ask(call, "retention.generations", "--project", two_nights)["value"] == "3"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("setings.workers", "did you mean settings.workers"),
        ("M033", "did you mean M03"),
        ("FORM.CERT_NO.CHECK_DIGITS", "did you mean FORM.CERT_NO.CHECK_DIGIT"),
        (f"{PLATFORM}:usage:nobody", "no such record"),
        ("zzz", "nothing here is called 'zzz'"),
    ],
)
def test_an_unknown_word_says_what_may_have_been_meant(two_nights: Path, call: Call, word: str, message: str) -> None:
    called = call("explain", word, "--json", "--project", two_nights)
    assert (called.exit_code, called.out) == (2, "")
    assert message in json.loads(called.messages)["message"]


def test_records_and_batches_are_followed_from_their_file_to_where_they_are(settings: Settings, call: Call) -> None:
    home, where = settings.home, ("--project", settings.project)
    bring(settings, 2)
    log = home / PLATFORM / "log_2.csv"
    write(log, log.read_text(encoding="utf-8") + f"29,{COMMUNITY},worker,create,someday\n")
    assert read(settings) == []
    (waiting, _) = sorted((home / "landing").glob("*/*/landed.json"), key=lambda p: p.stat().st_mtime_ns)[-2:]
    batch_id = waiting.parent.name
    assert ask(call, batch_id, *where)["state"] == "to load"
    unify(settings)
    published = ask(call, f"{PLATFORM}:usage:21", *where)
    assert (published["fate"], published["unit"], published["unit_row"], published["batch_id"]) == (
        "published", "log_2.csv", 1, batch_id,
    )  # fmt: skip
    refused = ask(call, f"{PLATFORM}:usage:29", *where)
    assert (refused["fate"], refused["unit"], refused["unit_row"]) == ("quarantine", "log_2.csv", 2)
    assert "USAGE_EVENT.OCCURRED_AT.CAST" in refused["reasons"]
    rule = ask(call, refused["reasons"][0], *where)
    assert (rule["rows"], rule["hits"]) == (1, [{"platform_id": PLATFORM, "stream": "usage", "rows": 1}])
    batch = ask(call, batch_id, *where)
    assert (batch["state"], batch["generation"], batch["rows"], batch["next"]) == ("published", 3, {"usage": 3}, None)
    with duckdb.connect(str(home / "published" / "g000003" / "warehouse.duckdb"), read_only=True) as con:
        assert con.execute("SELECT run_id FROM ctl_run WHERE generation = 3").fetchone() == (batch["loaded_by"],)

    call("rollback", "2", "--reason", "错误的对照表", *where)
    aside = ask(call, batch_id, *where)
    assert (aside["state"], aside["reason"]) == ("aside", "错误的对照表")
    assert aside["next"] == f"liandao batch release {batch_id}"
    call("batch", "release", batch_id, *where)
    oldest = min(p.parent.name for p in (home / "landing").glob("*/*/landed.json"))
    (file,) = (home / "landing").glob(f"*/{oldest}/*.parquet")
    file.unlink()
    call("batch", "accept-loss", oldest, "--reason", "坏道", *where)
    assert (ask(call, oldest, *where)["state"], ask(call, oldest, *where)["reason"]) == ("lost", "坏道")
    assert ask(call, f"{PLATFORM}:usage:0", *where)["unit"] is None, "nothing is made up where the file is gone"


def test_a_platform_that_failed_says_what_to_run(settings: Settings) -> None:
    home = settings.home
    (home / OTHER).rename(home / "away")
    bring(settings, 2, [PLATFORM])
    read(settings)
    stop(settings)
    unify(settings)
    rows = {row.platform_id: row for row in list_platforms(home, None)}
    assert rows[OTHER].next == f"liandao check {OTHER}" == command_for(SourceUnreachable.code, OTHER)
    assert rows[PLATFORM].error is not None
    assert rows[PLATFORM].error.startswith(GateStopped.code)
    assert rows[PLATFORM].next == "liandao batch list"
