"""``liandao batch``: what is landed and not in the warehouse, and whether it goes there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao.names import require
from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from liandao.who import ByOption, ReasonOption, who

if TYPE_CHECKING:
    from liandao.answers.plain import BatchRow

STATES = {
    "to conform": "待整理",
    "to judge": "待判定",
    "to load": "待入库",
    "stopped": "闸门未通过",
    "aside": "已搁置",
}
Batches = Annotated[list[str], typer.Argument(metavar="BATCH…", help="批次标识 Batch ids.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.command("list", help="列出未入库的批次 List batches that are not in the warehouse.")
def list_batches(home: HomeOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Print every batch that is landed and not published, and what it waits for."""
    rows = batch_rows(read_settings(home, project).home)
    headings = ("批次 batch", "平台 platform", "行 rows", "状态 state", "理由 reason", "操作人 by")
    cells = [
        (r.batch_id, r.platform_id, r.rows, f"{STATES[r.state]} {r.state}", r.reason or "", r.by or "") for r in rows
    ]
    answer(as_json, rows, lambda: print_table(f"{len(rows)} 批 batches", headings, cells, numbers=(2,)))


def batch_rows(home: Path) -> list[BatchRow]:
    """Every batch that is landed and not published, oldest first."""
    from liandao.answers.plain import BatchRow
    from liandao.aside import read_aside
    from liandao.batches import unpublished

    aside = read_aside(home)
    return [
        BatchRow(
            batch_id=batch.landed.batch_id,
            platform_id=batch.landed.platform_id,
            line_id=batch.landed.line_id,
            landed_at=batch.landed.ended_at,
            rows=sum(stream.landed for stream in batch.landed.streams),
            state=batch.state,
            reason=aside[batch.landed.batch_id].reason if batch.state == "aside" else None,
            by=aside[batch.landed.batch_id].by if batch.state == "aside" else None,
        )
        for batch in unpublished(home)
    ]


@app.command("set-aside", help="搁置批次 Keep batches out of the warehouse.")
def set_batches_aside(
    batches: Batches,
    reason: ReasonOption,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep batches that wait out of the warehouse until they are released; what is published is taken back with
    ``liandao rollback``."""
    from liandao.answers.plain import BatchesMoved
    from liandao.aside import set_aside
    from warehouse.lock import publish_lock

    place = read_settings(home, project).home
    _require_all(batches, [row.batch_id for row in batch_rows(place)], "batch that waits")
    with publish_lock(place):
        done = BatchesMoved([a.batch_id for a in set_aside(place, batches, reason, who(by, "operator"))])
    answer(as_json, done, lambda: OUT.print(f"✓ 搁置 set aside: {len(done.batch_ids)}", markup=False))


@app.command("release", help="放行批次 Let batches go on.")
def release_batches(
    batches: Batches, home: HomeOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Let batches that are set aside go on to the warehouse with the next run."""
    from liandao.answers.plain import BatchesMoved
    from liandao.aside import read_aside, release
    from warehouse.lock import publish_lock

    place = read_settings(home, project).home
    _require_all(batches, read_aside(place), "batch set aside")
    with publish_lock(place):
        done = BatchesMoved(release(place, batches))
    text = f"✓ 放行 released: {len(done.batch_ids)}；下次运行入库 loaded by the next run"
    answer(as_json, done, lambda: OUT.print(text, markup=False))


@app.command("accept-loss", help="认可批次文件的丢失 Accept that a batch's files are lost.")
def accept_loss(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="批次 A batch whose landed files are missing.")],
    reason: ReasonOption,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a batch whose landed files are missing or damaged hold up publishing no more. What of it is published stays;
    what is not is read again."""
    from liandao.upkeep.prune import accept_loss as accept
    from warehouse.lock import publish_lock

    place = read_settings(home, project).home
    with publish_lock(place):
        done = accept(place, batch, who(by, "operator"), reason)
    answer(as_json, done, lambda: OUT.print(f"✓ 认损 accepted: {', '.join(done.files)}", markup=False))


def _require_all(batches: list[str], known: Iterable[str], what: str) -> None:
    names = list(known)
    for batch_id in batches:
        require(what, batch_id, names, where="BATCH", next_step="liandao batch list")
