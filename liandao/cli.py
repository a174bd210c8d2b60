"""``liandao``: the command line. Exit codes: 0 clean, 1 finished with data problems, 2 usage or configuration, 3 source
unreachable, 4 unbalanced, 5 internal, 130 interrupted, 143 terminated."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Annotated

import typer

from liandao.commands.table import COMPLETION
from liandao.failure import tell, usage_error
from liandao.lazy import Commands
from schemas.errors import LiandaoError, UsageError
from schemas.refusals import refusal_of

INTERRUPTED, TERMINATED = 130, 143

app = typer.Typer(
    cls=Commands,
    name="liandao",
    help="连岛：把一省的服务平台连成一座仓库。Connects a province's platforms into one warehouse.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        parts = f"Python {sys.version.split()[0]}, DuckDB {version('duckdb')}"
        typer.echo(f"liandao {version('liandao')} ({parts})")
        raise typer.Exit


@app.callback()
def liandao(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本 Show the version.")
    ] = False,
) -> None:
    """The options of ``liandao`` itself; without any word it shows its help and ends as a usage error does."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(UsageError.exit_code)


def main() -> None:
    """Run the command line; every error becomes one readable block and an exit code. SIGTERM ends it as Ctrl-C does:
    what it started ends with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    sys.exit(run())


def run() -> int:
    """Run the command line on the words of this process; returns the exit code."""
    if COMPLETION in os.environ:
        return _complete()
    as_json = "--json" in sys.argv
    try:
        code = app(prog_name="liandao", standalone_mode=False)
    except LiandaoError as error:
        return _end(error, as_json=as_json)
    except typer.TyperException as error:
        return _end(usage_error(error), as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        if os.environ.get("LIANDAO_DEBUG"):
            raise
        next_step = "LIANDAO_DEBUG=1 liandao … shows where; please report it"
        ours = LiandaoError(type(error).__name__, next_step=next_step)
        return _end(refusal_of(error) or ours, as_json=as_json)
    if code == INTERRUPTED:
        typer.echo("已中断 interrupted", err=True)
    return code if isinstance(code, int) else 0


def _complete() -> int:
    """Tell the shell what may come next; it ends there. Nobody wants to read an error between two keystrokes."""
    from typer import _completion_classes

    _completion_classes.completion_init()
    # Typer has rich render every help text, which costs a tenth of a second and breaks it at 80 columns.
    _completion_classes._sanitize_help_text = str  # type: ignore[assignment]
    with suppress(Exception):
        app(prog_name="liandao", standalone_mode=False)
    return 1


def _end(error: LiandaoError, *, as_json: bool) -> int:
    tell(error, as_json=as_json)
    return error.exit_code
