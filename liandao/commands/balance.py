"""``liandao balance``: where every row went, checked again by code that shares nothing with the loader."""

from __future__ import annotations

from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from schemas.errors import Unbalanced

if TYPE_CHECKING:
    from liandao.answers.rooms import Balance

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
    platform: Annotated[
        str | None, typer.Option(help="只看一个平台 Only this platform.", autocompletion=names.complete_platform)
    ] = None,
) -> None:
    """Print the balance sheet by platform and stream; exit code 4 when a row is not accounted for."""
    from liandao.answers.plain import RowCounts, StreamBalance
    from liandao.answers.rooms import Balance
    from warehouse.audit import audit, balance_sheet

    settings = read_settings(home, project)
    place = settings.home
    streams = [StreamBalance(**row) for row in balance_sheet(place)]
    if platform is not None:
        _require_platform(platform, settings.project, {s.platform_id for s in streams})
        streams = [s for s in streams if s.platform_id == platform]
    totals = RowCounts(**{c: sum(getattr(s, c) for s in streams) for c in COLUMNS})
    findings = audit(place)
    sheet = Balance(not findings, totals, streams, findings)
    answer(as_json, sheet, lambda: _show(sheet))
    raise typer.Exit(Unbalanced.exit_code if findings else 0)


def _require_platform(platform: str, project: Path | None, with_rows: set[str]) -> None:
    """A platform has a file, or rows from when it had one."""
    known = {*names.platform_ids(names.source_folder({"project": project})), *with_rows}
    names.require("platform", platform, known, where="--platform", next_step="liandao platforms")


def _show(sheet: Balance) -> None:
    rows = [(s.platform_id, s.stream, *(f"{getattr(s, c):,}" for c in COLUMNS)) for s in sheet.streams]
    rows.append(("合计 total", "", *(f"{getattr(sheet.totals, c):,}" for c in COLUMNS)))
    broken = len(sheet.findings)
    verdict = "守恒 balanced" if sheet.balanced else f"不守恒：{broken} 处 unbalanced"
    print_table(f"平衡表 balance sheet: {verdict}", ("平台", "数据流", *HEADINGS), rows, numbers=range(2, 11))
    if broken:
        headings = [f.name for f in fields(sheet.findings[0])]
        print_table("发现 findings", headings, [astuple(f) for f in sheet.findings[:20]])
