"""``liandao platforms``: lines and platforms, from their files and from what was published of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from liandao import names
from liandao.options import MESSAGES, OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings

if TYPE_CHECKING:
    from liandao.answers.plain import PlatformRow


class _State(NamedTuple):
    """Whether what is published of a platform is fresh, and why not."""

    text: str
    code: str | None = None
    said: str | None = None


NEVER = _State("未接入 not read yet")


def platforms(
    line: Annotated[
        str | None, typer.Option(help="只看一个条线 Only this line.", autocompletion=names.complete_line)
    ] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every platform with its line, way of access, streams and freshness."""
    from connectors.registry import load_registry

    rows = list_platforms(read_settings(home, project).home, line)
    headings = ("条线 line", "平台 platform", "名称 title", "接入 access", "数据流 streams", "状态 state")
    cells = [(r.line_id, r.platform_id, r.title_zh, r.family, " ".join(r.streams), r.state) for r in rows]
    lines = len({r.line_id for r in rows})
    answer(as_json, rows, lambda: print_table(f"{len(rows)} 个平台，{lines} 条线", headings, cells))
    if not as_json:
        for row in rows:
            if row.error:
                OUT.print(f"{row.platform_id}: {row.error} → {row.next}", markup=False)
    for platform_id in load_registry().broken:
        MESSAGES.print(f"{platform_id}: 文件有误 its file is not right: liandao check {platform_id}", markup=False)


def list_platforms(home: Path, line_id: str | None) -> list[PlatformRow]:
    """One row a platform, in order of line and id. Raises UsageError for an unknown line."""
    from connectors.registry import load_registry
    from liandao.answers.plain import PlatformRow
    from liandao.explaining.errors import command_for

    registry, states = load_registry(), _states(home)
    if line_id is not None:
        names.require("line", line_id, registry.lines, where="--line")
    chosen = [p for p in registry.platforms.values() if line_id in (None, p.line_id)]
    return [
        PlatformRow(
            line_id=p.line_id,
            platform_id=p.platform_id,
            title_zh=p.file.title.zh,
            title_en=p.file.title.en,
            owner=p.file.owner.org,
            family=p.file.access.family,
            streams=sorted(p.file.streams),
            state=(state := states.get(p.platform_id, NEVER)).text,
            error=f"{state.code} {state.said}" if state.code else None,
            next=command_for(state.code, p.platform_id) if state.code else None,
        )
        for p in sorted(chosen, key=lambda p: (p.line_id, p.platform_id))
    ]


def _states(home: Path) -> dict[str, _State]:
    from warehouse import reader

    if not reader.is_published(home):
        return {}
    with reader.connect(home) as con:
        rows = con.execute(
            "SELECT platform_id, is_stale, error_code, error_text FROM warehouse.ctl_platform_state"
        ).fetchall()
    fresh = _State("正常 fresh")
    return {p: _State(f"陈旧 stale ({code})", code, text) if stale else fresh for p, stale, code, text in rows}
