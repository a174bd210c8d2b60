"""``liandao generations`` and ``liandao rollback``: which generations are kept, and going back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from liandao.who import ByOption, ReasonOption, who

if TYPE_CHECKING:
    from liandao.answers.plain import RolledBack

def generations(home: HomeOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """List every generation kept, newest first, and which of them readers open."""
    from liandao.generations import list_generations

    rows = list_generations(read_settings(home, project).home)
    headings = ("", "版本 gen.", "时间 ended", "运行 run", "程序 program", "批次 batches", "内容校验 checksum")
    cells = [
        (
            "→" if r.is_published else "",
            r.generation,
            f"{r.ended_at:%Y-%m-%d %H:%M}" if r.ended_at else "",
            r.run_id,
            r.program,
            r.batches,
            r.checksum[:16],
        )
        for r in rows
    ]
    answer(as_json, rows, lambda: print_table(f"{len(rows)} 个版本 generations", headings, cells, numbers=(1, 5)))


def rollback(
    generation: Annotated[int, typer.Argument(help="版本号 Number of a generation kept.")],
    reason: ReasonOption,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let readers open another generation at once; batches that it does not hold are set aside until released."""
    from liandao.generations import roll_back

    done = roll_back(read_settings(home, project), generation, reason, who(by, "operator"))
    answer(as_json, done, lambda: _show(done))


def _show(done: RolledBack) -> None:
    OUT.print(f"✓ g{done.before} → g{done.now}", markup=False)
    if done.set_aside:
        count = len(done.set_aside)
        OUT.print(f"搁置 {count} 批，放行后入库 set aside until released: liandao batch list", markup=False)
    if done.released:
        OUT.print(f"放行 released: {len(done.released)}", markup=False)
    if done.now < done.before:
        later = f"g{done.now + 1}" if done.now + 1 == done.before else f"g{done.now + 1} … g{done.before}"
        OUT.print(f"下次运行将移除 the next run removes {later}", markup=False)
