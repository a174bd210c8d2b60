"""``liandao config``: what is in effect, and where each of it was said."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from liandao.effective import Effective, effective
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings


def config(
    section: Annotated[str, typer.Argument(help="只看一节，如 settings Only this section.")] = "",
    origin: Annotated[bool, typer.Option("--origin", help="列出来源 Say where each was said.")] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every effective setting and definition of this project and home."""
    entries = effective(read_settings(home, project))
    sections = list(dict.fromkeys(e.section for e in entries))
    if section and section not in sections:
        raise typer.BadParameter(f"no section {section!r}; there are: {', '.join(sections)}")
    chosen = [e for e in entries if section in ("", e.section)]
    answer(as_json, [asdict(e) for e in chosen], lambda: _show(chosen, with_origin=origin))


def _show(entries: list[Effective], *, with_origin: bool) -> None:
    headings = ["节 section", "名称 name", "值 value", *(["来源 origin"] if with_origin else [])]
    rows = [(e.section, e.name, e.value, *([e.origin] if with_origin else [])) for e in entries]
    print_table("生效的设置 in effect", headings, rows)
