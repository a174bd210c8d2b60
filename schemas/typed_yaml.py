"""YAML files that a person writes, read into a declared shape; every mistake is told with its line and what may stand
there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, RootModel, ValidationError

from schemas.errors import ConfigurationError
from schemas.yaml_tree import Located, Path_, YamlTree, read_tree

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong. ``path``: keys that lead to it in the file; ``is_absence``: a required key is not there."""

    path: Path_ = field(compare=False)
    sentence: str
    expected: str = field(default="", compare=False)
    next_step: str = field(default="", compare=False)
    is_absence: bool = field(default=False, compare=False)

    def below(self, *path: str | int) -> Problem:
        """The same problem of a part that stands under ``path``."""
        return replace(self, path=(*path, *self.path))


@dataclass(frozen=True, slots=True)
class Reader:
    """How files of one kind are read. ``error``: class of what is raised; ``next_step``: said with every mistake,
    ``{path}`` stands for the file; ``reserved``: keys that a later version will know -> what is said of them."""

    error: type[ConfigurationError] = ConfigurationError
    next_step: str = "correct it, then run the command again"
    reserved: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def read(self, path: Path) -> YamlTree:
        """One file with the lines of its keys; raises the error (absent, not YAML, a key that stands twice)."""
        try:
            tree = read_tree(path)
        except FileNotFoundError:
            raise self.error("the file is not there", where=str(path), next_step=f"write {path.name}") from None
        except yaml.reader.ReaderError as broken:
            raise self.error(
                "the file is not text in UTF-8",
                where=str(path),
                expected="UTF-8",
                found=f"{broken.reason} at byte {broken.position + 1}",
                next_step="save it as UTF-8 (Excel and Notepad call it so)",
            ) from None
        except yaml.YAMLError as broken:
            mark = getattr(broken, "problem_mark", None)
            where = f"{path}:{mark.line + 1}" if mark else str(path)
            reason, next_step = str(getattr(broken, "problem", "")), self.next_step.format(path=path)
            raise self.error("the file is not YAML", where=where, found=reason, next_step=next_step) from None
        except (ValueError, RecursionError, OSError) as broken:  # no such date, a folder, an alias of itself
            raise self.error(
                "the file can't be read as YAML",
                where=str(path),
                found=str(broken).splitlines()[0],
                next_step=self.next_step.format(path=path),
            ) from None
        twice = [Problem(p, "the key stands twice; the first would be lost without a word") for p in tree.duplicates]
        self.refuse(path, tree, twice)
        return tree

    def model(self, kind: type[_Model], path: Path) -> _Model:
        """One file as a model; raises the reader's error with every mistake."""
        tree = self.read(path)
        return self.validate(kind, {} if tree.value is None else tree.value, tree, path)

    def validate(self, kind: type[_Model], value: Any, tree: Located, path: Path) -> _Model:
        """A value as a model; ``tree`` and ``path`` say where its parts stand."""
        model, problems = self.examine(kind, value)
        if model is None:
            raise self.broken(path, tree, problems)
        return model

    def examine(self, kind: type[_Model], value: Any) -> tuple[_Model | None, list[Problem]]:
        """A value as a model, or None and every mistake."""
        try:
            return kind.model_validate(value), []
        except ValidationError as broken:
            return None, [self._problem(kind, e) for e in broken.errors(include_url=False)]

    def refuse(self, path: Path, tree: Located, problems: Sequence[Problem]) -> None:
        """Raise the reader's error unless there is nothing wrong."""
        if problems:
            raise self.broken(path, tree, problems)

    def broken(self, path: Path, tree: Located, problems: Iterable[Problem]) -> ConfigurationError:
        """The error that tells every problem, in the order of their lines; those of other files come last."""
        placed = [(*tree.place(p.path), p) for p in problems]
        placed.sort(key=lambda each: (str(each[0] or ""), each[1], each[2]))
        lines = [f"{_line(file, n)}: {'.'.join(map(str, p.path)) or path.name}: {_whole(p)}" for file, n, p in placed]
        file, line, first = placed[0]
        return self.error(
            f"{len(lines)} problem(s) in {path.name}",
            where=f"{file or path}:{line}",
            found="\n    ".join(lines),
            next_step=first.next_step or self.next_step.format(path=path),
        )

    def _problem(self, kind: type[BaseModel], detail: Any) -> Problem:
        path = tuple(part for part in detail["loc"] if not _is_union_tag(part))
        if detail["type"] == "extra_forbidden":
            return self._unknown_key(kind, path)
        if detail["type"] == "missing":
            return Problem(path, "is required and not there", is_absence=True)
        if detail["type"] in ("literal_error", "enum"):
            choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
            return Problem(path, *not_among(str(detail["input"]), choices))
        if detail["type"] == "model_type":
            keys = keys_at(kind, path)
            expected = f"may stand below it: {', '.join(keys)}" if keys else ""
            return Problem(path, "holds keys of its own, each on a line below it", expected)
        if detail["type"] == "string_type" and isinstance(detail.get("input"), int | float | bool):
            return Problem(path, f"{detail['msg']}; YAML reads it as a number or boolean: put it in quotes")
        if detail["type"] == "string_type" and isinstance(detail.get("input"), dict):
            return Problem(path, f"{detail['msg']}; YAML reads text in braces as a mapping: put it in quotes")
        return Problem(path, str(detail["msg"]).removeprefix("Value error, "))

    def _unknown_key(self, kind: type[BaseModel], path: Path_) -> Problem:
        if (key := str(path[-1])) in self.reserved:
            sentence = f"is reserved, and this version does not do it yet: it {self.reserved[key]}"
            return Problem(path, sentence, next_step="leave it out")
        choices = keys_at(kind, path[:-1])
        expected = f"may stand here: {', '.join(choices)}" if choices else ""
        return Problem(path, f"is not a key that may stand here{did_you_mean(key, choices)}", expected)


