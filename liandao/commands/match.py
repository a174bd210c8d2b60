"""``liandao match``: which records of any table are one?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liandao.memory import parse_memory
from liandao.names import ENGINES, one_of
from liandao.options import MESSAGES, OUT, JsonOption, answer, print_table

if TYPE_CHECKING:
    from rich.progress import TaskID

    from liandao.answers.plain import MatchSummary
    from liandao.match_run import Done
    from transforms.match.engine import Watch

STAGES = {
    "read": "读取 read",
    "derive": "配置 derive",
    "normalise": "规范化 normalise",
    "collapse": "合并相同 collapse",
    "block": "分块 block",
    "compare": "比较 compare",
    "estimate": "估计 estimate",
    "score": "评分 score",
    "cluster": "聚类 cluster",
    "repair": "修复 repair",
    "judge": "质量 judge",
    "update": "更新 update",
    "write": "写出 write",
}
OF_UPDATE = ("read", "update", "write")


def match(
    out: Annotated[Path, typer.Option("--out", help="结果目录 Folder for the results.")],
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(help="Parquet 或 CSV，一个去重，多个连接 One file to deduplicate, several to link."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="match.yml；缺省则猜测 Without it, kinds are guessed.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="duckdb 或 spark Where it runs.", autocompletion=one_of(*ENGINES))
    ] = "duckdb",
    threshold: Annotated[
        str | None, typer.Option("--threshold", help="0.95 或 4.2bits Probability or match weight from which to link.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option("--memory-limit", help="如 8GiB，数组放入磁盘 Arrays go to disk; an error beyond it.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="只匹配新增与变更的记录 The inputs are what is new or changed since --out.")
    ] = False,
    removed: Annotated[
        Path | None, typer.Option("--removed", help="已删除的记录，每行一个 Ids of records that are gone.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find which records are one; write clusters, pairs, review queue, model and report."""
    from liandao.answers.plain import MatchUpdate
    from liandao.match_run import Order, parse_threshold, run_match

    order = Order(
        tuple(inputs or ()),
        config,
        out,
        engine,
        None if threshold is None else parse_threshold(threshold),
        None if memory_limit is None else parse_memory(memory_limit),
        update,
        removed,
    )
    with _watching([name for name in STAGES if (name in OF_UPDATE if update else name != "update")]) as watch:
        done = run_match(order, watch)
    if update:
        last = MatchUpdate(**done.model["updates"][-1], out=str(done.out))
        answer(as_json, last, lambda: _show_update(done))
    else:
        answer(as_json, _summary(done), lambda: _show(done))


@contextmanager
def _watching(stages: list[str]) -> Iterator[Watch]:
    """A bar for each stage on a terminal, a line of text elsewhere."""
    if not MESSAGES.is_terminal:
        yield _say
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=MESSAGES.console) as progress:
        bars: dict[str, TaskID] = {
            name: progress.add_task(STAGES[name], total=None, start=False) for name in stages
        }

        def watch(stage: str, seconds: float | None) -> None:
            if seconds is None:
                progress.start_task(bars[stage])
            else:
                progress.update(bars[stage], total=1, completed=1)
                progress.stop_task(bars[stage])

        yield watch


def _say(stage: str, seconds: float | None) -> None:
    if seconds is not None:
        MESSAGES.print(f"{STAGES.get(stage, stage)} · {seconds:.1f} s", markup=False)


def _summary(done: Done) -> MatchSummary:
    """What ``--json`` prints: the counts and estimates; the rest is in model.json."""
    from liandao.answers.plain import Estimate, MatchQuality, MatchSummary

    model = done.model
    shares = model["quality"]
    blocking = Estimate(**shares["blocking_recall"]) if shares["blocking_recall"] else None
    quality = MatchQuality(Estimate(**shares["precision"]), Estimate(**shares["recall"]), blocking)
    of_model = {f.name: model[f.name] for f in fields(MatchSummary) if f.name in model and f.name != "quality"}
    wall_seconds = round(done.seconds, 2)
    return MatchSummary(**of_model, quality=quality, wall_seconds=wall_seconds, out=str(done.out))


