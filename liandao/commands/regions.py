"""``liandao regions``: the division codes of the project, brought in from what others publish, and looked up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao.options import MESSAGES, OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from liandao.answers.plain import RegionCounts, RegionLife, RegionRef, RegionsImport
    from liandao.region_import import RegionsImported
    from schemas.regions import RegionTable

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
    from liandao.region_import import import_regions

    root, prefixes = read_settings(home, project).project, _prefixes(only or [])
    expected = _expected(root)
    done = import_regions(files, prefixes, on.date() if on else None, expected=expected, dry_run=dry_run)
    answer(as_json, _imported(done), lambda: _show_imported(done, dry_run=dry_run))


@app.command("show", help="查看区划 Look up division codes.")
def show(
    code: Annotated[str | None, typer.Argument(help="区划代码或名称 A code, its beginning, or a name.")] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count regions by level and kind, or tell one region: what is above it, its versions, what it became."""
    from liandao.region_import import today
    from liandao.region_show import find_region, tell_region
    from schemas.codes import region_path, region_table

    root = read_settings(home, project).project
    table, day = region_table(), today()
    if not table.rows:
        raise ConfigurationError(
            "this project has no regions yet",
            where=str(region_path() or Path.cwd()),
            next_step="liandao regions import FILE",
        )
    if code is None:
        counted = _counted(table, day, _expected(root))
        answer(as_json, counted, lambda: _show_counts(counted))
        return
    life = tell_region(table, find_region(table, code), day)
    answer(as_json, life, lambda: _show_region(life))


def _expected(root: Path | None) -> int | None:
    """How many communities the project's survey speaks of: a reference to print, never a target."""
    from liandao.project_file import read_project

    return read_project(root).survey.communities if root else None


def _prefixes(only: Iterable[str]) -> list[str]:
    for prefix in only:
        if not (prefix.isascii() and prefix.isdigit() and len(prefix) >= SHORTEST_CODE):
            raise typer.BadParameter(f"{prefix!r} is no beginning of a code, such as 43 or 430102", param_hint="--only")
    return list(only)


def _imported(done: RegionsImported) -> RegionsImport:
    from liandao.answers.plain import RegionsImport

    return RegionsImport(
        file=str(done.path),
        written=done.written,
        on=done.day,
        read=list(done.parts),
        counts=done.changes.counts,
        without_successor=list(done.changes.without_successor),
        communities=done.communities,
        expected_communities=done.expected,
        changes=list(done.changes.changes),
        notes=list(done.notes),
    )


def _show_imported(done: RegionsImported, *, dry_run: bool) -> None:
    for part in done.parts:
        OUT.print(f"{part.file} · {part.encoding} · {part.rows:,} 行 rows · {part.regions:,} 取用 taken", markup=False)
    _show_changes(done)
    for note in done.notes:
        MESSAGES.print(note, markup=False)
    state = "✓" if done.written else "未写 not written:" if dry_run else "无变化 no change:"
    OUT.print(f"{state} {done.path}", markup=False)
    OUT.print(_communities(done.communities), markup=False)


def _show_changes(done: RegionsImported) -> None:
    from liandao.region_changes import TITLES
    from liandao.region_import import told_counts

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
    from schemas.regions import RESIDENTS, VILLAGE

    kinds = f"村 villages {counts[VILLAGE]:,} · 居 residents' committees {counts[RESIDENTS]:,}"
    return f"{counts['all']:,} 个村（社区） communities: {kinds}"


def _counted(table: RegionTable, day: date, expected: int | None) -> RegionCounts:
    """Regions by level: valid today, closed, and yet to come; communities by kind."""
    from liandao.answers.plain import RegionCounts
    from liandao.region_import import count_communities
    from schemas.codes import region_path
    from schemas.regions import LEVELS

    levels = {
        level: {
            "valid": sum(r.is_valid_on(day) for r in of_level),
            "closed": sum(r.last_day < day for r in of_level),
            "to_come": sum(r.first_day > day for r in of_level),
        }
        for level in LEVELS
        if (of_level := [r for r in table.rows if r.level == level])
    }
    return RegionCounts(str(region_path()), day, levels, count_communities(table, day), expected)


def _show_counts(counted: RegionCounts) -> None:
    from schemas.codes import code_lists

    titles = code_lists()["region_level"]
    rows = [(" ".join(titles[level]), *counts.values()) for level, counts in counted.levels.items()]
    headings = ("层级 level", "有效 valid", "已停用版本 closed versions", "未启用 to come")
    print_table(f"{counted.file} · {counted.day}", headings, rows, numbers=(1, 2, 3))
    counts = counted.communities
    stated = f"类型载明 kind stated: {counts['kind_stated']:,}"
    OUT.print(f"{_communities(counts)} · {stated}", markup=False)
    if (expected := counted.expected_communities) is not None:
        away = counts["all"] - expected
        OUT.print(f"项目所载 the project speaks of: {expected:,} · {away:+,}", markup=False)


def _show_region(life: RegionLife) -> None:
    from schemas.regions import COMMUNITY

    above = " › ".join(region.name_zh for region in reversed(life.above))
    title = f"{life.region_code} {life.name_zh}" + (f" · {above}" if above else "")
    rows = [
        (
            version.version_no,
            version.name_zh,
            version.kind and f"{version.kind} ({version.kind_source})",
            version.valid_from or "…",
            version.valid_to or "…",
            _heirs(version.predecessors),
            _heirs(version.successors),
        )
        for version in life.versions
    ]
    headings = ("版本 no.", "名称 name", "村居 kind", "自 from", "至 to", "前身 predecessors", "后继 successors")
    print_table(title, headings, rows, numbers=(0,))
    if life.level != COMMUNITY:
        OUT.print(f"下辖 below it: {life.below:,}", markup=False)
    if not life.is_valid:
        OUT.print(f"现为 now: {_heirs(life.now) or '无 nothing'}", markup=False)


def _heirs(regions: Iterable[RegionRef]) -> str:
    return " ".join(
        f"{region.region_code} {region.name_zh}" + (f" ({region.share:.0%})" if region.share else "")
        for region in regions
    )
