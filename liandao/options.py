"""Options that every command takes, and how every command answers: results on stdout, messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from liandao.project import PROJECT_VARIABLE
from liandao.settings import HOME_VARIABLE

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", envvar=HOME_VARIABLE, help="数据目录，默认为项目的 home Folder of the data; the project's by default."
    ),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project", envvar=PROJECT_VARIABLE, help="项目目录，默认向上查找 The project; found upwards by default."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="以 JSON 输出结果 Print the result as JSON.")]


def _width() -> int | None:
    """Rich guesses 80 columns when the output is a file; tables with Chinese titles need more."""
    return None if sys.stdout.isatty() else 120


OUT = Console(highlight=False, emoji=False, width=_width())
MESSAGES = Console(stderr=True, highlight=False, emoji=False, width=_width())


def answer(as_json: bool, data: Any, show: Callable[[], None]) -> None:
    """Print the result once: as JSON for machines or as a table for people."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n")
    else:
        show()


def print_table(
    title: str, headings: Iterable[str], rows: Iterable[Iterable[object]], *, numbers: Iterable[int] = ()
) -> None:
    """Print one table; ``numbers``: indexes of columns aligned to the right."""
    right = set(numbers)
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    OUT.print(table)
