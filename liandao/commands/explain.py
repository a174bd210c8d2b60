"""``liandao explain``: of one word, what it means here; of two records, why they are or are not one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liandao import names
from liandao.options import HomeOption, JsonOption, ProjectOption, answer
from schemas.errors import UsageError


def explain(
    word: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="错误代码、规则、指标、设置、批次或记录 An error, rule, figure, setting, batch or record.",
            autocompletion=names.complete_explained,
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(metavar="[B]", help="另一记录：两者是否同一个 Another record: whether the two are one."),
    ] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="liandao match 的结果目录 Folder that liandao match wrote.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what one thing means here: an error code, a rule, a figure, a setting, a batch, a record. With a second
    record, say why the two are or are not one: each field in bits, the sum, the chain that joins their cluster."""
    if other is None:
        from liandao.explaining.screen import show_explained
        from liandao.explaining.word import explain_word

        if out is not None:
            raise UsageError("of a folder of liandao match, two records are explained", where="--out", expected="A B")
        told = explain_word(word, home, project)
        answer(as_json, told, lambda: show_explained(told))
        return
    from liandao.explaining.pair import explain_pair, show, to_answer

    pair = explain_pair(word, other, home, project, out)
    answer(as_json, to_answer(pair), lambda: show(pair))
