"""Commands that are imported when they are needed, so that help, version and completion stay quick."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from liandao.commands.table import COMMANDS, VARIABLES, Listed
from schemas.extras import require_extra

EXIT_CODES = {
    "0": "正常 clean",
    "1": "完成，但数据有问题 finished, with data problems",
    "2": "用法或配置有误 usage or configuration",
    "3": "平台无法连接 source unreachable",
    "4": "数据不守恒 unbalanced",
    "5": "内部错误 internal error",
    "130": "已中断 interrupted",
}


class Deferred(TyperCommand):
    """A command of the table. Name and help are known; whoever parses its words gets the imported command."""

    def __init__(self, listed: Listed) -> None:
        super().__init__(listed.name, help=listed.help, rich_markup_mode=None)
        self.listed = listed

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002
        """The whole sentence: cut short it would lose one of its languages."""
        return self.listed.help

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the imported command."""
        return load(self.listed).make_context(info_name, args, parent, **extra)


@cache
def load(listed: Listed) -> Any:
    """Import a command: a typer command, or a group where it has commands of its own.

    Raises MissingExtra where an extra that it needs is not installed.
    """
    target = _import(listed)
    if not isinstance(target, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(listed.name, epilog=_epilog(listed))(target)
        target = alone
    command = get_command(target)
    command.name, command.help = listed.name, listed.help
    return command


def _import(listed: Listed) -> Any:
    if listed.extra:
        require_extra(listed.extra, f"liandao {listed.name}")
    module, _, name = listed.target.partition(":")
    return getattr(import_module(module), name)


def _epilog(listed: Listed) -> str | None:
    """The variables of a command, a line each (the mark keeps typer from filling them into one paragraph)."""
    lines = [f"{name}  {VARIABLES[name]}" for name in listed.variables]
    return "\n".join(["\b", "环境变量 Environment:", *lines]) if lines else None


class Commands(TyperGroup):
    """``liandao`` itself: the table, with variables and exit codes below."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for listed in COMMANDS:
            self.add_command(Deferred(listed))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write what holds for all commands."""
        for title, rows in (("环境变量 Environment", VARIABLES), ("退出码 Exit codes", EXIT_CODES)):
            with formatter.section(title):
                formatter.write_dl(list(rows.items()))
