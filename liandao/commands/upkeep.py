"""The commands that keep a home for years: rebuild, diff, prune, backup, restore, move."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from liandao.who import ByOption, who

if TYPE_CHECKING:
    from liandao.answers.upkeep import BackedUp, Difference, MovedHome, Pruned, Rebuilt, Restored

GenerationArgument = typer.Argument(metavar="GENERATION", help="版本号 Number of a generation kept.")


class Source(Enum):
    """What a generation can be rebuilt from."""

    LANDING = "landing"


def rebuild(
    source: Annotated[Source, typer.Option("--from", help="重建的依据 What it is rebuilt from.")] = Source.LANDING,  # noqa: ARG001
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="重建某日的版本 As it was on a day.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="重建到新目录 A new folder for it, instead of publishing it here.")
    ] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the published generation again from landing, decisions and the project of its time, and compare the two."""
    from liandao.upkeep.rebuild import rebuild as make_again

    day = as_of.date() if as_of else None
    done = make_again(read_settings(home, project), as_of=day, into=into.absolute() if into else None)
    answer(as_json, done, lambda: _show_rebuilt(done))
    raise typer.Exit(0 if done.is_same else 1)


def _show_rebuilt(done: Rebuilt) -> None:
    mark = "✓" if done.is_same else "✗"
    zh = "内容一致" if done.is_same else "内容不一致"
    en = "same content" if done.is_same else "other content"
    OUT.print(f"{mark} g{done.of_generation} ({done.started_at:%Y-%m-%d %H:%M})：{zh} {en}", markup=False)
    OUT.print(f"  重放 {done.generations} 个版本 generations gone through; {done.checksum[:16]}", markup=False)
    if not done.is_same:
        tables = ", ".join(done.differing_tables) or f"{done.expected[:16]} ≠ {done.checksum[:16]}"
        OUT.print(f"  不一致的表 tables that differ: {tables}", markup=False)
    if done.made_by != [done.program]:
        made_by = ", ".join(done.made_by)
        OUT.print(f"  当时的程序 made by {made_by}；现在 rebuilt by {done.program}", markup=False)
    for name in done.expired[:20]:
        OUT.print(f"  已过保存期，未重建 expired, not rebuilt: {name}", markup=False)
    if done.folder:
        OUT.print(f"  liandao sql --home {done.folder} …", markup=False)
    elif done.is_published:
        OUT.print(f"  已发布 published: g{done.generation}", markup=False)
    else:
        OUT.print("  未发布 not published; liandao rebuild --into DIR 可供查看 to look at it", markup=False)


def diff(
    before: Annotated[int, GenerationArgument],
    after: Annotated[int, GenerationArgument],
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show rows and figures that moved between two generations, and why."""
    from liandao.upkeep.difference import difference

    told = difference(read_settings(home, project).home, before, after)
    answer(as_json, told, lambda: _show_difference(told))


def _show_difference(told: Difference) -> None:
    title = f"g{told.before} → g{told.after}"
    if not told.tables and not told.figures:
        OUT.print(f"{title}：内容相同 the same content", markup=False)
    else:
        rows = [(t.table, t.gone, t.new) for t in told.tables]
        print_table(title, ("表 table", "仅前者 gone", "仅后者 new"), rows, numbers=(1, 2))
    if told.figures:
        values = [(f.measure_id, _number(f.before), _number(f.after)) for f in told.figures]
        headings = ("指标 measure", "前 before", "后 after")
        print_table("全省指标 figures of the province", headings, values, numbers=(1, 2))
    OUT.print("缘由 why:", markup=False)
    for reason in told.reasons or ["无可说明的差异 nothing that they were made from differs"]:
        OUT.print(f"  · {reason}", markup=False)
    for line in [*told.batches[:20], *told.files[:20]]:
        OUT.print(f"    {line}", markup=False)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def prune(
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="保留多少，默认依项目 generations=3, landing=1095d, logs=90d; else the project's."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="理由 Why; it is kept as proof.")] = "retention",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出 Only say what would go.")] = False,
    by: ByOption = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove generations, landed files and logs that are not to be kept any longer; receipts stay as proof."""
    from liandao.upkeep import prune as pruning

    settings = read_settings(home, project)
    rules = pruning.read_rules(keep) if keep else pruning.rules_of(settings)
    done = pruning.prune(settings.home, rules, pruning.Act(who(by, "operator"), reason, dry_run))
    answer(as_json, done, lambda: _show_pruned(done))


def _show_pruned(done: Pruned) -> None:
    title = "已清理 removed" if done.is_done else "将清理 would be removed"
    rows = [(r.room, len(r.entries), f"{r.bytes / 2**20:,.1f}") for r in done.rooms]
    print_table(title, ("处所 room", "项 entries", "MiB"), rows, numbers=(1, 2))


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="新的备份文件 A new file: NAME.tar")],
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="不含密钥与口令，须另行保管 Leave keys/ and secrets/ out.")
    ] = False,
    without_published: Annotated[
        bool, typer.Option("--without-published", help="不含已发布的版本，可重建 Leave the generation out: rebuild.")
    ] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write everything of the home that could not be made again into one file, with a digest of each part."""
    from liandao.upkeep.backup import back_up

    place = read_settings(home, project).home
    done = back_up(place, file.absolute(), with_keys=not without_keys, with_published=not without_published)
    answer(as_json, done, lambda: _show_backup(done))


def _show_backup(done: BackedUp) -> None:
    size, generation = f"{done.bytes / 2**20:,.1f} MiB", f"g{done.generation}" if done.generation else "—"
    OUT.print(f"✓ {done.file}：{done.files} 个文件 files, {size}, {generation}", markup=False)
    if not done.has_key:
        OUT.print("  不含密钥，须另行保管 without the key: keep keys/ and secrets/ elsewhere", markup=False)
    OUT.print(f"  liandao restore {done.file} --verify", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 A backup.", exists=True, dir_okay=False)],
    verify: Annotated[bool, typer.Option("--verify", help="只核验 Only verify it, byte for byte.")] = False,
    home: Annotated[Path | None, typer.Option("--home", help="恢复到的新目录 A new folder for it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a backup and lay it down as a home."""
    from liandao.upkeep.backup import restore as lay_down
    from schemas.errors import UsageError

    if verify == (home is not None):
        raise UsageError("say where, or only verify", where="liandao restore", expected="--home DIR or --verify")
    done = lay_down(file, home.absolute() if home else None)
    answer(as_json, done, lambda: _show_restored(done))


def _show_restored(done: Restored) -> None:
    what = f"{done.files} 个文件逐一核验 files verified, {done.made_at:%Y-%m-%d %H:%M}, liandao {done.program}"
    OUT.print(f"✓ {done.home or done.file}：{what}", markup=False)
    OUT.print(f"  {done.next}", markup=False)


def move(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="新目录 A new folder.")],
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move the home to another folder or disk, whole or not at all."""
    from liandao.upkeep.move import move as move_home

    done = move_home(read_settings(home, project), folder.absolute())
    answer(as_json, done, lambda: _show_moved(done))


def _show_moved(done: MovedHome) -> None:
    OUT.print(f"✓ {done.before} → {done.now}", markup=False)
    for step in done.next:
        OUT.print(f"  {step}", markup=False)
