"""The registry: every platform that has a file under the project's ``sources`` exists, and no other.

A folder is a line of business (``_line.yml`` describes it), a file in it is a platform, its name is the platform's id.
There is no list to keep. Every file is verified against the schemas when it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from connectors.verify import verify_line, verify_platform
from schemas.errors import ConfigurationError, PlatformFileError
from schemas.platform_file import Line, LineFile, Name, Platform, PlatformFile
from schemas.project import current
from schemas.typed_yaml import Problem, Reader

LINE_FILE = "_line.yml"
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_READER = Reader(PlatformFileError, next_step="correct it, then: liandao check {path}")


@dataclass(frozen=True, slots=True)
class Registry:
    """Every line and platform, by id, in alphabetical order."""

    lines: dict[str, Line]
    platforms: dict[str, Platform]

    def platforms_of(self, line_id: str) -> list[Platform]:
        """The platforms of one line, by id."""
        return [p for p in self.platforms.values() if p.line_id == line_id]


def sources() -> Path:
    """The folder of platform files of the project in use; raises ConfigurationError without one."""
    project = current()
    if project is None:
        raise ConfigurationError(
            "no project is in use, so there are no platforms",
            expected="a folder with liandao.yml",
            next_step="liandao init DIR, or name one: --project DIR",
        )
    return project.sources


def line_ids(root: Path | None = None) -> list[str]:
    """The lines of business by the names of their folders, in alphabetical order; no file is read."""
    folders = (root or sources()).glob("*")
    return sorted(p.name for p in folders if p.is_dir() and not p.name.startswith((".", "__")))


def load_registry(root: Path | None = None) -> Registry:
    """Load and verify every line and platform under ``root`` (default: ``sources`` of the project in use).

    Raises PlatformFileError with every problem of every file at once, ConfigurationError without a project.
    """
    lines: dict[str, Line] = {}
    platforms: dict[str, Platform] = {}
    errors: list[PlatformFileError] = []
    root = root or sources()
    for folder in (root / line_id for line_id in line_ids(root)):
        try:
            lines[folder.name] = load_line(folder)
        except PlatformFileError as error:
            errors.append(error)
        for path in sorted(folder.glob("*.yml")):
            if path.name != LINE_FILE:
                _add(platforms, path, folder.name, errors)
    if errors:
        raise _together(errors)
    return Registry(lines, platforms)


def load_platform(platform_id: str, root: Path | None = None) -> Platform:
    """Load and verify one platform by its id, without the others; raises PlatformFileError when it has no file."""
    found = sorted((root or sources()).glob(f"*/{platform_id}.yml"))
    if not found or platform_id == Path(LINE_FILE).stem:
        raise PlatformFileError("no platform has this id", where=platform_id, next_step="liandao platforms")
    return load_platform_file(found[0], found[0].parent.name)


def load_line(folder: Path) -> Line:
    """Load the description of one line of business; raises PlatformFileError."""
    path = folder / LINE_FILE
    tree = _READER.read(path)
    file = _READER.validate(LineFile, tree.value, tree, path)
    _READER.refuse(path, tree, [*_name_problems(folder.name), *verify_line(file)])
    return Line(line_id=folder.name, file=file)


def load_platform_file(path: Path, line_id: str) -> Platform:
    """Load and verify one platform file.

    Raises PlatformFileError with every problem of the file, each with its line.
    """
    tree = _READER.read(path)
    file = _READER.validate(PlatformFile, tree.value, tree, path)
    _READER.refuse(path, tree, [*_name_problems(path.stem), *verify_platform(file)])
    return Platform(platform_id=path.stem, line_id=line_id, file=file, path=str(path))


def _add(platforms: dict[str, Platform], path: Path, line_id: str, errors: list[PlatformFileError]) -> None:
    if path.stem in platforms:
        errors.append(
            PlatformFileError(
                "two files name the same platform",
                where=f"{path}, {platforms[path.stem].path}",
                next_step="rename one of them",
            )
        )
        return
    try:
        platforms[path.stem] = load_platform_file(path, line_id)
    except PlatformFileError as error:
        errors.append(error)


def _name_problems(name: str) -> list[Problem]:
    try:
        _NAME.validate_python(name)
    except ValidationError:
        return [Problem((), "the file's or folder's name is its id: lower-case letters, digits and underscores")]
    return []


def _together(errors: list[PlatformFileError]) -> PlatformFileError:
    if len(errors) == 1:
        return errors[0]
    return PlatformFileError(
        f"{len(errors)} files have problems",
        where="\n    ".join(e.where for e in errors),
        found="\n    ".join(f"{e.message}: {e.found}" for e in errors),
        next_step="correct them one by one: liandao check FILE",
    )
