"""The registry: every platform that has a file under the project's ``sources`` exists, and no other.

A folder is a line of business (``_line.yml`` describes it), a file in it is a platform, its name is the platform's id.
There is no list to keep. Every file is verified against the schemas when it is loaded; one that is wrong is told and
does not keep the others from being used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from connectors.profiles import fill_placeholders, follow_profiles
from connectors.reader import READER
from connectors.verify import verify_line, verify_platform
from connectors.vocabularies import name_codes
from schemas.errors import ConfigurationError, PlatformFileError
from schemas.platform_file import Line, LineFile, Name, Platform, PlatformFile
from schemas.project import current
from schemas.typed_yaml import Problem, did_you_mean
from schemas.yaml_layers import LayeredYaml

LINE_FILE = "_line.yml"
_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A platform that can't be used, and why: its own file, a profile or vocabulary it names, or its line's file."""

    line_id: str
    error: PlatformFileError


@dataclass(frozen=True, slots=True)
class Registry:
    """Every line and platform, by id, in alphabetical order. ``broken``: those that have a file which is not right;
    ``broken_lines``: likewise of lines."""

    lines: dict[str, Line]
    platforms: dict[str, Platform]
    broken: dict[str, BrokenFile] = field(default_factory=dict)
    broken_lines: dict[str, PlatformFileError] = field(default_factory=dict)

    def platforms_of(self, line_id: str) -> list[Platform]:
        """The platforms of one line, by id."""
        return [p for p in self.platforms.values() if p.line_id == line_id]

    def broken_of(self, line_id: str) -> dict[str, PlatformFileError]:
        """The platforms of one line that can't be used, with the reason."""
        return {name: broken.error for name, broken in self.broken.items() if broken.line_id == line_id}

    def refuse_broken(self) -> None:
        """For those who need all or nothing: raise PlatformFileError with every problem of every file at once."""
        errors = {e.where: e for e in (*self.broken_lines.values(), *(b.error for b in self.broken.values()))}
        if errors:
            raise _together(list(errors.values()))


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
    return [folder.name for folder in line_folders(root or sources())]


def load_registry(root: Path | None = None, only: Collection[str] | None = None) -> Registry:
    """Load and verify every line and platform under ``root`` (default: ``sources`` of the project in use), or those of
    the lines named in ``only``.

    Files that are not right are in the registry's ``broken``. Raises ConfigurationError without a project.
    """
    registry = Registry({}, {})
    for folder in line_folders(root or sources()):
        if only is None or folder.name in only:
            _add_line(registry, folder)
    return registry


def line_folders(root: Path) -> list[Path]:
    """The folders of the lines of business, by name."""
    return sorted(p for p in root.glob("*") if p.is_dir() and not p.name.startswith((".", "__")))


def platform_paths(folder: Path) -> list[Path]:
    """The platform files of one line, by name; also those that end in ``.yaml``, which is refused."""
    return sorted(p for p in folder.iterdir() if p.suffix in (".yml", ".yaml") and p.name != LINE_FILE)


def load_platform(platform_id: str, root: Path | None = None) -> Platform:
    """Load and verify one platform by its id, without the others; raises PlatformFileError when it has no file."""
    paths = {p: f for f in line_folders(root or sources()) for p in platform_paths(f)}
    same = [path for path in paths if path.stem == platform_id]
    if not same:
        near = did_you_mean(platform_id, [path.stem for path in paths])
        raise PlatformFileError(f"no platform has this id{near}", where=platform_id, next_step="liandao platforms")
    if len(same) > 1:
        raise twice(same)
    return load_platform_file(same[0], paths[same[0]].name)


def load_line(folder: Path) -> Line:
    """Load the description of one line of business; raises PlatformFileError."""
    path = folder / LINE_FILE
    tree = READER.read(path)
    file = READER.validate(LineFile, tree.value, tree, path)
    READER.refuse(path, tree, [*_name_problems(folder.name), *verify_line(file)])
    return Line(line_id=folder.name, file=file)


def load_platform_file(path: Path, line_id: str) -> Platform:
    """Load and verify one platform file, laid over the profile it follows, with the vocabularies it names.

    Raises PlatformFileError with every problem of the file, each with its line.
    """
    whole, problems = _assembled(path, line_id)
    file, shape = READER.examine(PlatformFile, whole.value)
    problems += [*_name_problems(path.stem), *_name_problems(line_id), *_not_below(problems, shape)]
    if file is not None:
        problems += verify_platform(file)
    if file is None or problems:
        raise READER.broken(path, whole, problems)
    return Platform(platform_id=path.stem, line_id=line_id, file=file, path=str(path))


def check_profile(path: Path) -> None:
    """Raise PlatformFileError with everything that no platform following this profile could make right."""
    whole, problems = _assembled(path, "line", is_profile=True)
    _, shape = READER.examine(PlatformFile, whole.value or {})
    wrong = [p for p in shape if not p.is_absence]
    READER.refuse(path, whole, [*problems, *_name_problems(path.stem), *_not_below(problems, wrong)])


def _assembled(path: Path, line_id: str, *, is_profile: bool = False) -> tuple[LayeredYaml, list[Problem]]:
    """A platform file with what it names: profiles below, placeholders and vocabularies filled in."""
    if path.suffix != ".yml":
        raise PlatformFileError("the file would not be read", where=str(path), expected=f"{path.stem}.yml")
    whole, unknown = follow_profiles(path, READER.read(path), is_profile=is_profile)
    value, placeholders = fill_placeholders(whole.value, path.stem, line_id)
    named, codes = name_codes(LayeredYaml(value, whole.layers))
    return named, [*unknown, *placeholders, *codes]


def _not_below(problems: list[Problem], others: list[Problem]) -> list[Problem]:
    """The others, without those that only follow from one of the problems."""
    return [o for o in others if not any(o.path[: len(p.path)] == p.path for p in problems)]


def _add_line(registry: Registry, folder: Path) -> None:
    try:
        registry.lines[folder.name] = load_line(folder)
    except PlatformFileError as error:
        registry.broken_lines[folder.name] = error
    for path in platform_paths(folder):
        _add_platform(registry, path, folder.name)


def _add_platform(registry: Registry, path: Path, line_id: str) -> None:
    name = path.stem
    try:
        if earlier := registry.platforms.pop(name, None):
            raise twice([Path(earlier.path), path])
        platform = load_platform_file(path, line_id)
        if line_id in registry.broken_lines:
            raise registry.broken_lines[line_id]
        if name not in registry.broken:
            registry.platforms[name] = platform
    except PlatformFileError as error:
        registry.broken.setdefault(name, BrokenFile(line_id, error))


def twice(paths: Iterable[Path]) -> PlatformFileError:
    """What is said when one id has several files."""
    where = ", ".join(map(str, paths))
    return PlatformFileError("two files name the same platform", where=where, next_step="rename one of them")


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
