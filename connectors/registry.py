"""The registry: every platform that has a file under ``connectors/sources`` exists, and no other.

A folder is a line of business (``_line.yml`` describes it), a file in it is a platform, its name is the platform's id.
There is no list to keep. Every file is verified against the schemas when it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from connectors.verify import Problem, verify_line, verify_platform
from connectors.yaml_tree import YamlTree, read_tree
from schemas.errors import PlatformFileError
from schemas.platform_file import Line, LineFile, Name, Platform, PlatformFile

SOURCES = Path(__file__).parent / "sources"
LINE_FILE = "_line.yml"
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Registry:
    """Every line and platform, by id, in alphabetical order."""

    lines: dict[str, Line]
    platforms: dict[str, Platform]

    def platforms_of(self, line_id: str) -> list[Platform]:
        """The platforms of one line, by id."""
        return [p for p in self.platforms.values() if p.line_id == line_id]


def load_registry(root: Path | None = None) -> Registry:
    """Load and verify every line and platform under ``root`` (default: the tree that comes with the package).

    Raises PlatformFileError with every problem of every file at once.
    """
    lines: dict[str, Line] = {}
    platforms: dict[str, Platform] = {}
    errors: list[PlatformFileError] = []
    for folder in sorted(p for p in (root or SOURCES).iterdir() if p.is_dir() and p.name != "__pycache__"):
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
    """Load and verify one platform by its id, without the other 131; raises PlatformFileError when it has no file."""
    found = sorted((root or SOURCES).glob(f"*/{platform_id}.yml"))
    if not found or platform_id == Path(LINE_FILE).stem:
        raise PlatformFileError("no platform has this id", where=platform_id, next_step="liandao platforms")
    return load_platform_file(found[0], found[0].parent.name)


def load_line(folder: Path) -> Line:
    """Load the description of one line of business; raises PlatformFileError."""
    path = folder / LINE_FILE
    tree = _read(path)
    file = _model(LineFile, tree, path)
    _refuse(path, tree, [*_name_problems(folder.name), *verify_line(file)])
    return Line(line_id=folder.name, file=file)


def load_platform_file(path: Path, line_id: str) -> Platform:
    """Load and verify one platform file.

    Raises PlatformFileError with every problem of the file, each with its line.
    """
    tree = _read(path)
    file = _model(PlatformFile, tree, path)
    _refuse(path, tree, [*_name_problems(path.stem), *verify_platform(file)])
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


def _read(path: Path) -> YamlTree:
    try:
        tree = read_tree(path)
    except FileNotFoundError:
        raise PlatformFileError("the file is not there", where=str(path), next_step=f"write {path.name}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PlatformFileError(
            "the file is not YAML",
            where=f"{path}:{mark.line + 1}" if mark else str(path),
            found=str(getattr(error, "problem", "")),
        ) from None
    _refuse(
        path,
        tree,
        [Problem(p, "the key stands twice; the first would be lost without a word") for p in tree.duplicates],
    )
    return tree


def _model(kind: type[_Model], tree: YamlTree, path: Path) -> _Model:
    try:
        return kind.model_validate(tree.value)
    except ValidationError as error:
        problems = [Problem(tuple(e["loc"]), _sentence(dict(e))) for e in error.errors(include_url=False)]
        raise _error(path, tree, problems) from None


def _sentence(detail: dict[str, Any]) -> str:
    if detail["type"] == "string_type" and isinstance(detail.get("input"), int | float | bool):
        return f"{detail['msg']}; YAML reads it as a number or boolean: put it in quotes"
    return str(detail["msg"])


def _name_problems(name: str) -> list[Problem]:
    try:
        _NAME.validate_python(name)
    except ValidationError:
        return [Problem((), "the file's or folder's name is its id: lower-case letters, digits and underscores")]
    return []


def _refuse(path: Path, tree: YamlTree, problems: list[Problem]) -> None:
    if problems:
        raise _error(path, tree, problems)


def _error(path: Path, tree: YamlTree, problems: list[Problem]) -> PlatformFileError:
    lines = sorted((tree.line(p.path), p) for p in problems)
    text = [f"line {n}: {'.'.join(map(str, p.path)) or path.name}: {p.sentence}" for n, p in lines]
    first = lines[0][1]
    return PlatformFileError(
        f"{len(problems)} problem(s) in {path.name}",
        where=f"{path}:{lines[0][0]}",
        expected=first.expected,
        found="\n    ".join(text),
        next_step=first.next_step or f"correct it, then: liandao check {path}",
    )


def _together(errors: list[PlatformFileError]) -> PlatformFileError:
    if len(errors) == 1:
        return errors[0]
    return PlatformFileError(
        f"{len(errors)} files have problems",
        where="\n    ".join(e.where for e in errors),
        found="\n    ".join(f"{e.message}: {e.found}" for e in errors),
        next_step="correct them one by one: liandao check FILE",
    )
