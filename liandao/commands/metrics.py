"""``liandao metrics``: figures with numerator, denominator, interval and the rule that made them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from transforms.measure.describe import describe
from warehouse import reader

QUERY = """
SELECT measure_id, grain, grain_key, value, numerator, denominator, lower, upper, unit, rule_version,
       window_start, window_end, note
FROM warehouse.mart_figure
WHERE (? IS NULL OR measure_id = ?) AND grain = ?
ORDER BY measure_id, value DESC NULLS LAST, grain_key
"""


def metrics(
    measure: Annotated[str | None, typer.Argument(help="指标编号，如 M11 A measure id such as M11.")] = None,
    grain: Annotated[str, typer.Option(help="粒度 province, line, platform …")] = "province",
    rules: Annotated[bool, typer.Option("--rules", help="列出指标定义 List the rules themselves.")] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show published figures of one grain, or the catalogue of measures."""
    settings = read_settings(home, project)
    if rules:
        _show_rules(measure, as_json)
        return
    with reader.connect(settings.home) as con:
        cursor = con.execute(QUERY, [measure, measure, grain])
        names = [d[0] for d in cursor.description]
        figures = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    titles = {r["measure_id"]: r["title_zh"] for r in describe()}
    answer(as_json, figures, lambda: _show(figures, titles))


def _show(figures: list[dict[str, Any]], titles: dict[str, str]) -> None:
    rows = [
        (
            f["measure_id"],
            titles.get(f["measure_id"], ""),
            f["grain_key"],
            _number(f["value"]),
            _interval(f),
            _number(f["numerator"]),
            _number(f["denominator"]),
            f["unit"],
            f["rule_version"],
        )
        for f in figures
    ]
    headings = ("编号", "指标 measure", "对象 of", "值 value", "95% 区间", "分子", "分母", "单位", "规则")
    print_table("指标 figures", headings, rows, numbers=(3, 5, 6))


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 1 else f"{value:.4f}"


def _interval(figure: dict[str, Any]) -> str:
    if figure["lower"] is None:
        return ""
    return f"{_number(figure['lower'])}–{_number(figure['upper'])}"


def _show_rules(measure: str | None, as_json: bool) -> None:
    rules = [r for r in describe() if measure in (None, r["measure_id"])]
    cells = [
        (r["measure_id"], r["title_zh"], r["unit"], r["rule_version"], r["definition"], r["source"]) for r in rules
    ]
    headings = ("编号", "指标 measure", "单位", "规则", "定义 definition", "出处 source")
    answer(as_json, rules, lambda: print_table("指标定义 rules", headings, cells))
