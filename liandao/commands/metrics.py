"""``liandao metrics``: figures with numerator, denominator, interval and the rule that made them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings

if TYPE_CHECKING:
    from liandao.answers.plain import MeasureRule, PublishedFigure

QUERY = """
SELECT {columns} FROM warehouse.mart_figure
WHERE (? IS NULL OR measure_id = ?) AND grain = ?
ORDER BY measure_id, value DESC NULLS LAST, grain_key
"""
GRAINS = "SELECT DISTINCT measure_id, grain FROM warehouse.mart_figure"


def metrics(
    measure: Annotated[
        str | None,
        typer.Argument(help="指标编号，如 M11 A measure id such as M11.", autocompletion=names.complete_measure),
    ] = None,
    grain: Annotated[
        str,
        typer.Option(help="粒度 province, line, platform …", autocompletion=names.one_of(*names.GRAINS)),
    ] = "province",
    rules: Annotated[bool, typer.Option("--rules", help="列出指标定义 List the rules themselves.")] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show published figures of one grain, or the catalogue of measures."""
    from liandao.answers.plain import MeasureRule
    from transforms.measure.describe import describe
    from transforms.measure.verify import verify_own_measures

    settings = read_settings(home, project)
    declared = [MeasureRule(**row) for row in describe()]
    if rules:
        verify_own_measures()
        _show_rules(_chosen(measure, declared), as_json)
        return
    figures = _read(settings.home, measure, grain, declared)
    titles = {r.measure_id: r.title_zh for r in declared}
    answer(as_json, figures, lambda: _show(figures, titles))
    if not figures:
        MESSAGES.print("尚无此指标的数值 no such figure has been published yet: liandao run", markup=False)


def _chosen(measure: str | None, declared: list[MeasureRule]) -> list[MeasureRule]:
    if measure is not None:
        _require_measure(measure, {r.measure_id for r in declared})
    return [r for r in declared if measure in (None, r.measure_id)]


def _require_measure(measure: str, known: Iterable[str]) -> None:
    names.require("measure", measure, known, where="MEASURE", next_step="liandao metrics --rules")


def _read(home: Path, measure: str | None, grain: str, declared: list[MeasureRule]) -> list[PublishedFigure]:
    """Figures as published. Raises UsageError for a measure, or a grain of it, that is neither declared nor there."""
    from liandao.answers.plain import PublishedFigure
    from warehouse import reader

    with reader.connect(home) as con:
        grains = {*con.execute(GRAINS).fetchall(), *((r.measure_id, g) for r in declared for g in r.grains.split(","))}
        if measure is not None:
            _require_measure(measure, {m for m, _ in grains})
        of = "grain" if measure is None else f"grain of {measure}"
        names.require(of, grain, {g for m, g in grains if measure in (None, m)}, where="--grain")
        columns = ", ".join(f.name for f in fields(PublishedFigure))
        rows = con.execute(QUERY.format(columns=columns), [measure, measure, grain]).fetchall()
    return [PublishedFigure(*row) for row in rows]


def _show(figures: list[PublishedFigure], titles: dict[str, str]) -> None:
    rows = [
        (
            f.measure_id,
            titles.get(f.measure_id, ""),
            f.grain_key,
            _number(f.value),
            _interval(f),
            _number(f.numerator),
            _number(f.denominator),
            f.unit,
            f.rule_version,
        )
        for f in figures
    ]
    headings = ("编号", "指标 measure", "对象 of", "值 value", "95% 区间", "分子", "分母", "单位", "规则")
    print_table("指标 figures", headings, rows, numbers=(3, 5, 6))


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 1 else f"{value:.4f}"


def _interval(figure: PublishedFigure) -> str:
    if figure.lower is None:
        return ""
    return f"{_number(figure.lower)}–{_number(figure.upper)}"


def _show_rules(rules: list[MeasureRule], as_json: bool) -> None:
    cells = [(r.measure_id, r.title_zh, r.unit, r.rule_version, r.definition, r.source) for r in rules]
    headings = ("编号", "指标 measure", "单位", "规则", "定义 definition", "出处 source")
    answer(as_json, rules, lambda: print_table("指标定义 rules", headings, cells))
