"""The outcome of a run on one screen, planted truth beside each figure when there is one."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table

from liandao.explaining.errors import command_for
from liandao.options import OUT
from liandao.outcome import Figure, Outcome

LONGEST_LIST = 12


@dataclass(frozen=True, slots=True)
class Truth:
    """What the province planted, as text beside each row of the screen (row name -> text)."""

    beside: dict[str, str]


def show_outcome(outcome: Outcome, truth: Truth | None) -> None:
    """Print the outcome."""
    OUT.print(f"\n连岛 Liandao · 运行 run {outcome.run_id} · {outcome.seconds:.1f} s", style="bold")
    _show_reading(outcome)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("指标 figure", "结果 found", "95% 区间 interval", "分子/分母 of"):
        table.add_column(heading, overflow="fold")
    if truth is not None:
        table.add_column("预置真值 planted truth", style="cyan", overflow="fold")
    for name, *cells in _figure_rows(outcome):
        beside = [truth.beside.get(name, "")] if truth is not None else []
        table.add_row(*cells, *beside)
    OUT.print(table)
    OUT.print(f"仓库 warehouse  {outcome.warehouse}", markup=False)
    OUT.print(f"报告 reports    {outcome.reports}", markup=False)


def _show_reading(outcome: Outcome) -> None:
    rows = outcome.rows
    OUT.print(
        f"平台 platforms  {outcome.platforms_read} 已读 read"
        + (
            f" · {len(outcome.platforms_failed)} 未读到，标为陈旧 failed, marked stale"
            if outcome.platforms_failed
            else ""
        )
    )
    sums = rows["extracted"] == rows["landed"] == rows["accepted"] + rows["quarantined"] + rows["dropped"]
    fates = f"接收 {rows['accepted']:,} + 隔离 {rows['quarantined']:,} + 剔除 {rows['dropped']:,}"
    OUT.print(f"行 rows         抽取 {rows['extracted']:,} = 落地 {rows['landed']:,} = {fates}  {'✓' if sums else '✗'}")
    OUT.print("                extracted = landed = accepted + quarantined + dropped", style="dim")
    for platform_id, code in list(outcome.platforms_failed.items())[:LONGEST_LIST]:
        OUT.print(f"  ✗ {platform_id}  {code}  {outcome.reasons[platform_id]}", style="red", markup=False)
    for platform_id, code in list(outcome.platforms_failed.items())[:1]:
        OUT.print(f"    处理 next: {command_for(code, platform_id)}", style="dim", markup=False)
    for note in outcome.notes:
        OUT.print(f"  ! {note}", style="yellow", markup=False)
    if outcome.lines_stopped:
        OUT.print(f"  ✗ 闸门未通过 gates stopped: {', '.join(outcome.lines_stopped)}", style="red", markup=False)


def _figure_rows(outcome: Outcome) -> list[tuple[str, str, str, str, str]]:
    figures = outcome.figures
    rows = [
        ("persons", "人员 persons", f"{outcome.persons:,}", "", ""),
        ("matters", "事件 matters", f"{outcome.matters:,}", "", ""),
    ]
    if (m11 := figures.get("M11")) is not None:
        rows.append(
            ("redundant", "重复录入率 redundant-entry rate", _percent(m11.value), _interval(m11), _fraction(m11))
        )
    if (m03 := figures.get("M03")) is not None:
        found = int(m03.numerator or 0)
        away = _distance(found, outcome.survey)
        rows.append(("high_use", "高频平台 high-use platforms", f"{found}", away, _fraction(m03)))
    if (m26 := figures.get("M26")) is not None:
        rows.append(
            ("satisfaction", "好差评满意率 satisfaction (top 3)", _percent(m26.value), _interval(m26), _fraction(m26))
        )
    if (rate := figures.get("M21")) is not None:
        rows.append(("response", "  评价率 response rate", _percent(rate.value), _interval(rate), _fraction(rate)))
    return rows


def _distance(found: int, survey: dict[str, int]) -> str:
    if "high_use" not in survey:
        return ""
    of = f"/{survey['platforms']}" if "platforms" in survey else ""
    return f"距调查的 {survey['high_use']}{of}: {found - survey['high_use']:+d}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _interval(figure: Figure) -> str:
    return "" if figure.lower is None or figure.upper is None else f"{figure.lower:.2%}–{figure.upper:.2%}"


def _fraction(figure: Figure) -> str:
    if figure.numerator is None or figure.denominator is None:
        return ""
    return f"{figure.numerator:,.0f} / {figure.denominator:,.0f}"
