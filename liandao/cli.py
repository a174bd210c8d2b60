"""``liandao``: the command line. Exit codes: 0 clean, 1 finished with data problems, 2 usage or configuration, 3 source
unreachable, 4 unbalanced, 5 internal."""

from __future__ import annotations

import json
import os
import sys

import typer

from liandao import demo
from liandao.commands import balance, check, doctor, explain, history, init, match, metrics, platforms, review, run, sql
from liandao.options import MESSAGES
from schemas.errors import LiandaoError

INTERRUPTED = 130

app = typer.Typer(
    name="liandao",
    help="连岛：把一省的服务平台连成一座仓库。Connects a province's platforms into one warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("init", help="新建一个项目 Write a new project.")(init.init)
app.command("run", help="抽取、校验、匹配、计算、发布 Read all platforms and publish a new generation.")(run.run)
app.command("demo", help="启动一个虚拟省份并在其上运行 Start a province, run on it, compare with its truth.")(demo.demo)
app.command("platforms", help="列出平台 List lines and platforms.")(platforms.platforms)
app.command("check", help="检查一个平台或平台文件 Check a platform or a platform file.")(check.check)
app.command("balance", help="核对每一行的去向 Account for every row, by platform and stream.")(balance.balance)
app.command("metrics", help="查看指标 Show figures with their rules.")(metrics.metrics)
app.command("sql", help="只读查询已发布的仓库 Query the published warehouse, read-only.")(sql.sql)
app.command("match", help="匹配任意表：哪些记录是同一个 Find which records of any table are one.")(match.match)
app.add_typer(review.app, name="review", help="人工核对：待核队列、判断、撤销 Review grey pairs, decide, undo merges.")
app.command("history", help="查看一个标识的来历 What happened to a person, matter or record.")(history.history)
app.command("explain", help="解释两条记录为何是或不是同一个 Why two records are or are not one.")(explain.explain_pair)
app.command("doctor", help="检查本机与目录 Check this machine and this home.")(doctor.doctor)


def main() -> None:
    """Run the command line; every error becomes one readable block and an exit code."""
    try:
        app()
    except LiandaoError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        MESSAGES.print("已中断 interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if os.environ.get("LIANDAO_DEBUG"):
            raise
        _tell(
            LiandaoError(f"{type(error).__name__}", next_step="LIANDAO_DEBUG=1 liandao … shows where; please report it")
        )
        sys.exit(LiandaoError.exit_code)


def _tell(error: LiandaoError) -> None:
    if "--json" in sys.argv:
        parts = {
            "error": error.code,
            "message": error.message,
            "where": error.where,
            "expected": error.expected,
            "found": error.found,
            "next": error.next_step,
            "exit_code": error.exit_code,
        }
        sys.stderr.write(json.dumps(parts, ensure_ascii=False) + "\n")
        return
    head, *rest = error.lines()
    MESSAGES.print(head, style="bold red", markup=False)
    for line in rest:
        MESSAGES.print(line, markup=False)
