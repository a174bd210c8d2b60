"""``liandao runs``: past runs, the one that is on, and how long things usually take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings

if TYPE_CHECKING:
    from liandao.answers.plain import RunDetail, RunRow

STATES = {"done": "完成 done", "failed": "失败 failed", "running": "运行中 running", "interrupted": "中断 interrupted"}


def runs(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="运行标识，查看其步骤 A run, for its steps.")
    ] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="最近几次 How many, from the newest.")] = 20,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the last runs with what they read and how long they took; or the steps of one, with how long each usually
    takes. Of a run that is on, when it will probably end."""
    from liandao.observe.listing import list_runs, show_run

    place = read_settings(home, project).home
    if run is None:
        rows = list_runs(place, last)
        answer(as_json, rows, lambda: _show_runs(rows))
    else:
        detail = show_run(place, run)
        answer(as_json, detail, lambda: _show_steps(detail))


def _show_runs(rows: list[RunRow]) -> None:
    headings = ("运行 run", "状态 state", "开始 began", "用时 s", "版本 gen.", "平台 read+failed", "行 rows")
    cells = [
        (r.run_id, f"{STATES[r.state]} {r.error_code or ''}".rstrip(), f"{r.started_at:%Y-%m-%d %H:%M}",
         _seconds(r.seconds), r.generation, f"{r.platforms_read} + {r.platforms_failed}", f"{r.rows:,}")
        for r in rows
    ]  # fmt: skip
    print_table(f"{len(rows)} 次运行 runs", headings, cells, numbers=(3, 4, 5, 6))
    for r in rows:
        _show_end(r)


def _show_end(run: RunRow) -> None:
    from liandao.observe.screen import clock

    if run.probable_end and run.nine_in_ten_end:
        MESSAGES.print(
            f"{run.run_id}: 预计完成 probably done {clock(run.probable_end)},"
            f" 九成不晚于 nine in ten by {clock(run.nine_in_ten_end)}",
            markup=False,
        )


def _show_steps(detail: RunDetail) -> None:
    headings = (
        "步骤 step", "平台/条线 platform/line", "开始 began", "用时 s", "通常 usual s", "九成 p90 s", "n", "行 rows",
        "未接收 refused", "错误 error",
    )  # fmt: skip
    cells = [
        (s.step, s.platform_id or s.line_id, f"{s.started_at:%H:%M:%S}", _seconds(s.seconds), _seconds(s.usual_seconds),
         _seconds(s.p90_seconds), s.samples or None, s.rows, s.refused, s.error_code)
        for s in detail.steps
    ]  # fmt: skip
    title = f"{detail.run.run_id} · {STATES[detail.run.state]}"
    print_table(title, headings, cells, numbers=(3, 4, 5, 6, 7, 8))
    _show_end(detail.run)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"
