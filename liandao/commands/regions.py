"""``liandao regions``: the division codes of the project, brought in from what others publish, and looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from liandao.options import MESSAGES, OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.region_changes import TITLES
from liandao.region_import import (
    RegionsImported,
    count_communities,
    expected_communities,
    import_regions,
    today,
    told_counts,
)
from liandao.region_show import find_region, tell_region
from liandao.settings import read_settings
from schemas.codes import code_lists, region_path, region_table
from schemas.errors import ConfigurationError
from schemas.regions import COMMUNITY, LEVELS, RESIDENTS, VILLAGE, RegionTable

MOST_SHOWN = 20
"""Changes that the screen lists; ``--json`` gives all."""
SHORTEST_CODE = 2
"""Digits of a province."""

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.command("import", help="导入区划 Bring in division codes.")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(help="CSV 或 XLSX，可多个 CSV or XLSX; several make one list.", exists=True, dir_okay=False),
    ],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="PREFIX", help="只取以此开头的代码 Only codes that begin so.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="名录自何日起有效 First day on which the list holds, over a table."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说明变化，不写 Say what would change.")] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write ``reference/regions.csv`` from lists that others publish; over a table that is there, what is gone is
    closed, what is new opened, and what is renamed goes on as a new version."""
    read_settings(home, project)
    done = import_regions(files, _prefixes(only or []), on.date() if on else None, dry_run=dry_run)
    answer(as_json, _imported(done), lambda: _show_imported(done, dry_run=dry_run))


@app.command("show", help="查看区划 Look up division codes.")
def show(
    code: Annotated[str | None, typer.Argument(help="区划代码或名称 A code, its beginning, or a name.")] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count regions by level and kind, or tell one region: what is above it, its versions, what it became."""
    read_settings(home, project)
    table, day = region_table(), today()
    if not table.rows:
        raise ConfigurationError(
            "this project has no regions yet",
            where=str(region_path() or Path.cwd()),
            next_step="liandao regions import FILE",
        )
    if code is None:
        told = _counted(table, day)
        answer(as_json, told, lambda: _show_counts(told))
        return
    told = tell_region(table, find_region(table, code), day)
    answer(as_json, told, lambda: _show_region(told))


def _prefixes(only: Iterable[str]) -> list[str]:
    for prefix in only:
        if not (prefix.isascii() and prefix.isdigit() and len(prefix) >= SHORTEST_CODE):
            raise typer.BadParameter(f"{prefix!r} is no beginning of a code, such as 43 or 430102", param_hint="--only")
    return list(only)


def _imported(done: RegionsImported) -> dict[str, Any]:
    return {
        "file": str(done.path),
        "written": done.written,
        "on": done.day,
        "read": [asdict(part) for part in done.parts],
        "counts": done.changes.counts,
        "without_successor": list(done.changes.without_successor),
        "communities": done.communities,
        "expected_communities": done.expected,
        "changes": [asdict(change) for change in done.changes.changes],
        "notes": list(done.notes),
    }


def _show_imported(done: RegionsImported, *, dry_run: bool) -> None:
    for part in done.parts:
        OUT.print(f"{part.file} · {part.encoding} · {part.rows:,} 行 rows · {part.regions:,} 取用 taken", markup=False)
    _show_changes(done)
    for note in done.notes:
        MESSAGES.print(note, markup=False)
    state = "✓" if done.written else "未写 not written:" if dry_run else "无变化 no change:"
    OUT.print(f"{state} {done.path} · {_communities(done.communities)}", markup=False)


def _show_changes(done: RegionsImported) -> None:
    changes = done.changes
    if not changes.changes:
        return
    told = [change for change in changes.changes if change.change != "added"]
    rows = [(TITLES[c.change], c.code, c.before, c.after) for c in told[:MOST_SHOWN]]
    title = told_counts(changes.counts)
    print_table(title, ("变化 change", "代码 code", "原 before", "现 after"), rows) if rows else OUT.print(title)
    if len(told) > MOST_SHOWN:
        OUT.print(f"… {len(told) - MOST_SHOWN:,} 项未列，--json 全部列出 more; --json lists all", markup=False)
    if orphans := changes.without_successor:
        sample = ", ".join(orphans[:MOST_SHOWN])
        OUT.print(f"无后继 without successor: {len(orphans):,} · {sample}", markup=False)


def _communities(counts: dict[str, int]) -> str:
    kinds = f"村 villages {counts[VILLAGE]:,} · 居 residents' committees {counts[RESIDENTS]:,}"
    return f"{counts['all']:,} 个村（社区） communities: {kinds}"


def _counted(table: RegionTable, day: date) -> dict[str, Any]:
    """Regions by level: valid today, closed, and yet to come; communities by kind."""
    levels = {
        level: {
            "valid": sum(r.is_valid_on(day) for r in of_level),
            "closed": sum(r.last_day < day for r in of_level),
            "to_come": sum(r.first_day > day for r in of_level),
        }
        for level in LEVELS
        if (of_level := [r for r in table.rows if r.level == level])
    }
    communities = count_communities(table, day)
    return {
        "file": str(region_path()),
        "day": day,
        "levels": levels,
        "communities": communities,
        "expected_communities": expected_communities(),
    }


def _show_counts(told: dict[str, Any]) -> None:
    titles = code_lists()["region_level"]
    rows = [(" ".join(titles[level]), *counts.values()) for level, counts in told["levels"].items()]
    headings = ("层级 level", "有效 valid", "已停用版本 closed versions", "未启用 to come")
    print_table(f"{told['file']} · {told['day']}", headings, rows, numbers=(1, 2, 3))
    counts = told["communities"]
    stated = f"类型载明 kind stated: {counts['kind_stated']:,}"
    OUT.print(f"{_communities(counts)} · {stated}", markup=False)
    if (expected := told["expected_communities"]) is not None:
        away = counts["all"] - expected
        OUT.print(f"项目所载 the project speaks of: {expected:,} · {away:+,}", markup=False)


def _show_region(told: dict[str, Any]) -> None:
    above = " › ".join(f"{region['name_zh']}" for region in reversed(told["above"]))
    title = f"{told['region_code']} {told['name_zh']}" + (f" · {above}" if above else "")
    rows = [
        (
            version["version_no"],
            version["name_zh"],
            version["kind"] and f"{version['kind']} ({version['kind_source']})",
            version["valid_from"] or "…",
            version["valid_to"] or "…",
            _heirs(version["predecessors"]),
            _heirs(version["successors"]),
        )
        for version in told["versions"]
    ]
    headings = ("版本 no.", "名称 name", "村居 kind", "自 from", "至 to", "前身 predecessors", "后继 successors")
    print_table(title, headings, rows, numbers=(0,))
    if told["level"] != COMMUNITY:
        OUT.print(f"下辖 below it: {told['below']:,}", markup=False)
    if not told["is_valid"]:
        OUT.print(f"现为 now: {_heirs(told['now']) or '无 nothing'}", markup=False)


def _heirs(regions: Iterable[dict[str, Any]]) -> str:
    return " ".join(
        f"{region['region_code']} {region['name_zh']}" + (f" ({share:.0%})" if (share := region.get("share")) else "")
        for region in regions
    )