def not_among(word: str, choices: Iterable[str], what: str = "") -> tuple[str, str]:
    """Sentence and expectation for a word that is none of those that may stand there. ``what``: their common name."""
    ordered = list(choices)
    named = f"there is no {what} {word!r}" if what else f"{word!r} may not stand here"
    return named + did_you_mean(word, ordered), ", ".join(ordered) if ordered else "there are none"


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """``; did you mean NAME?``, or nothing when no name is near."""
    near = get_close_matches(word, list(choices), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def keys_at(kind: type[BaseModel], path: Path_) -> list[str]:
    """The keys that may stand below ``path`` in a file of this shape, in order of declaration."""
    models = [m for m in _types_at(kind, path) if isinstance(m, type) and issubclass(m, BaseModel)]
    return [f.alias or name for m in models for name, f in m.model_fields.items()]


def allows_null(kind: type[BaseModel], path: Path_) -> bool:
    """True where null is a value of its own in a file of this shape, and not merely the absence of one."""
    return NoneType in _types_at(kind, path)


def _line(file: Path | None, number: int) -> str:
    return f"line {number}" if file is None else f"{file.parent.name}/{file.name} line {number}"


def yaml_files(folder: Path) -> list[Path]:
    """The ``.yml`` files of a folder, by name; none where there is no folder. Raises ConfigurationError for one that
    would not be seen."""
    unseen = sorted(folder.glob("*.yaml"))
    if unseen:
        raise ConfigurationError(
            "a file of this name is not read",
            where=str(unseen[0]),
            expected=f"{unseen[0].stem}.yml",
            next_step="rename it",
        )
    return sorted(folder.glob("*.yml"))


def _whole(problem: Problem) -> str:
    return f"{problem.sentence}; {problem.expected}" if problem.expected else problem.sentence


def _is_union_tag(part: str | int) -> bool:
    """Pydantic names the member of a union among the keys, such as ``dict[str,str]`` or ``str``."""
    return isinstance(part, str) and (part in ("str", "int") or "[" in part)


def _types_at(kind: type[BaseModel], path: Path_) -> list[Any]:
    annotation: Any = kind
    for part in path:
        annotation = _below(annotation, part)
    return _members(annotation)


def _below(annotation: Any, part: str | int) -> Any:
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            fields = {f.alias or name: f for name, f in member.model_fields.items()}
            if part in fields:
                return fields[str(part)].annotation
        elif get_origin(member) in (dict, list, tuple):
            return get_args(member)[-1]
    return None


def _members(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _members(annotation.model_fields["root"].annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return [m for each in get_args(annotation) for m in _members(each)]
    return _members(get_args(annotation)[0]) if origin is Annotated else [annotation]
