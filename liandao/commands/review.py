"""``liandao review``: grey pairs decided by people, in the terminal or by a workbook, and merges undone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao.names import JUDGEMENTS, KINDS, one_of, require
from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from liandao.who import who
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from schemas.questions import Question

REVIEWER_VARIABLE = "LIANDAO_REVIEWER"
INTERRUPTED = 130

app = typer.Typer(invoke_without_command=True, add_completion=False, rich_markup_mode=None)

ByOption = Annotated[
    str | None,
    typer.Option("--by", envvar=REVIEWER_VARIABLE, help="判断人 Who decides.", show_default="登录名 the login name"),
]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind", help="person 或 matter；默认两者 person or matter, else both.", autocompletion=one_of(*KINDS)
    ),
]
NoteOption = Annotated[str | None, typer.Option("--note", help="依据 Why.")]


@app.callback()
def review(
    context: typer.Context,
    kind: KindOption = None,
    unmask: Annotated[
        str | None,
        typer.Option("--unmask", metavar="REASON", help="显示原值，须写明理由并留痕 Show values; says why, is logged."),
    ] = None,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
) -> None:
    """Work through the queue of grey pairs, most worthwhile first; every answer is kept at once."""
    if context.invoked_subcommand is not None:
        return
    from liandao.commands.review_session import Session
    from liandao.reviewing import open_questions, with_levels
    from schemas.decisions import in_force
    from schemas.questions import judgement_title
    from warehouse.decisions import read_decisions

    _require_kind(kind)
    place = read_settings(home, project).home
    if unmask is not None and not unmask.strip():
        raise ConfigurationError("values are shown unmasked for a reason only", where="--unmask", expected="the reason")
    questions = with_levels(place, open_questions(place, kind))
    session, before = Session(place, who(by, "reviewer"), unmask), {d.decision_id for d in read_decisions(place)}
    session.run(questions)
    # Counted in the ledger: Ctrl-C may have come after an answer was kept and before the session knew.
    made = [d for d in in_force(read_decisions(place)) if d.decision_id not in before and d.by == session.by]
    counts = Counter(d.judgement for d in made)
    told = " · ".join(f"{judgement_title(j)} {n}" for j, n in counts.items()) or "0"
    left = len(open_questions(place, kind))
    OUT.print(f"\n已记录 kept: {told}；剩余 left: {left}；下次运行生效 obeyed from the next run on", markup=False)
    raise typer.Exit(INTERRUPTED if session.interrupted else 0)


@app.command("list", help="列出待核队列 List the queue.")
def list_questions(
    kind: KindOption = None,
    limit: Annotated[int, typer.Option(min=1, help="最多显示 Shown at most.")] = 50,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what is left to ask, most worthwhile first."""
    from liandao.reviewing import open_questions, with_levels

    _require_kind(kind)
    place = read_settings(home, project).home
    found = open_questions(place, kind)
    asked = with_levels(place, found[:limit])
    headings = ("价值 worth", "概率 p", "现状 now", "待核原因 reason", "左 left", "右 right")
    title = f"{len(found)} 对待核 pairs to review"
    answer(as_json, asked, lambda: print_table(title, headings, map(_row, asked), numbers=(0, 1)))


def _row(q: Question) -> tuple[str, ...]:
    from schemas.questions import reason_title

    now_ = "已合并 joined" if q.joined else "未合并 apart"
    numbers = f"{q.worth:.1f}", f"{q.match_probability:.2f}"
    return *numbers, now_, reason_title(q.reason), q.left.record_id, q.right.record_id


