"""``liandao check``: are the files right, does a platform answer as its file says, how many rows may be expected?"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from connectors.checking import check_file, streams_without_floor
from connectors.probe import ProbeResult, probe
from connectors.registry import load_registry, sources
from liandao.check_all import check_project, expect_text, proposal_to_dict
from liandao.home import now
from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.project import find_project, load_deployment
from liandao.settings import Settings, read_settings
from schemas.platform_file import Platform
from schemas.project import current

NO_FLOOR = "没有下限 no floor: liandao check --expect {}"


def check(
    target: Annotated[
        str | None,
        typer.Argument(
            help="平台标识或平台文件，缺省为全部文件 A platform id or the path of a file; every file by default."
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
            raise typer.BadParameter("--expect reads one platform: name it")
        read_settings(home, project)
        raise typer.Exit(check_every_file(as_json))
    settings = read_settings(home, project or project_of_file(Path(target)))
    platform = find_platform(target)
    if platform is None:
        answer(as_json, {"file": target, "ok": True}, lambda: print_table(f"{target}: 正确 the file is right", (), ()))
        return
    if expect:
        raise typer.Exit(propose_expect(settings, platform, as_json))
    results: list[ProbeResult] = []
    if not offline:
        deployment = load_deployment(settings.project, settings.home)
        if platform.file.access.endpoint in deployment.endpoints:
            results = probe(platform, deployment, settings.home)
        else:
            MESSAGES.print(
                f"{platform.file.access.endpoint} 没有地址，只核对平台文件 no address is known for this endpoint: "
                "only the platform file was checked",
                markup=False,
            )
    checks = [{**asdict(replace(r, error=None)), "error": r.error.lines() if r.error else None} for r in results]
    bare = streams_without_floor([platform], today())
    data = {
        "platform_id": platform.platform_id,
        "line_id": platform.line_id,
        "file": "ok",
        "streams": checks,
        "without_floor": bare,
    }
    rows = [("✓" if r.passed else "✗", r.stream, str(r.check), r.detail) for r in results]
    rows += [("!", name.partition(".")[2], "floor", NO_FLOOR.format(platform.platform_id)) for name in bare]
    title = f"{platform.platform_id} {platform.file.title.zh}: 平台文件正确 the file is right"
    answer(as_json, data, lambda: print_table(title, ("", "数据流 stream", "检查 check", "结果 found"), rows))
    failed = [r.error for r in results if r.error is not None]
    for error in failed:
        MESSAGES.print(str(error), style="red", markup=False)
    raise typer.Exit(failed[0].exit_code if failed else 0)


def check_every_file(as_json: bool) -> int:
    """Check platform files, profiles and vocabularies of the project in use, and tell all that is wrong; returns the
    exit code."""
    checked, root = check_project(today()), sources().parent
    rows = [("✗", str(f.path.relative_to(root)), f.error.message) for f in checked.files if f.error is not None]
    bare = [("!", name, NO_FLOOR.format(name.partition(".")[0])) for name in checked.without_floor]
    title = f"{len(checked.files)} 个文件 files, {len(rows)} 有误 wrong, {len(bare)} 个数据流无下限 without a floor"
    headings = ("", "文件或数据流 file or stream", "结果 found")
    answer(as_json, checked.to_dict(root), lambda: print_table(title, headings, [*rows, *bare]))
    for error in checked.errors:
        MESSAGES.print(str(error), style="red", markup=False)
    return checked.errors[0].exit_code if checked.errors else 0


def propose_expect(settings: Settings, platform: Platform, as_json: bool) -> int:
    """Read a platform in full, landing nothing, and print what may be expected of it; returns the exit code."""
    from connectors.propose import propose

    deployment = load_deployment(settings.project, settings.home)
    proposals = propose(platform, deployment, settings.home, today())
    streams = [proposal_to_dict(p) for p in proposals]
    data = {"platform_id": platform.platform_id, "line_id": platform.line_id, "streams": streams}
    answer(as_json, data, lambda: print(expect_text(platform, proposals), end=""))  # noqa: T201 - to be pasted
    failed = [p.error for p in proposals if p.error is not None]
    for error in failed:
        MESSAGES.print(str(error), style="red", markup=False)
    return failed[0].exit_code if failed else 0


def today() -> date:
    """This day in Beijing."""
    return now().date()


def project_of_file(path: Path) -> Path | None:
    """The project that a platform file lies in; None for anything else."""
    return find_project(path.parent) if path.suffix in (".yml", ".yaml") and path.is_file() else None


def find_platform(target: str) -> Platform | None:
    """A platform by id or by the path of its file, None for the path of a profile, vocabulary or line that is right.

    Raises PlatformFileError or BadParameter.
    """
    path = Path(target)
    if path.suffix in (".yml", ".yaml"):
        if not path.is_file():
            raise typer.BadParameter(f"no file {target!r}")
        return check_file(path.resolve(), current())
    registry = load_registry()
    if target in registry.broken:
        raise registry.broken[target].error
    if target not in registry.platforms:
        near = [p for p in registry.platforms if target in p][:5]
        raise typer.BadParameter(f"no platform {target!r}" + (f"; did you mean {', '.join(near)}?" if near else ""))
    return registry.platforms[target]
