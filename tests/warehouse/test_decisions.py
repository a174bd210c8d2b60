"""The ledger of decisions: appended, never lost, never half there."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from schemas.decisions import DIFFERENT, SAME, Answer, decision_table, in_force
from schemas.errors import LedgerBroken, StoreError
from tests.warehouse.generation import install_as_it_is
from warehouse import decisions
from warehouse.build import open_build
from warehouse.decisions import ledger_path, read_decisions, read_looks, record_look, recover, writing
from warehouse.links import write_decisions


def act(home: Path, *pairs: str, judgement: str = SAME) -> list[str]:
    """Keep one act, a pair such as ``ab`` an entry; returns decision ids."""
    with writing(home) as ledger:
        made = ledger.append([Answer("person", a, b, judgement) for a, b in pairs], "王五", "command")
    return [d.decision_id for d in made]


def take_back(home: Path, decision_id: str) -> None:
    with writing(home) as ledger:
        ledger.append([Answer("person", "a", "b", "withdrawn", withdraws=decision_id)], "赵六", "command")


def pairs(home: Path) -> list[str]:
    return [d.left_id + d.right_id for d in read_decisions(home)]


def test_what_is_kept_is_read_back_in_order(home: Path) -> None:
    act(home, "ab")
    act(home, "dc", "ef")
    assert pairs(home) == ["ab", "cd", "ef"]
    assert {d.by for d in read_decisions(home)} == {"王五"}
    assert len({d.decision_id for d in read_decisions(home)}) == 3
    assert stat.S_IMODE(ledger_path(home).stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger_path(home).parent.stat().st_mode) == 0o700


def test_an_act_that_was_cut_off_anywhere_is_not_there_and_the_next_is(home: Path) -> None:
    act(home, "ab")
    before = ledger_path(home).stat().st_size
    act(home, "cd", "ef")
    whole = ledger_path(home).read_bytes()
    for size in range(before, len(whole)):
        ledger_path(home).write_bytes(whole[:size])
        assert pairs(home) == ["ab"], size
    for size in (before + 1, before + 40, len(whole) - 1):
        ledger_path(home).write_bytes(whole[:size])
        act(home, "gh")
        assert pairs(home) == ["ab", "gh"]


@pytest.mark.parametrize("how", ["altered", "removed", "swapped", "emptied"])
def test_a_changed_line_is_noticed(home: Path, how: str) -> None:
    for pair in ("ab", "cd", "ef"):
        act(home, pair)
    one, two, three = ledger_path(home).read_bytes().splitlines(keepends=True)
    changed = {
        "altered": [one, two.replace(b"same", b"diff"), three],
        "removed": [one, three],
        "swapped": [two, one, three],
        "emptied": [one, b"\n", three],
    }
    ledger_path(home).write_bytes(b"".join(changed[how]))
    with pytest.raises(LedgerBroken, match="line"):
        read_decisions(home)
    with pytest.raises(LedgerBroken):
        act(home, "gh")


@pytest.mark.parametrize("call", ["fsync", "pwrite"])
def test_a_full_disk_keeps_nothing_of_the_act(home: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    act(home, "ab")
    real = getattr(os, call)

    def full(*words: Any) -> Any:
        real(*words)
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(decisions.os, call, full)
    with pytest.raises(StoreError, match="could not be kept"):
        act(home, "cd")
    monkeypatch.undo()
    assert pairs(home) == ["ab"]
    act(home, "ef")
    assert pairs(home) == ["ab", "ef"]


def _append_and_die(home: Path, call: str, after: bool) -> None:
    real = getattr(os, call)

    def deadly(*words: Any) -> Any:
        if after:
            real(*words)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(decisions.os, call, deadly)
    act(home, "cd", "ef")


@pytest.mark.parametrize("call", ["pwrite", "fsync"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_while_appending(home: Path, call: str, after: bool) -> None:
    act(home, "ab")
    child = multiprocessing.get_context("fork").Process(target=_append_and_die, args=(home, call, after))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    assert pairs(home) in (["ab"], ["ab", "cd", "ef"])
    act(home, "gh")
    assert pairs(home)[-1] == "gh"


def _many(home: Path, letter: str) -> None:
    for number in range(15):
        act(home, letter + chr(ord("l") + number % 10))


def test_writers_wait_for_one_another(home: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_many, args=(home, letter)) for letter in "abc"]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert len(read_decisions(home)) == 45


def test_the_last_word_counts_until_it_is_withdrawn(home: Path) -> None:
    act(home, "ab")
    act(home, "ba", judgement=DIFFERENT)
    assert [d.judgement for d in in_force(read_decisions(home))] == [DIFFERENT]
    (last,) = act(home, "ab", judgement="unsure")
    take_back(home, last)
    assert in_force(read_decisions(home)) == []
    rows = decision_table(read_decisions(home)).to_pylist()
    assert [r["state_code"] for r in rows] == ["superseded", "superseded", "withdrawn"]
    assert rows[2]["withdrawn_by"] == "赵六"
    assert rows[0]["superseded_by"] == rows[1]["decision_id"]


def test_a_look_is_written_down(home: Path) -> None:
    record_look(home, "王五", "核对档案", "person", ["a", "b"])
    (look,) = read_looks(home)
    assert (look.by, look.entries) == ("王五", [{"kind": "person", "record_ids": ["a", "b"], "reason": "核对档案"}])


def test_a_lost_ledger_is_noticed_and_rebuilt_from_what_is_published(home: Path) -> None:
    act(home, "ab")
    (withdrawn,) = act(home, "cd")
    take_back(home, withdrawn)
    with open_build(home, "r1") as build:
        write_decisions(build, decision_table(read_decisions(home)))
    install_as_it_is(home, "r1")
    old = ledger_path(home).read_bytes().splitlines(keepends=True)[0]
    before = decision_table(read_decisions(home)).to_pylist()
    ledger_path(home).write_bytes(old)
    act(home, "ef")
    with pytest.raises(LedgerBroken, match="not in the ledger"):
        decisions.require_complete(home, read_decisions(home))
    assert recover(home, "王五") == 1
    decisions.require_complete(home, read_decisions(home))
    assert decision_table(read_decisions(home)).to_pylist()[:2] == before
    assert [d.left_id for d in in_force(read_decisions(home))] == ["a", "e"]
    assert recover(home, "王五") == 0