@app.command("decide", help="对一对记录作出判断 Decide about one pair.")
def decide_pair(
    left: Annotated[str, typer.Argument(help="左记录 A record id.")],
    right: Annotated[str, typer.Argument(help="右记录 Another record id.")],
    judgement: Annotated[
        str,
        typer.Argument(help="same、different 或 unsure same, different or unsure.", autocompletion=one_of(*JUDGEMENTS)),
    ],
    kind: Annotated[
        str, typer.Option("--kind", help="person 或 matter person or matter.", autocompletion=one_of(*KINDS))
    ] = "person",
    note: NoteOption = None,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep one decision; the next run obeys it."""
    from liandao.reviewing import decide
    from schemas.decisions import COMMAND, Answer

    _require_kind(kind)
    require("judgement", judgement, JUDGEMENTS, where="JUDGEMENT")
    place, answers = read_settings(home, project).home, [Answer(kind, left, right, judgement, note=note)]
    made = decide(place, answers, who(by, "reviewer"), COMMAND)
    answer(as_json, made[0], lambda: OUT.print(f"✓ {made[0].decision_id}", markup=False))


@app.command("withdraw", help="撤回一个判断 Withdraw a decision.")
def withdraw_decision(
    decision: Annotated[str, typer.Argument(help="判断标识 The id of a decision in force.")],
    note: NoteOption = None,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw one decision; the next run matches as if it had not been made."""
    from liandao.reviewing import withdraw
    from schemas.decisions import COMMAND

    made = withdraw(read_settings(home, project).home, decision, who(by, "reviewer"), COMMAND, note)
    answer(as_json, made, lambda: OUT.print(f"✓ {made.decision_id}", markup=False))


@app.command("undo", help="撤销一次合并或拆分 Undo a merge or a split.")
def undo(
    target: Annotated[str, typer.Argument(help="变更标识，或被并入的标识 An event, or the id that was merged away.")],
    note: NoteOption = None,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring back what was before; the next run gives both sides their former ids, and every later run keeps them."""
    from liandao.answers.rooms import UndoResult
    from liandao.undoing import undo as undo_event

    event, made = undo_event(read_settings(home, project).home, target, who(by, "reviewer"), note)
    text = f"✓ {event.event_id}: {len(made)} 条判断 decisions；下次运行生效 obeyed from the next run on"
    answer(as_json, UndoResult(event, made), lambda: OUT.print(text, markup=False))


@app.command("export", help="导出待核工作簿 Write the queue as a workbook.")
def export_book(
    file: Annotated[Path, typer.Argument(help="工作簿 An .xlsx file.")],
    kind: KindOption = None,
    limit: Annotated[int, typer.Option(min=1, help="最多导出 Rows at most.")] = 500,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the queue, masked, with a list of answers in each row; send it back with ``liandao review import``."""
    from liandao.answers.plain import ExportResult
    from liandao.home import new_id, now
    from liandao.reviewing import open_questions, with_levels
    from reports.review_book import write_review_book

    _require_kind(kind)
    place = read_settings(home, project).home
    asked = with_levels(place, open_questions(place, kind)[:limit])
    export = new_id("x")
    rows = write_review_book(file, asked, export, now())
    text = f"✓ {file}: {rows} 对 pairs"
    answer(as_json, ExportResult(str(file), export, rows), lambda: OUT.print(text, markup=False))


@app.command("import", help="导入填好的工作簿 Take in a workbook that was filled in.")
def import_answers(
    file: Annotated[Path, typer.Argument(help="工作簿 An .xlsx file.", exists=True, dir_okay=False)],
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the answers of a workbook and say of every row what became of it; ends with 1 when a row was refused."""
    from liandao.answers.plain import ImportResult, RefusedRow
    from liandao.review_import import REFUSED, import_book

    done = import_book(read_settings(home, project).home, file, who(by, "reviewer"))
    refused = [RefusedRow(r.row, r.fate, r.why) for r in done.rows if r.fate == REFUSED]
    title = " · ".join(f"{fate} {count}" for fate, count in done.counts.items())
    rows, headings = [(r.row, r.why) for r in refused], ("行 row", "原因 why it was refused")
    answer(as_json, ImportResult(done.counts, refused), lambda: print_table(title, headings, rows))
    raise typer.Exit(1 if refused else 0)


@app.command("log", help="列出判断 List decisions.")
def log(
    looks: Annotated[bool, typer.Option("--looks", help="列出查看原值的记录 Who looked at unmasked values.")] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print every decision with its state, the latest last; or every unmasked look."""
    place = read_settings(home, project).home
    if looks:
        _show_looks(place, as_json)
    else:
        _show_decisions(place, as_json)


def _show_looks(place: Path, as_json: bool) -> None:
    from liandao.answers.plain import Look
    from warehouse.decisions import read_looks

    looks = [Look(at=act.at, by=act.by, **entry) for act in read_looks(place) for entry in act.entries]
    cells = [(e.at, e.by, e.kind, ", ".join(e.record_ids), e.reason) for e in looks]
    answer(as_json, looks, lambda: print_table(f"{len(looks)} 条 entries", LOOK_HEADINGS, cells))


def _show_decisions(place: Path, as_json: bool) -> None:
    from liandao.answers.plain import DecisionRow
    from schemas.decisions import decision_table
    from schemas.questions import judgement_title
    from warehouse.decisions import read_decisions

    rows = [DecisionRow(**row) for row in decision_table(read_decisions(place)).to_pylist()]
    cells = [
        (r.decision_id, f"{r.decided_at:%Y-%m-%d %H:%M}", r.decided_by, r.kind_code, r.left_id, r.right_id,
         judgement_title(r.judgement_code), r.state_code, r.source_code, r.note)
        for r in rows
    ]  # fmt: skip
    answer(as_json, rows, lambda: print_table(f"{len(rows)} 条 entries", DECISION_HEADINGS, cells))


LOOK_HEADINGS = ("at", "by", "kind", "record_ids", "reason")
DECISION_HEADINGS = ("decision_id", "decided_at", "decided_by", "kind_code", "left_id", "right_id", "judgement_code",
                     "state_code", "source_code", "note")  # fmt: skip
"""Columns of a decision that the screen shows; ``--json`` gives all."""


@app.command("recover", help="由已发布版本重建判断台账 Rebuild a lost ledger from what is published.")
def recover_ledger(
    home: HomeOption = None, project: ProjectOption = None, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """Append to the ledger the published decisions that it lacks (it was lost, or an old copy was put back)."""
    from liandao.answers.plain import RecoverResult
    from warehouse.decisions import recover

    made = recover(read_settings(home, project).home, who(by, "reviewer"))
    answer(as_json, RecoverResult(made), lambda: OUT.print(f"✓ {made} 条判断 decisions", markup=False))


def _require_kind(kind: str | None) -> None:
    if kind is not None:
        require("kind", kind, KINDS, where="--kind")
