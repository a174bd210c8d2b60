"""What is otherwise in one generation than in another, and what they were made from that differs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from liandao.answers.upkeep import Difference, FigureChange, TableChange
from liandao.generations import require_generation
from liandao.upkeep.project_archive import kept_files
from liandao.upkeep.trail import GenerationReceipt, all_receipts, run_of
from warehouse import compare


def difference(home: Path, before: int, after: int) -> Difference:
    """Compare two generations that are kept. Raises UsageError where one is not, DamagedFile for a receipt."""
    for number in (before, after):
        require_generation(home, number)
    with compare.both(home, before, after) as con:
        tables = [TableChange(*row) for row in compare.changed_rows(con)]
        figures = [FigureChange(*row) for row in compare.moved_figures(con)]
        settings, batches = compare.changed_settings(con), compare.batches_of_one(con)
    receipts = all_receipts(home)
    made = [receipts.get(run_of(home, number)) for number in (before, after)]
    reasons = [*_batch_reasons(batches), *(_setting(*row) for row in settings)]
    files: list[str] = []
    if made[0] is not None and made[1] is not None:
        files = _changed_files(home, made[0], made[1])
        reasons += _made_otherwise(made[0], made[1], files)
    else:
        reasons.append("其一无回执，项目与程序无从比较 One has no receipt: project and program can't be compared")
    names = [f"{'+' if row['side'] == 'after' else '-'} {row['platform_id']}/{row['batch_id']}" for row in batches]
    return Difference(before, after, tables, figures, reasons, names, files)


def _batch_reasons(batches: list[dict[str, object]]) -> Iterator[str]:
    words = {"after": ("新载入", "loaded since"), "before": ("已不在内", "no longer in it")}
    for side, (zh, en) in words.items():
        chosen = [row for row in batches if row["side"] == side]
        if chosen:
            rows, platforms = sum(int(str(r["landed_rows"])) for r in chosen), len({r["platform_id"] for r in chosen})
            counts = f"{len(chosen)} batches of {platforms} platforms, {rows} rows"
            yield f"{zh} {len(chosen)} 批、{platforms} 个平台、{rows} 行 {en}: {counts}"


def _setting(name: str, before: str | None, after: str | None) -> str:
    return f"参数 {name} setting: {before or '—'} → {after or '—'}"


def _made_otherwise(before: GenerationReceipt, after: GenerationReceipt, files: list[str]) -> Iterator[str]:
    if before.program != after.program:
        yield f"程序版本 program: {before.program} → {after.program}"
    if files:
        yield f"项目文件有改动 files of the project changed: {len(files)}"
    if before.decisions != after.decisions:
        yield f"人工判断 decisions: {before.decisions} → {after.decisions}"


def _changed_files(home: Path, before: GenerationReceipt, after: GenerationReceipt) -> list[str]:
    """Files of the project that differ: ``+`` new, ``-`` gone, ``~`` changed."""
    if before.project == after.project:
        return []
    old, new = kept_files(home, before.project), kept_files(home, after.project)
    marks = {name: "+" if name not in old else "-" if name not in new else "~" for name in old.keys() | new.keys()}
    return [f"{mark} {name}" for name, mark in sorted(marks.items()) if mark != "~" or old[name] != new[name]]
