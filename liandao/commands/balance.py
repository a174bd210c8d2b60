"""``liandao balance``: where every row went, checked again by code that shares nothing with the loader."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from schemas.errors import Unbalanced
from warehouse.audit import audit, balance_sheet

COLUMNS = (
    "extracted",
    "landed",
    "accepted",
    "quarantined",
    "dropped",
    "inserted",
    "updated",
    "unchanged",
    "superseded",
)
HEADINGS = ("抽取", "落地", "接收", "隔离", "剔除", "新增", "更新", "未变", "被取代")


def balance(
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    platform: Annotated[str | None, typer.Option(help="只看一个平台 Only this platform.")] = None,
) -> None:
    """Print the balance sheet by platform and stream; exit code 4 when a row is not accounted for."""
    settings = read_settings(home, project)
    sheet = [row for row in balance_sheet(settings.home) if platform in (None, row["platform_id"])]
    findings = [asdict(f) for f in audit(settings.home)]
    totals = {c: sum(row[c] for row in sheet) for c in COLUMNS}
    data = {"balanced": not findings, "totals": totals, "streams": sheet, "findings": findings}

    def show() -> None:
        rows = [(r["platform_id"], r["stream"], *(f"{r[c]:,}" for c in COLUMNS)) for r in sheet]
        rows.append(("合计 total", "", *(f"{totals[c]:,}" for c in COLUMNS)))
        verdict = "守恒 balanced" if not findings else f"不守恒：{len(findings)} 处 unbalanced"
        print_table(f"平衡表 balance sheet: {verdict}", ("平台", "数据流", *HEADINGS), rows, numbers=range(2, 11))
        if findings:
            print_table("发现 findings", findings[0].keys(), [f.values() for f in findings[:20]])

    answer(as_json, data, show)
    raise typer.Exit(Unbalanced.exit_code if findings else 0)
