"""Every file that people write about platforms, checked by itself: one that is wrong keeps none from being checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from connectors.registry import (
    LINE_FILE,
    check_profile,
    line_folders,
    load_line,
    load_platform_file,
    platform_paths,
    twice,
)
from connectors.vocabularies import read_vocabulary
from schemas.errors import ConfigurationError, PlatformFileError
from schemas.platform_file import Platform
from schemas.project import Project


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file, and what is wrong with it (None: nothing)."""

    path: Path
    error: ConfigurationError | None


def check_files(project: Project) -> list[FileCheck]:
    """Vocabularies, profiles, lines and platforms of a project, in this order. Never raises a ConfigurationError."""
    return [FileCheck(path, _error_of(check)) for path, check in _checks(project)]


def check_file(path: Path, project: Project | None) -> Platform | None:
    """Check one file as what its place says it is; a platform is given back. Raises PlatformFileError."""
    if project is not None and path.parent == project.codes:
        read_vocabulary(path)
    elif project is not None and path.parent == project.profiles:
        check_profile(path)
    elif path.name == LINE_FILE:
        load_line(path.parent)
    elif project is not None and path.is_relative_to(project.root) and project.sources not in path.parents:
        raise ConfigurationError(
            "this file is checked together with the others",
            where=str(path),
            expected="a file under sources/, codes/ or profiles/",
            next_step="liandao check",
        )
    elif project is not None and path.parent == project.sources:
        raise PlatformFileError(
            "the file is in no line's folder",
            where=str(path),
            expected=f"sources/LINE/{path.name}, beside the line's {LINE_FILE}",
            next_step=f"move it into the folder of its line of business, then: liandao check {path.name}",
        )
    else:
        platform = load_platform_file(path, path.parent.name)
        if project is not None and path.is_relative_to(project.sources):
            load_line(path.parent)  # no run reads a platform without it
        return platform
    return None


def in_use(platform: Platform, day: date) -> bool:
    """True when the platform has gone live and is not retired on that day."""
    return platform.file.go_live <= day and (platform.file.retired is None or day <= platform.file.retired)


def streams_without_floor(platforms: Iterable[Platform], day: date) -> list[str]:
    """``platform.stream`` of every stream in use of which nobody has said how few rows are too few."""
    return [
        f"{platform.platform_id}.{name}"
        for platform in platforms
        if in_use(platform, day)
        for name, stream in platform.file.streams.items()
        if stream.expect.floor is None
    ]


def _checks(project: Project) -> Iterator[tuple[Path, Callable[[], object]]]:
    for path in _yaml(project.codes):
        yield path, partial(read_vocabulary, path)
    for path in _yaml(project.profiles):
        yield path, partial(check_profile, path)
    for path in _yaml(project.sources):
        yield path, partial(_refuse_stray, path)
    seen: dict[str, Path] = {}
    for folder in line_folders(project.sources):
        yield folder / LINE_FILE, partial(load_line, folder)
        for path in platform_paths(folder):
            yield path, partial(_check_platform, path, seen.setdefault(path.stem, path))


def _error_of(check: Callable[[], object]) -> ConfigurationError | None:
    try:
        check()
    except ConfigurationError as error:
        return error
    return None


def _check_platform(path: Path, earlier: Path) -> None:
    if earlier != path:
        raise twice([earlier, path])
    load_platform_file(path, path.parent.name)


def _refuse_stray(path: Path) -> None:
    raise PlatformFileError("the file is in no line's folder", where=str(path), expected=f"LINE/{path.stem}.yml")


def _yaml(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix in (".yml", ".yaml"))
