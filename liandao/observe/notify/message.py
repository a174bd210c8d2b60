"""What people are told: one message a run, in Chinese, whatever became of how many platforms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from liandao.home import now
from liandao.observe.notify.problems import LINE, MEASURE, PLATFORM, RUN, Known, Problem
from schemas.errors import LiandaoError
from schemas.receipts import Receipt

KINDS = {PLATFORM: "平台", LINE: "条线", MEASURE: "指标", RUN: "运行"}
MOST_LISTED = 12
"""Things named of each sort; of more, only how many there are is said: 132 platforms fail when a network does."""
MOST_COMMANDS = 3


@dataclass(frozen=True, slots=True)
class Told(Receipt):
    """What one channel was told last: when (ISO 8601), and subject -> error code. Kept in ``notify/CHANNEL.json``."""

    at: str = ""
    codes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``new``: subjects among the ``problems`` that were not told yet, or are wrong in another way now."""

    project: str
    run_id: str
    problems: list[Problem]
    new: frozenset[str]
    recovered: list[str]

    @property
    def title(self) -> str:
        """One line."""
        parts = [f"{len(self.problems)} 项问题"] if self.problems else []
        parts += [f"新增 {len(self.new)} 项"] if self.new and len(self.new) < len(self.problems) else []
        parts += [f"已恢复 {len(self.recovered)} 项"] if self.recovered else []
        return f"【连岛】{self.project}：" + "，".join(parts or ["测试消息"])

    @property
    def text(self) -> str:
        """The whole message as lines of plain text."""
        of_run = f"运行 {self.run_id}，" if self.run_id else ""
        lines = [self.title, f"{of_run}{now():%Y-%m-%d %H:%M}"]
        by_code = sorted(self.problems, key=lambda p: (p.code, p.subject not in self.new, p.since, p.subject))
        for code, group in groupby(by_code, attrgetter("code")):
            lines += self._group(code, list(group))
        if self.recovered:
            others = " 等" if len(self.recovered) > MOST_LISTED else ""
            named = "、".join(map(_named, self.recovered[:MOST_LISTED])) + others
            lines.append(f"✓ 已恢复 {len(self.recovered)} 项：{named}")
        if commands := list(dict.fromkeys(p.next_step for p in by_code)):
            more = ["liandao platforms"] if len(commands) > MOST_COMMANDS else []
            lines.append("下一步：" + "；".join([*more, *commands[: MOST_COMMANDS - len(more)]]))
        return "\n".join(lines)

    def _group(self, code: str, problems: list[Problem]) -> list[str]:
        lines = [f"✗ {_meaning(code)}：{len(problems)} 项"]
        for problem in problems[:MOST_LISTED]:
            known = "新" if problem.subject in self.new else "持续"
            parts = [f"· {_named(problem.subject, problem.title)}（{known}）自 {_clock(problem.since)} 起"]
            parts += [f"上次成功 {_clock(problem.last_success)}"] if problem.last_success else []
            parts += [f"待入库 {problem.rows_waiting:,} 行"] if problem.rows_waiting else []
            lines.append("，".join(parts))
        if len(problems) > MOST_LISTED:
            lines.append(f"· 另有 {len(problems) - MOST_LISTED} 项")
        return lines

    def plain(self) -> dict[str, Any]:
        """The message for programs: what a ``webhook`` is sent."""
        return {
            "v": 1,
            "project": self.project,
            "run_id": self.run_id,
            "title": self.title,
            "text": self.text,
            "problems": [
                {
                    "subject": p.subject,
                    "error_code": p.code,
                    "is_new": p.subject in self.new,
                    "since": p.since.isoformat(),
                    "last_success": p.last_success.isoformat() if p.last_success else None,
                    "rows_waiting": p.rows_waiting,
                    "next": p.next_step,
                }
                for p in self.problems
            ],
            "recovered": self.recovered,
        }


def due(known: Known, told: Told, repeat: timedelta) -> tuple[frozenset[str], list[str]] | None:
    """What to say to one channel: subjects that are new to it, and those that recovered; None when it knows all, unless
    problems that stay have not been told for so long."""
    new = frozenset(s for s, code in known.codes.items() if told.codes.get(s) != code)
    recovered = sorted(told.codes.keys() - known.codes.keys())
    again = bool(known.codes) and bool(told.at) and now() - datetime.fromisoformat(told.at) >= repeat
    return (new, recovered) if new or recovered or again else None


def _named(subject: str, title: str = "") -> str:
    kind, _, name = subject.partition(":")
    return " ".join(filter(None, (KINDS[kind], title if title != name else "", name)))


def _meaning(code: str) -> str:
    if code == MEASURE:
        return "指标未能计算"
    kinds = [LiandaoError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    title = next((kind.title_zh for kind in kinds if kind.code == code), "")
    return f"{title} {code}".strip()


def _clock(moment: datetime) -> str:
    return f"{moment:%m-%d %H:%M}"
