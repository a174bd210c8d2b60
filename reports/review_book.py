"""The review workbook: the queue as a sheet that is filled in and sent back, masked, with the words of the terminal.

Sheet 待核队列 has one row for each pair. The answer is chosen from a list; a check text ties the record ids together,
so that a row that was sorted apart or typed over is noticed when it comes back. Sheet 填写说明 says how to fill it in.
Rows may be left blank, deleted, sorted and sent any number of times.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter

from schemas.decisions import JUDGEMENTS
from schemas.errors import SourceMalformed
from schemas.questions import (
    SHOWN,
    Question,
    field_title,
    judgement_title,
    reason_title,
)

QUEUE, GUIDE = "待核队列 Queue", "填写说明 How to"
FIXED = {
    "answer": "判断 answer",
    "note": "备注 note",
    "number": "序号 no.",
    "kind": "对象 kind",
    "now": "现状 now",
    "reason": "待核原因 reason",
    "probability": "概率 probability",
    "worth": "价值 worth",
}
KEYS = {
    "left_id": "左记录 left record",
    "right_id": "右记录 right record",
    "export": "导出 export",
    "check": "校验 check",
}
ANSWERS = tuple(judgement_title(j) for j in JUDGEMENTS)
WORDS = {word: j for j in JUDGEMENTS for word in (j, judgement_title(j), judgement_title(j).split()[0], j[0])}
WORDS |= {"同一人": "same", "同一件": "same", "是": "same", "否": "different", "不是": "different"}
"""What may be typed for a judgement: either language, both, or the first letter."""
KINDS = {"person": "人员 person", "matter": "办件 matter"}
GUIDE_LINES = (
    ("每行是一对记录。请看两侧的值和比较结果，判断是不是同一个人（或同一件事）。", "Each row is a pair of records."),
    ("在“判断”一栏选择：同一、不同、不确定。不填的行不处理，下次仍会询问。", "Choose; blank rows are asked again."),
    ("“不确定”表示已看过但无法判断：系统不会自动合并这一对，也不再询问。", "Unsure: not joined, not asked again."),
    ("备注可写明依据（如电话核实）。请勿写入证件号码。", "A note may say why; please no identity numbers."),
    ("请勿改动其他各栏。可以排序、删除行，分几次寄回；重复寄回不会重复计入。", "Sort, delete, send twice as you like."),
    ("值已作脱敏处理：姓名只留首字，号码只留前三后四位，地址不显示。", "Values are masked."),
    ("寄回后导入：liandao review import 文件.xlsx，逐行报告结果。", "Import it: every row is answered for."),
)


@dataclass(frozen=True, slots=True)
class BookRow:
    """One row that came back. ``row``: its number on the sheet; ``judgement`` None: left blank; ``trouble``: what is
    wrong with it (``unknown_answer``, ``row_altered``), None if nothing."""

    row: int
    kind: str
    left_id: str
    right_id: str
    judgement: str | None
    note: str | None
    export: str
    trouble: str | None


def write_review_book(path: Path, questions: Sequence[Question], export: str, at: datetime) -> int:
    """Write the workbook (mode 0600, whole or not at all); returns its rows. ``export``: the id that answers are known
    by when they come back; ``at``: when, in Beijing time."""
    temporary = path.with_name(f".{path.name}.tmp")
    book = xlsxwriter.Workbook(str(temporary), {"strings_to_formulas": False, "strings_to_urls": False})
    _write_queue(book, questions, export)
    _write_guide(book, export, at, len(questions))
    book.close()
    temporary.chmod(0o600)
    os.replace(temporary, path)
    return len(questions)


def read_review_book(path: Path) -> list[BookRow]:
    """The rows of a workbook that came back, by the titles of its columns. Raises SourceMalformed when it is not a
    review workbook."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_name(QUEUE).to_python(skip_empty_area=False)
    except (OSError, python_calamine.CalamineError) as error:
        raise _not_ours(path, type(error).__name__) from error
    titles = [str(cell).strip() for cell in rows[0]] if rows else []
    wanted = {**{k: FIXED[k] for k in ("answer", "note", "kind")}, **KEYS}
    missing = [title for title in wanted.values() if title not in titles]
    if missing:
        raise _not_ours(path, f"no column {missing[0]}")
    places = {name: titles.index(title) for name, title in wanted.items()}
    cells = ((n, {name: _cell(row[at]) for name, at in places.items()}) for n, row in enumerate(rows[1:], start=2))
    return [_book_row(n, row) for n, row in cells if any(row.values())]


