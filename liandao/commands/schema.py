"""``liandao schema``: the JSON Schema of what a command prints with ``--json``."""

from __future__ import annotations

from typing import Annotated

import typer

from liandao.answers.files import file_of, published
from liandao.names import require


def _complete(context: typer.Context, typed: str) -> list[str]:
    """The next word of a command that has a schema."""
    before = list(context.params.get("command") or [])
    rest = [words[len(before) :] for name in published() if (words := name.split())[: len(before)] == before]
    return sorted({words[0] for words in rest if words and words[0].startswith(typed)})


def schema(
    command: Annotated[
        list[str] | None,
        typer.Argument(help="命令，如 metrics 或 review list A command, or error.", autocompletion=_complete),
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="列出有模式的命令 List the commands that have one.")] = False,
) -> None:
    """Print the schema of one command's answer, or of the object that every command prints when it fails."""
    known = published()
    if names:
        typer.echo("\n".join(known))
        return
    asked = " ".join(command or [])
    name = require("command with --json", asked, known, where="COMMAND", next_step="liandao schema --list")
    typer.echo(file_of(name).read_text(encoding="utf-8"), nl=False)
