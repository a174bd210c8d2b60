"""The review queue in the terminal: one pair at a time, the answer kept before the next is shown.

Every answer is on disk when the next pair appears, so the session may end at any moment (q, end of input, Ctrl-C) and
goes on where it was left. Skipped pairs come again in the next session.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from liandao.options import MESSAGES, OUT
from liandao.reviewing import decide, withdraw
from schemas.decisions import DIFFERENT, SAME, TERMINAL, UNSURE, Answer, Decision
from schemas.errors import DecisionRefused
from schemas.questions import (
    SHOWN,
    UNKNOWN,
    Question,
    field_title,
    judgement_title,
    reason_title,
)
from warehouse.decisions import record_look
from warehouse.review import read_sides

JUDGED = {"s": SAME, "d": DIFFERENT, "u": UNSURE, "同一": SAME, "不同": DIFFERENT, "不确定": UNSURE}
JUDGED |= {SAME: SAME, DIFFERENT: DIFFERENT, UNSURE: UNSURE}
SKIP, BACK, QUIT = ("k", "skip", "跳过"), ("b", "back", "撤回"), ("q", "quit", "退出")
ASKED = (
    "[bold]s[/] 同一 same · [bold]d[/] 不同 different · [bold]u[/] 不确定 unsure · [bold]k[/] 跳过 skip · "
    "[bold]b[/] 撤回上一个 take back · [bold]q[/] 退出 quit；后面可写备注 a note may follow"
)


@dataclass(slots=True)
class Session:
    """One sitting of one reviewer. ``reason``: why values are shown unmasked; None keeps them masked."""

    home: Path
    by: str
    reason: str | None = None
    kept: list[Decision] = field(default_factory=list)
    interrupted: bool = False

    def run(self, questions: Sequence[Question]) -> None:
        """Ask until the queue, the input or the reviewer's patience ends.

        Ctrl-C ends it where an answer is waited for, and nowhere else: nothing is kept or printed by half.
        """
        at, before = 0, signal.signal(signal.SIGINT, self._later)
        try:
            while at < len(questions):
                self._show(questions[at], at + 1, len(questions))
                at = self._ask(questions, at)
        except KeyboardInterrupt:
            self.interrupted = True
            OUT.print()
        finally:
            signal.signal(signal.SIGINT, before)

    def _later(self, *_: object) -> None:
        self.interrupted = True

    def _line(self) -> str:
        # From here on Ctrl-C interrupts; asked only then, so that none is lost that came a moment before.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            if self.interrupted:
                raise KeyboardInterrupt
            return sys.stdin.readline()
        finally:
            signal.signal(signal.SIGINT, self._later)

    def _ask(self, questions: Sequence[Question], at: int) -> int:
        """Read one answer; returns the number of the question to go on with."""
        while True:
            OUT.print("> ", end="")
            line = self._line()
            word, _, note = line.strip().partition(" ")
            if not line or word.lower() in QUIT:
                return len(questions)
            if word.lower() in SKIP:
                return at + 1
            if word.lower() in BACK:
                return self._take_back(questions, at)
            judgement = JUDGED.get(word.lower())
            if judgement is None:
                OUT.print(ASKED)
            elif self._keep(questions[at], judgement, note.strip() or None):
                return at + 1

    def _keep(self, question: Question, judgement: str, note: str | None) -> bool:
        answer = Answer(question.kind, question.left.record_id, question.right.record_id, judgement, note=note)
        try:
            self.kept += decide(self.home, [answer], self.by, TERMINAL)
        except DecisionRefused as error:
            for line in error.lines():
                MESSAGES.print(line, style="red", markup=False)
            return False
        OUT.print(f"  ✓ {judgement_title(judgement)}", style="green", markup=False)
        return True

    def _take_back(self, questions: Sequence[Question], at: int) -> int:
        """Withdraw the last answer of this sitting and ask its question again."""
        if not self.kept:
            OUT.print("  没有可撤回的判断 nothing to take back")
            return at
        last = self.kept.pop()
        withdraw(self.home, last.decision_id, self.by, TERMINAL)
        OUT.print("  ↶ 已撤回 taken back")
        return next(i for i, q in enumerate(questions) if q.pair == last.pair)

    def _show(self, question: Question, number: int, total: int) -> None:
        percent = f"{100 * question.match_probability:.0f} %"
        now = "已合并 joined" if question.joined else "未合并 apart"
        head = f"{number}/{total} · {now} · {reason_title(question.reason)} · 概率 probability {percent}"
        OUT.print(f"\n{head} · 价值 worth {question.worth:.1f}", style="bold", markup=False)
        OUT.print(self._table(question))
        OUT.print(ASKED)

    def _table(self, question: Question) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("", "左 left", "右 right", "比较 comparison"):
            table.add_column(heading, overflow="fold")
        left, right = self._values(question)
        for name in dict.fromkeys((*SHOWN[question.kind], *question.levels)):
            values = (escape(side.get(name) or UNKNOWN) for side in (left, right))
            table.add_row(field_title(question.kind, name), *values, question.comparison(name))
        sides = question.left, question.right
        table.add_row("平台 platform", *(side.platform_id for side in sides), "")
        table.add_row("记录 record", *(side.record_id for side in sides), "")
        table.add_row("标识 id", *(f"{side.entity_id} ({side.entity_size} 条 records)" for side in sides), "")
        return table

    def _values(self, question: Question) -> tuple[dict[str, str | None], dict[str, str | None]]:
        """The values of both sides; unmasked ones are written down before they are read."""
        if self.reason is None:
            return question.left.values, question.right.values
        ids = [question.left.record_id, question.right.record_id]
        record_look(self.home, self.by, self.reason, question.kind, ids)
        shown = read_sides(self.home, question.kind, ids, unmasked=True)
        return shown[ids[0]], shown[ids[1]]
