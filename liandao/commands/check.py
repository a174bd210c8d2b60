"""``liandao check``: is a platform file right, and does the platform answer as it says?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liandao import names
from liandao.options import MESSAGES, HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.project import find_project
from liandao.settings import read_settings
from schemas.errors import UsageError

if TYPE_CHECKING:
    from connectors.probe import ProbeResult
    from liandao.answers.plain import StreamCheck
    from schemas.platform_file import Platform


def check(
    target: Annotated[
        str,
        typer.Argument(
            help="平台标识或平台文件 A platform id or the path of a platform file.",
            autocompletion=names.complete_platform,
        ),
    ],
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    offline: Annotated[bool, typer.Option(help="只核对文件 Check the file alone, call nobody.")] = False,
) -> None:
    """Verify a platform file against the schema, then ask the platform for its first rows.

    Ends with the exit code of the first check that fails.
    """
    from connectors.probe import probe
    from liandao.answers.plain import PlatformCheck
    from liandao.project_file import load_deployment

    settings = read_settings(home, project or project_of_file(Path(target)))
    platform = find_platform(target)
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
    data = PlatformCheck(platform.platform_id, platform.line_id, "ok", [_to_check(r) for r in results])
    rows = [("✓" if r.passed else "✗", r.stream, r.check, r.detail) for r in results]
    title = f"{platform.platform_id} {platform.file.title.zh}: 平台文件正确 the file is right"
    answer(as_json, data, lambda: print_table(title, ("", "数据流 stream", "检查 check", "结果 found"), rows))
    failed = [r.error for r in results if r.error is not None]
    for error in failed:
        MESSAGES.print(str(error), style="red", markup=False)
    raise typer.Exit(failed[0].exit_code if failed else 0)


def _to_check(result: ProbeResult) -> StreamCheck:
    from liandao.answers.plain import StreamCheck

    error = result.error.lines() if result.error else None
    return StreamCheck(result.stream, result.check, result.passed, result.detail, error)


def project_of_file(path: Path) -> Path | None:
    """The project that a platform file lies in; None for anything else."""
    return find_project(path.parent) if path.suffix in (".yml", ".yaml") and path.is_file() else None


def find_platform(target: str) -> Platform:
    """A platform by id or by the path of its file; raises PlatformFileError, or UsageError where there is none."""
    from connectors.registry import load_platform_file, load_registry

    path = Path(target)
    if path.suffix in (".yml", ".yaml"):
        if not path.is_file():
            raise UsageError("there is no such file", where=target, expected="a platform file or a platform id")
        return load_platform_file(path, path.resolve().parent.name)
    registry = load_registry()
    return registry.platforms[
        names.require("platform", target, registry.platforms, where="TARGET", next_step="liandao platforms")
    ]
