"""``liandao sql``: read-only SQL on the published warehouse, with no way to files, network or the vault."""

from __future__ import annotations

import sys
from typing import Annotated

import duckdb
import typer

from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from warehouse import reader

MOST_ROWS = 1000


def sql(
    query: Annotated[str, typer.Argument(help="SQL，或 - 从标准输入读取 The query, or - for standard input.")],
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(help="最多显示行数 Rows shown at most.")] = MOST_ROWS,
) -> None:
    """Run one query on the warehouse tier and print its rows."""
    text = sys.stdin.read() if query == "-" else query
    with reader.connect_analyst(read_settings(home, project).home) as con:
        try:
            names, rows = reader.fetch(con, text, limit + 1)
        except duckdb.Error as error:
            MESSAGES.print(str(error).split("\n\n")[0], style="red", markup=False)
            raise typer.Exit(2) from error
    if len(rows) > limit:
        MESSAGES.print(f"只显示前 {limit} 行 only the first {limit} rows are shown")
    data = [dict(zip(names, row, strict=True)) for row in rows[:limit]]
    answer(as_json, data, lambda: print_table(f"{len(data)} 行 rows", names, rows[:limit]))
