"""How the command line ends when something is wrong: one block of text on stderr, or with ``--json`` one object."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

from schemas.errors import LiandaoError, UsageError


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as ``--json`` prints it on stderr.

    ``error``: the stable code; ``where``, ``expected``, ``found`` and ``next`` may be empty; ``exit_code``: what the
    command ends with.
    """

    error: str
    message: str
    where: str
    expected: str
    found: str
    next: str
    exit_code: int


def tell(error: LiandaoError, *, as_json: bool) -> None:
    """Print an error on stderr."""
    if as_json:
        parts = (error.message, error.where, error.expected, error.found, error.next_step)
        failure = Failure(error.code, *parts, error.exit_code)
        sys.stderr.write(json.dumps(asdict(failure), ensure_ascii=False) + "\n")
        return
    from liandao.options import MESSAGES

    head, *rest = error.lines()
    MESSAGES.print(head, style="bold red", markup=False)
    for line in rest:
        MESSAGES.print(line, markup=False)


def usage_error(error: Any) -> UsageError:
    """What typer says of words that it can't take, as an error of ours."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "liandao"
    return UsageError(error.format_message(), where=command, next_step=f"{command} --help")