def check_text(export: str, kind: str, left_id: str, right_id: str) -> str:
    """What ties the parts of a row together: 12 hex digits of SHA-256. It guards against slips, not against forgery."""
    return hashlib.sha256("\x1f".join((export, kind, left_id, right_id)).encode()).hexdigest()[:12]


def _write_queue(book: Any, questions: Sequence[Question], export: str) -> None:
    sheet = book.add_worksheet(QUEUE)
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "top", "border": 1})
    entry = book.add_format({"bg_color": "#FFF7D6", "locked": False, "num_format": "@", "border": 1})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    fields = list(dict.fromkeys(f for q in questions for f in (*SHOWN[q.kind], *q.levels)))
    titles = [*FIXED.values(), *(t for f in fields for t in _field_titles(questions, f)), *KEYS.values()]
    for at, title in enumerate(titles):
        sheet.write_string(0, at, title, head)
    for row, question in enumerate(questions, start=1):
        for at, cell in enumerate(_cells(question, row, fields, export)):
            style = entry if at < 2 else text
            if isinstance(cell, float):
                sheet.write_number(row, at, round(cell, 4))
            elif cell:
                sheet.write_string(row, at, cell, style)
            else:
                sheet.write_blank(row, at, None, style)
    last = max(len(questions), 1)
    sheet.data_validation(1, 0, last, 0, _choice())
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, last, len(titles) - 1)
    sheet.set_column(0, 1, 16)
    sheet.set_column(2, len(titles) - 1, 14)


def _choice() -> dict[str, Any]:
    """The drop-down of answers."""
    return {
        "validate": "list",
        "source": list(ANSWERS),
        "error_title": "判断 answer",
        "error_message": "请从列表中选择 Please choose from the list",
    }


def _field_titles(questions: Sequence[Question], field: str) -> tuple[str, str, str]:
    kind = next(q.kind for q in questions if field in SHOWN[q.kind] or field in q.levels)
    title = field_title(kind, field)
    return f"左 {title}", f"右 {title}", f"比较 {title}"


def _cells(question: Question, number: int, fields: Sequence[str], export: str) -> list[str | float]:
    left, right = question.left, question.right
    head: list[str | float] = ["", "", float(number), KINDS[question.kind], _now(question)]
    head += [reason_title(question.reason), question.match_probability, question.worth]
    for field in fields:
        head += [left.values.get(field) or "", right.values.get(field) or "", question.comparison(field)]
    check = check_text(export, question.kind, left.record_id, right.record_id)
    return [*head, left.record_id, right.record_id, export, check]


def _now(question: Question) -> str:
    state = "已合并 joined" if question.joined else "未合并 apart"
    return f"{state} ({question.left.entity_size} / {question.right.entity_size} 条 records)"


def _write_guide(book: Any, export: str, at: datetime, rows: int) -> None:
    sheet = book.add_worksheet(GUIDE)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 2, 70)
    bold = book.add_format({"bold": True})
    sheet.write_string(0, 1, f"连岛 Liandao · 待核队列 {rows} 对 · {at:%Y-%m-%d %H:%M} · {export}", bold)
    for row, line in enumerate(GUIDE_LINES, start=2):
        for column, cell in enumerate((str(row - 1), *line)):
            sheet.write_string(row, column, cell)


def _book_row(number: int, row: dict[str, str]) -> BookRow:
    kind = next((k for k, title in KINDS.items() if row["kind"] == title), row["kind"])
    typed = row["answer"].strip()
    judgement = WORDS.get(typed.lower()) if typed else None
    told = (row["export"], kind, row["left_id"], row["right_id"])
    trouble = "unknown_answer" if typed and judgement is None else None
    trouble = trouble if check_text(*told) == row["check"] else "row_altered"
    note = row["note"] or None
    return BookRow(number, kind, row["left_id"], row["right_id"], judgement, note, row["export"], trouble)


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()


def _not_ours(path: Path, found: str) -> SourceMalformed:
    return SourceMalformed(
        "this is not a review workbook",
        where=path.name,
        expected=f"an .xlsx with the sheet {QUEUE}, as written by liandao review export",
        found=found,
        next_step="liandao review export FILE.xlsx",
    )
