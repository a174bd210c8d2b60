"""``liandao check``: are the files right, does a platform answer as its file says, how many rows may be expected?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.project import find_project
from liandao.settings import Settings, read_settings
from schemas.errors import LiandaoError, UsageError

if TYPE_CHECKING:
    from connectors.probe import ProbeResult
    from liandao.answers.plain import StreamCheck
    from schemas.platform_file import Platform

NO_ADDRESS = "接入点没有地址 its endpoint has no address: endpoints in liandao.yml, or deployment.yml of the home"
NO_FLOOR = "没有下限 no floor: liandao check --expect {}"


def check(
    target: Annotated[
        str | None,
        typer.Argument(
            help="平台标识或文件，缺省为全部文件 A platform id or the path of a file; every file by default.",
            autocompletion=names.complete_platform,
        ),
    ] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    offline: Annotated[bool, typer.Option(help="只核对文件 Check the file alone, call nobody.")] = False,
    expect: Annotated[
        bool, typer.Option("--expect", help="全量读取并提出行数上下限 Read in full, propose floors and ceilings.")
    ] = False,
) -> None:
    """Verify a platform file against the schema, then ask the platform for its first rows; or verify every file.

    Ends with the exit code of the first check that fails.
    """
    if target is None:
        if expect:
            raise UsageError("no platform is named", where="--expect", next_step="liandao check --expect PLATFORM")
        raise typer.Exit(_check_every_file(read_settings(home, project), as_json))
    settings = read_settings(home, project or project_of_file(Path(target)))
    platform = find_platform(target)
    if platform is None:
        raise typer.Exit(_tell_right(target, as_json))
    if expect:
        raise typer.Exit(_propose_bounds(settings, platform, as_json))
    raise typer.Exit(_check_platform(settings, platform, as_json, offline=offline))


def _check_platform(settings: Settings, platform: Platform, as_json: bool, *, offline: bool) -> int:
    from liandao.answers.plain import PlatformCheck
    from liandao.check_all import without_floor

    results = [] if offline else _ask(settings, platform)
    bare = without_floor([platform])
    data = PlatformCheck(platform.platform_id, platform.line_id, "ok", [_to_check(r) for r in results], bare)
    rows = [("✓" if r.passed else "✗", r.stream, str(r.check), r.detail) for r in results]
    rows += [("!", name.partition(".")[2], "floor", NO_FLOOR.format(platform.platform_id)) for name in bare]
    title = f"{platform.platform_id} {platform.file.title.zh}: 平台文件正确 the file is right"
    answer(as_json, data, lambda: print_table(title, ("", "数据流 stream", "检查 check", "结果 found"), rows))
    return _tell_failed([r.error for r in results])


def _ask(settings: Settings, platform: Platform) -> list[ProbeResult]:
    from connectors.probe import probe
    from liandao.project_file import load_deployment

    return probe(platform, load_deployment(settings.project, settings.home), settings.home)


def _check_every_file(settings: Settings, as_json: bool) -> int:
    from liandao.check_all import check_project

    checked, errors = check_project(settings.home)
    wrong = [("✗", file.file, (file.error or [""])[0]) for file in checked.files if not file.ok]
    bare = [("!", name, NO_FLOOR.format(name.partition(".")[0])) for name in checked.without_floor]
    nowhere = [("!", name, NO_ADDRESS) for name in checked.without_address]
    title = f"{len(checked.files)} 个文件 files, {len(wrong)} 有误 wrong, {len(bare)} 个数据流无下限 without a floor"
    headings = ("", "文件或数据流 file or stream", "结果 found")
    answer(as_json, checked, lambda: print_table(title, headings, [*wrong, *nowhere, *bare]))
    return _tell_failed(errors)


def _propose_bounds(settings: Settings, platform: Platform, as_json: bool) -> int:
    from connectors.propose import propose
    from liandao.check_all import bounds_text, proposed_bounds, today
    from liandao.project_file import load_deployment

    deployment = load_deployment(settings.project, settings.home)
    proposals = propose(platform, deployment, settings.home, today())
    proposed = proposed_bounds(platform, proposals)
    answer(as_json, proposed, lambda: typer.echo(bounds_text(proposed), nl=False))
    return _tell_failed([p.error for p in proposals])


def _tell_right(file: str, as_json: bool) -> int:
    from liandao.answers.plain import FileCheck

    answer(as_json, FileCheck(file, True, None), lambda: print_table(f"{file}: 正确 the file is right", (), ()))
    return 0


def _tell_failed(errors: Sequence[LiandaoError | None]) -> int:
    failed = [error for error in errors if error is not None]
    for error in failed:
        MESSAGES.print(str(error), style="red", markup=False)
    return failed[0].exit_code if failed else 0


def _to_check(result: ProbeResult) -> StreamCheck:
    from liandao.answers.plain import StreamCheck

    error = result.error.lines() if result.error else None
    return StreamCheck(result.stream, result.check, result.passed, result.detail, error)


def project_of_file(path: Path) -> Path | None:
    """The project that a file lies in; None for anything else."""
    return find_project(path.parent) if path.suffix in (".yml", ".yaml") and path.is_file() else None


def find_platform(target: str) -> Platform | None:
    """A platform by id or by the path of its file, None for the path of a profile, vocabulary or line that is right.

    Raises PlatformFileError, or UsageError where there is nothing of that name.
    """
    from connectors.checking import check_file
    from connectors.registry import load_registry
    from schemas.project import current

    path = Path(target)
    if path.suffix in (".yml", ".yaml"):
        if not path.is_file():
            raise UsageError("there is no such file", where=target, expected="a platform file or a platform id")
        return check_file(path.resolve(), current())
    registry = load_registry()
    if target in registry.broken:
        raise registry.broken[target].error
    return registry.platforms[
        names.require("platform", target, registry.platforms, where="TARGET", next_step="liandao platforms")
    ]
