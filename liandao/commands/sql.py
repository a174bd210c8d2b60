"""``liandao sql``: read-only SQL on the published warehouse, with no way to files, network or the vault."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from schemas.errors import UsageError

MOST_ROWS = 1000
TABLES = "liandao sql 'SHOW TABLES'"


def sql(
    query: Annotated[str, typer.Argument(help="SQL，或 - 从标准输入读取 The query, or - for standard input.")],
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, help="最多显示行数 Rows shown at most.")] = MOST_ROWS,
) -> None:
    """Run one query on the warehouse tier and print its rows."""
    import duckdb

    from warehouse import reader

    text = sys.stdin.read() if query == "-" else query
    with reader.connect_analyst(read_settings(home, project).home) as con:
        try:
            names, rows = reader.fetch(con, text, limit + 1)
        except duckdb.Error as error:
            # The engine's first paragraph says what is wrong, and which table or column may have been meant.
            raise UsageError(str(error).split("\n\n")[0], where="QUERY", next_step=TABLES) from error
    if len(rows) > limit:
        MESSAGES.print(f"只显示前 {limit} 行 only the first {limit} rows are shown")
    if as_json and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two columns are called {twice!r}", where="QUERY", expected="a name for each: … AS name")
    data = [dict(zip(names, row, strict=True)) for row in rows[:limit]]
    answer(as_json, data, lambda: print_table(f"{len(data)} 行 rows", names, rows[:limit]))
