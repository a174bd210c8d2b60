"""``liandao config``: what is in effect, and where each of it was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings

if TYPE_CHECKING:
    from liandao.answers.plain import Effective


def config(
    section: Annotated[str, typer.Argument(help="只看一节，如 settings Only this section.")] = "",
    origin: Annotated[bool, typer.Option("--origin", help="列出来源 Say where each was said.")] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every effective setting and definition of this project and home."""
    from liandao.effective import effective

    entries = effective(read_settings(home, project))
    if section:
        names.require("section", section, {e.section for e in entries}, where="SECTION")
    chosen = [e for e in entries if section in ("", e.section)]
    answer(as_json, chosen, lambda: _show(chosen, with_origin=origin))


def _show(entries: list[Effective], *, with_origin: bool) -> None:
    headings = ["节 section", "名称 name", "值 value", *(["来源 origin"] if with_origin else [])]
    rows = [(e.section, e.name, e.value, *([e.origin] if with_origin else [])) for e in entries]
    print_table("生效的设置 in effect", headings, rows)
