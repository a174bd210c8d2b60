"""``liandao init``: a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liandao.options import OUT, JsonOption, answer
from liandao.project import usable

NEXT = (
    "liandao regions import FILE.csv",
    "liandao check sources/LINE/PLATFORM.yml",
    "liandao run",
)


def init(
    folder: Annotated[Path, typer.Argument(help="新项目的目录 Folder of the new project.")],
    name: Annotated[str, typer.Option(help="项目名称 Its name; by default the folder's.")] = "",
    title: Annotated[str, typer.Option(help="项目标题 Its title; by default the folder's name.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write a new project: platform files, vocabularies and measures go into it, and it is meant to be kept in git."""
    from liandao.answers.plain import NewProject
    from liandao.init import init_project, name_from

    root = usable(folder, "DIR")
    chosen = name or name_from(root)
    written = init_project(root, chosen, title or root.name, title or chosen)
    data = NewProject(str(root), chosen, [str(p.relative_to(root)) for p in written], list(NEXT))
    answer(as_json, data, lambda: _show(root, len(written)))


def _show(root: Path, files: int) -> None:
    OUT.print(f"✓ {root} · {files} 个文件 files", markup=False)
    OUT.print(f"接下来 next:  cd {root}", markup=False)
    for command in NEXT:
        OUT.print(f"  {command}", markup=False)