def _show(done: Done) -> None:
    model, quality = done.model, done.model["quality"]
    for line in model["guessed"]:
        OUT.print(f"猜测 guessed  {line}", markup=False)
    rows = [
        ("记录 records", f"{model['records']:,}", f"不同 distinct {model['nodes']:,}"),
        ("候选对 candidate pairs", f"{model['candidate_pairs']:,}", f"{len(model['passes'])} 轮分块 blocking passes"),
        ("实体 clusters", f"{model['clusters']:,}", f"归并 merged {model['records'] - model['clusters']:,}"),
        ("精确率估计 precision, estimated", *_estimate(quality["precision"])),
        ("召回率估计 recall, estimated", *_estimate(quality["recall"])),
    ]
    if quality["blocking_recall"] is not None:
        rows.append(("分块召回率估计 blocking recall, estimated", *_estimate(quality["blocking_recall"])))
    if model["without_source"]:
        rows.append(("无来源 records without a source", f"{model['without_source']:,}", "视为同一来源 taken as of one"))
    if free := model["duplicate_free"]:
        equal = f"同源相同而不归并 equal within theirs, kept apart {free['equal_records']:,}"
        rows.append(("每簇至多一条的来源 sources with one record in a cluster", f"{len(free['sources']):,}", equal))
    OUT.print(f"\n连岛匹配 Liandao match · {done.seconds:.1f} s", style="bold")
    print_table("", ("", "结果 found", "95% 区间 interval"), rows, numbers=(1,))
    for name, what in (
        ("report.html", "先看这个 read this first"),
        ("clusters.parquet", "每条记录的实体 cluster of each record"),
        ("review.parquet", "待人工核实 pairs worth asking a person about"),
    ):
        OUT.print(f"{done.out / name}  {what}", markup=False)


def _show_update(done: Done) -> None:
    last = done.model["updates"][-1]
    rows = [
        ("新记录 new records", last["new"]),
        ("再次到达 records that were there and came again", last["arrived"] - last["new"]),
        ("删除 removed", last["removed"]),
        ("换了实体 others, moved to another cluster", last["moved"]),
        ("重新判断的记录 records decided anew", last["touched"]),
        ("记录 records", last["records"]),
        ("实体 clusters", last["clusters"]),
    ]
    OUT.print(f"\n连岛匹配 Liandao match · 增量 update · {done.seconds:.1f} s", style="bold")
    print_table("", ("", "结果 found"), [(name, f"{number:,}") for name, number in rows], numbers=(1,))
    for zh, en in _warnings(last):
        OUT.print(f"注意 note  {zh} {en}", markup=False)
    for name, what in (
        ("changes.parquet", "新增、消失、换了实体的记录 records that are new, gone or moved"),
        ("review.parquet", "待人工核实 pairs worth asking a person about"),
    ):
        OUT.print(f"{done.out / name}  {what}", markup=False)


def _warnings(last: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What an update met that was probably not meant so."""
    from liandao.match_ids import key_shown
    from transforms.match.nights.changes import has_outgrown

    missed, sources = last["not_known"], last["new_sources"]
    if missed["ids"]:
        first = key_shown(missed["first"])
        zh = f"待删除的标识有 {missed['ids']:,} 个不存在，第一个是 {first}。"
        yield zh, f"{missed['ids']:,} ids to be removed are no record's, first {first}."
    if sources:
        names = ", ".join(sources[:5])
        yield (
            f"新来源：{names}。若是以前来源的新文件，请用 source 列说明来源。",
            f"New sources: {names}. If they are files of earlier sources, say so in a column named as source.",
        )
    if has_outgrown(last["records"], last["learnt_from"]):
        zh = f"权重学自 {last['learnt_from']:,} 条记录，现有 {last['records']:,} 条：请全量匹配一次。"
        en = f"The weights were learnt from {last['learnt_from']:,} records, and there are {last['records']:,}: "
        yield zh, en + "match everything once, without --update."


def _estimate(estimate: dict[str, Any]) -> tuple[str, str]:
    return f"{estimate['value']:.2%}", f"{estimate['lower']:.2%}–{estimate['upper']:.2%}"
