"""Reviewing as people do it: at a terminal, by a workbook, and by single commands."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import python_calamine
import xlsxwriter
from typer.testing import CliRunner

from liandao.cli import app
from liandao.commands.review_session import Session
from liandao.home import now
from liandao.refusals import refusals
from liandao.review_import import import_book
from liandao.reviewing import open_questions
from reports.review_book import QUEUE, read_review_book, write_review_book
from schemas.decisions import Answer, in_force
from schemas.errors import LiandaoError, SourceMalformed
from schemas.questions import Question
from tests.liandao.nights import record
from warehouse.decisions import read_decisions, read_looks
from warehouse.review import read_questions, read_sides


def run(home: Path, *words: str, typed: str = "") -> Any:
    """One command in this process; its result."""
    done = CliRunner().invoke(app, [*words, "--home", str(home)], input=typed, catch_exceptions=True)
    if isinstance(done.exception, LiandaoError):
        return done
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_every_question_may_be_answered_either_way(home_of_nights: Path) -> None:
    """And what is published is what is asked, but for what has been decided since: no question is held back."""
    questions = open_questions(home_of_nights)
    assert {q.pair for q in questions} == {q.pair for q in read_questions(home_of_nights)}
    said = ("same", "different", "unsure")
    answers = [Answer(q.kind, q.left.record_id, q.right.record_id, j) for q in questions for j in said]
    assert [refusals(home_of_nights, read_decisions(home_of_nights), [a]) for a in answers] == [[None]] * len(answers)


def secrets_of(home: Path, question: Question) -> set[str]:
    """What must not be seen unasked: numbers, telephones, addresses and names of two characters or more."""
    ids = [question.left.record_id, question.right.record_id]
    shown = read_sides(home, question.kind, ids, unmasked=True).values()
    values = {s[c] for s in shown for c in ("person_name", "cert_no", "phone", "address")}
    return {v for v in values if v and len(v) > 1 and "*" not in v}


class Terminal:
    """``liandao review`` on a terminal of its own."""

    def __init__(self, home: Path) -> None:
        main, side = pty.openpty()
        command = [sys.executable, "-c", "from liandao.cli import main; main()", "review", "--by", "王五"]
        env = os.environ | {"COLUMNS": "140", "TERM": "xterm"}
        self.process = subprocess.Popen(
            [*command, "--home", str(home)], stdin=side, stdout=side, stderr=side, env=env, start_new_session=True,
            preexec_fn=lambda: _own_terminal(side),
        )  # fmt: skip
        os.close(side)
        self.main, self.seen = main, ""

    def read(self, until: str) -> str:
        """What is printed until a text comes."""
        start, deadline = len(self.seen), time.monotonic() + 60
        while until not in self.seen[start:] and time.monotonic() < deadline:
            if select.select([self.main], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.main, 65536).decode(errors="replace")
                except OSError:  # the other side is gone
                    break
        assert until in self.seen[start:], self.seen[start:]
        return self.seen[start:]

    def type(self, text: str) -> None:
        os.write(self.main, text.encode())

    def end(self) -> int:
        code = self.process.wait(30)
        os.close(self.main)
        return code


def _own_terminal(side: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(side, termios.TIOCSCTTY, 0)


def test_ctrl_c_between_the_prompt_and_waiting_for_an_answer_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, install = Session(tmp_path, "王五"), signal.signal

    def pressed_before(number: int, handler: object) -> object:
        if handler is signal.default_int_handler:
            session._later()
        return install(number, handler)

    monkeypatch.setattr(signal, "signal", pressed_before)
    monkeypatch.setattr(sys, "stdin", io.StringIO("s\n"))
    with pytest.raises(KeyboardInterrupt):
        session._line()


def test_a_session_at_a_terminal_survives_ctrl_c_and_goes_on(home_of_nights: Path) -> None:
    questions = open_questions(home_of_nights)
    before = len(read_decisions(home_of_nights))
    first = Terminal(home_of_nights)
    screen = first.read("> ")
    assert questions[0].left.record_id in screen
    first.type("u 电话无人接听\n")
    screen += first.read("> ")
    first.type("k\n")
    screen += first.read("> ")
    first.type("d\x03")  # half an answer, then Ctrl-C
    first.read("下次运行生效")
    assert first.end() == 130
    made = read_decisions(home_of_nights)[before:]
    (kept,) = made
    assert (kept.pair, kept.judgement, kept.note, kept.by) == (questions[0].pair, "unsure", "电话无人接听", "王五")
    assert not {s for q in questions[:3] for s in secrets_of(home_of_nights, q) if s in screen}
    second = Terminal(home_of_nights)
    assert questions[1].left.record_id in second.read("> ")
    second.type("q\n")
    assert second.end() == 0


@pytest.mark.parametrize(
    ("typed", "judgements"),
    [
        ("s\nd\nu\nq\n", ["same", "different", "unsure"]),
        ("同一\n不同\nquit\n", ["same", "different"]),
        ("d\nb\ns\n", ["same"]),
        ("skip\nd\n", ["different"]),
        ("what?\n\nd\n", ["different"]),
        ("b\nq\n", []),
        ("", []),
    ],
    ids=["all three", "in words", "taken back", "skipped", "not understood", "nothing to take back", "no input"],
)
def test_answers(home_of_nights: Path, typed: str, judgements: list[str]) -> None:
    before = len(in_force(read_decisions(home_of_nights)))
    done = run(home_of_nights, "review", typed=typed)
    assert done.exit_code == 0
    assert [d.judgement for d in in_force(read_decisions(home_of_nights))[before:]] == judgements


def test_values_are_shown_for_a_reason_only_and_the_look_is_written_down(home_of_nights: Path) -> None:
    question = open_questions(home_of_nights)[0]
    hidden = secrets_of(home_of_nights, question)
    assert not [v for v in hidden if v in run(home_of_nights, "review", typed="q\n").stdout]
    assert isinstance(run(home_of_nights, "review", "--unmask", " ").exception, LiandaoError)
    assert read_looks(home_of_nights) == []
    shown = run(home_of_nights, "review", "--unmask", "核对纸质档案", "--by", "王五", typed="q\n").stdout
    assert [v for v in hidden if v in shown]
    (look,) = read_looks(home_of_nights)
    assert look.by == "王五"
    assert look.entries[0]["reason"] == "核对纸质档案"
    assert look.entries[0]["record_ids"] == [question.left.record_id, question.right.record_id]


def fill(path: Path, *answers: str, note: str = "已核实") -> Path:
    """Fill in the first rows of a workbook, as a spreadsheet program would, and save it beside."""
    rows = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name(QUEUE).to_python()
    for row, answer in zip(rows[1:], answers, strict=False):
        row[0], row[1] = answer, note if answer else ""
    return save(path.with_name("filled.xlsx"), rows)


def save(path: Path, rows: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet(QUEUE)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


@pytest.fixture
def book(home_of_nights: Path, tmp_path: Path) -> Path:
    path = tmp_path / "queue.xlsx"
    write_review_book(path, open_questions(home_of_nights), "x20260701T090000000000abcd", now())
    return path


def test_the_workbook_holds_the_queue_masked(home_of_nights: Path, book: Path) -> None:
    questions = open_questions(home_of_nights)
    rows = read_review_book(book)
    assert [(r.kind, r.left_id, r.right_id) for r in rows] == [q.pair for q in questions]
    assert {(r.judgement, r.trouble) for r in rows} == {(None, None)}
    text = str(python_calamine.CalamineWorkbook.from_path(str(book)).get_sheet_by_name(QUEUE).to_python())
    assert not {s for q in questions for s in secrets_of(home_of_nights, q) if s in text}
    assert stat.S_IMODE(book.stat().st_mode) == 0o600


def test_answers_of_a_workbook_are_kept_once(home_of_nights: Path, book: Path) -> None:
    questions, before = open_questions(home_of_nights), len(read_decisions(home_of_nights))
    filled = fill(book, "不同", "unsure", "", "Different")
    counts = import_book(home_of_nights, filled, "王五").counts
    assert counts == {"kept": 3, "known": 0, "blank": len(questions) - 3, "refused": 0}
    made = read_decisions(home_of_nights)[before:]
    assert [d.judgement for d in made] == ["different", "unsure", "different"]
    assert [d.pair for d in made] == [questions[i].pair for i in (0, 1, 3)]
    assert {d.note for d in made} == {"已核实"}
    ledger = read_decisions(home_of_nights)
    assert import_book(home_of_nights, filled, "王五").counts["known"] == 3
    assert read_decisions(home_of_nights) == ledger


def test_a_workbook_sent_again_never_undoes_what_was_decided_later(home_of_nights: Path, book: Path) -> None:
    first = open_questions(home_of_nights)[0]
    filled = fill(book, "不同")
    import_book(home_of_nights, filled, "王五")
    words = (first.left.record_id, first.right.record_id)
    assert run(home_of_nights, "review", "decide", *words, "unsure").exit_code == 0
    assert import_book(home_of_nights, filled, "王五").counts["known"] == 1
    assert import_book(home_of_nights, fill(book, "同一"), "王五").counts["refused"] == 1
    assert in_force(read_decisions(home_of_nights))[-1].judgement == "unsure"


def test_a_workbook_may_be_sent_back_with_another_answer(home_of_nights: Path, book: Path) -> None:
    import_book(home_of_nights, fill(book, "不同"), "王五")
    assert import_book(home_of_nights, fill(book, "不确定"), "王五").counts["kept"] == 1
    assert in_force(read_decisions(home_of_nights))[-1].judgement == "unsure"
    assert import_book(home_of_nights, fill(book, "不同"), "王五").counts["known"] == 1
    assert in_force(read_decisions(home_of_nights))[-1].judgement == "unsure"


def test_every_row_is_answered_for(home_of_nights: Path, book: Path) -> None:
    """Wrong rows are named with their number and reason; the right ones beside them are kept."""
    rows = python_calamine.CalamineWorkbook.from_path(str(book)).get_sheet_by_name(QUEUE).to_python()
    left, right = (rows[0].index(t) for t in ("左记录 left record", "右记录 right record"))
    for row, answer in zip(rows[1:7], ("不同", "大概是", "不同", "同一", "不确定", "同一"), strict=True):
        row[0] = answer
    rows[3][left], rows[3][right] = rows[3][right], rows[3][left]  # typed over
    rows.append([*rows[5]])
    rows[-1][0] = "不同"  # the fifth pair again, answered otherwise
    outside = len(rows) - 1
    kept = in_force(read_decisions(home_of_nights))
    run(home_of_nights, "review", "decide", rows[6][left], rows[6][right], "different")
    done = import_book(home_of_nights, save(book, rows), "王五")
    fates = {r.row: r for r in done.rows}
    assert sum(done.counts.values()) == outside
    assert {n: fates[n].fate for n in (2, 3, 4, 6, 7)} == {
        2: "kept", 3: "refused", 4: "refused", 6: "refused", 7: "refused",
    }  # fmt: skip
    assert "列表" in fates[3].why
    assert "校验" in fates[4].why
    assert "不同判断" in fates[6].why
    assert "导出后" in fates[7].why
    assert fates[len(rows)].fate == "refused"
    assert len(in_force(read_decisions(home_of_nights))) == len(kept) + 1 + done.counts["kept"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a workbook", "姓名,电话\n".encode()])
def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "queue.xlsx"
    path.write_bytes(content)
    with pytest.raises(SourceMalformed, match="not a review workbook"):
        read_review_book(path)


def test_commands(home_of_nights: Path, tmp_path: Path, lived: Any) -> None:
    home = home_of_nights
    listed = json.loads(run(home, "review", "list", "--json", "--limit", "3").stdout)
    assert len(listed) == 3
    assert set(listed[0]["levels"]) >= {"person_name", "cert_no"}
    assert "待核" in run(home, "review", "list").stdout
    made = json.loads(run(home, "review", "decide", record("e1"), record("a1"), "different", "--json").stdout)
    assert json.loads(run(home, "review", "withdraw", made["decision_id"], "--json").stdout)["withdraws"]
    refused = run(home, "review", "decide", record("a1"), record("d1"), "same")
    assert isinstance(refused.exception, LiandaoError)
    told = json.loads(run(home, "review", "log", "--json").stdout)
    assert {t["state_code"] for t in told} == {"in_force", "superseded", "withdrawn"}
    exported = json.loads(run(home, "review", "export", str(tmp_path / "q.xlsx"), "--json").stdout)
    assert exported["rows"] > 0
    counts = json.loads(run(home, "review", "import", str(tmp_path / "q.xlsx"), "--json").stdout)["counts"]
    assert counts["blank"] == exported["rows"]
    split = lived.rows("SELECT * FROM warehouse.link_person_event WHERE event_code = 'split'")[0]
    undone = json.loads(run(home, "review", "undo", split["event_id"], "--json").stdout)
    assert [(d["judgement"], d["withdraws"]) for d in undone["decisions"]] == [("withdrawn", split["decision_id"])]
    told = json.loads(run(home, "history", lived.ids[0]["b1"], "--json").stdout)
    assert (told["state"], told["records"]) == ("live", 3)
    assert "有效" in run(home, "history", lived.ids[0]["b1"]).stdout
