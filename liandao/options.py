"""Options that every command takes, and how every command answers: results on stdout, messages on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liandao.project import HOME_VARIABLE, PROJECT_VARIABLE

if TYPE_CHECKING:
    from rich.console import Console

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


class Screen:
    """Where text for people goes; rich is imported when the first of it is printed."""

    def __init__(self, *, stderr: bool) -> None:
        self.stderr = stderr

    @cached_property
    def console(self) -> Console:
        """The console of rich that prints it."""
        from rich.console import Console

        return Console(stderr=self.stderr, highlight=False, emoji=False, width=_width())

    @property
    def is_terminal(self) -> bool:
        """Whether a person sits before it."""
        return self.console.is_terminal

    def print(self, *parts: Any, **options: Any) -> None:
        """Print as ``Console.print`` does."""
        self.console.print(*parts, **options)


OUT, MESSAGES = Screen(stderr=False), Screen(stderr=True)


def answer(as_json: bool, data: Any, show: Callable[[], None]) -> None:
    """Print the result once: as JSON for machines (its shape is published, see liandao.answers) or as a table for
    people."""
    if as_json:
        sys.stdout.write(json.dumps(plain(data), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    else:
        show()


def plain(value: Any) -> Any:
    """A result as JSON knows it: times in ISO 8601, what is no number null, anything else that JSON lacks as text."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if isinstance(value, date | time) else str(value)


def print_table(
    title: str, headings: Iterable[str], rows: Iterable[Iterable[object]], *, numbers: Iterable[int] = ()
) -> None:
    """Print one table; ``numbers``: indexes of columns aligned to the right."""
    from rich.table import Table

    right = set(numbers)
    OUT.print(title, style="italic", markup=False)  # rich would break it at the width of the table
    table = Table(header_style="bold", box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if table.columns:
        OUT.print(table)
