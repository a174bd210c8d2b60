"""``liandao completion``: what makes a shell complete commands, options and the names of the project at hand."""

from __future__ import annotations

from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]

from liandao.commands.table import COMPLETION
from liandao.names import SHELLS, one_of, require


def completion(
    shell: Annotated[
        str, typer.Argument(help="bash、zsh、fish 或 powershell The shell.", autocompletion=one_of(*SHELLS))
    ],
) -> None:
    """Print the lines to evaluate when a shell starts, such as ``eval "$(liandao completion bash)"``."""
    require("shell", shell, SHELLS, where="SHELL")
    typer.echo(get_completion_script(prog_name="liandao", complete_var=COMPLETION, shell=shell))

