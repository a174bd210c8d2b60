"""Taking in a review workbook: every row is answered for, valid answers are kept in one act, nothing is taken twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liandao.refusals import refusals
from reports.review_book import BookRow, read_review_book
from schemas.decisions import WORKBOOK, Answer, Decision, in_force
from warehouse.decisions import writing

KEPT, KNOWN, BLANK, REFUSED = FATES = ("kept", "known", "blank", "refused")
"""What becomes of a row: its answer is kept; was kept when the same workbook came before; there is none; it can't be
kept."""
TROUBLE = {
    "unknown_answer": "判断不在列表中 not one of the answers",
    "row_altered": "记录标识或校验被改动 record ids or check were altered",
    "twice": "同一对记录在本工作簿中有不同判断 another answer to the same pair in this workbook",
    "decided_since": "导出后已有他人作出不同判断 somebody decided otherwise after this was exported",
}

Pair = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class RowFate:
    """What became of one row of the sheet; ``why``: in both languages, if it was refused."""

    row: int
    fate: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """A workbook taken in: one fate a row."""

    rows: list[RowFate]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by fate; they add up to the rows of the sheet."""
        found = Counter(r.fate for r in self.rows)
        return {fate: found[fate] for fate in FATES}


def import_book(home: Path, path: Path, by: str) -> Imported:
    """Keep the answers of a workbook. Raises SourceMalformed when it is none of ours."""
    rows = read_review_book(path)
    with writing(home) as ledger:
        fates = _judge(rows, ledger.entries)
        while new := [row for row in rows if fates[row.row].fate == KEPT]:
            found = refusals(home, ledger.entries, [_answer(row) for row in new])
            wrong = [(row, refusal) for row, refusal in zip(new, found, strict=True) if refusal is not None]
            fates |= {row.row: RowFate(row.row, REFUSED, refusal.text) for row, refusal in wrong}
            if not wrong:  # else once more: a refused answer may be what spoke against another one
                break
        ledger.append([_answer(row) for row in new], by, WORKBOOK)
    return Imported([fates[row.row] for row in rows])


def _judge(rows: Sequence[BookRow], entries: Sequence[Decision]) -> dict[int, RowFate]:
    """What can be said of each row without looking at records."""
    known = {e.source_key for e in entries}
    standing = {d.pair: d for d in in_force(entries)}
    answers: dict[Pair, list[BookRow]] = defaultdict(list)
    for row in rows:
        if row.judgement is not None and row.trouble is None:
            answers[_pair(row)].append(row)
    return {row.row: _judge_row(row, answers[_pair(row)], known, standing.get(_pair(row))) for row in rows}


def _judge_row(row: BookRow, of_pair: Sequence[BookRow], known: set[str | None], standing: Decision | None) -> RowFate:
    if row.trouble is not None:
        return RowFate(row.row, REFUSED, TROUBLE[row.trouble])
    if row.judgement is None:
        return RowFate(row.row, BLANK)
    if _key(row) in known:
        return RowFate(row.row, KNOWN)
    if any(r.judgement != row.judgement for r in of_pair):
        return RowFate(row.row, REFUSED, TROUBLE["twice"])
    if of_pair[0].row != row.row:
        return RowFate(row.row, KNOWN)
    if standing is not None and not (standing.source_key or "").startswith(row.export):
        same = standing.judgement == row.judgement
        return RowFate(row.row, KNOWN) if same else RowFate(row.row, REFUSED, TROUBLE["decided_since"])
    return RowFate(row.row, KEPT)


def _pair(row: BookRow) -> Pair:
    return row.kind, row.left_id, row.right_id


def _answer(row: BookRow) -> Answer:
    return Answer(row.kind, row.left_id, row.right_id, str(row.judgement), note=row.note, source_key=_key(row))


def _key(row: BookRow) -> str:
    """What an answer is known by: export, pair and judgement; the same answer sent again has the same key."""
    return f"{row.export}:{row.left_id}:{row.right_id}:{row.judgement}"
