"""YAML files that a person writes, read into a declared shape; every mistake is told with its line and what may stand
there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import ConfigurationError
from schemas.yaml_tree import Path_, YamlTree, read_tree

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong. ``path``: keys that lead to it in the file."""

    path: Path_ = field(compare=False)
    sentence: str
    expected: str = field(default="", compare=False)
    next_step: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Reader:
    """How files of one kind are read. ``error``: class of what is raised; ``next_step``: said with every mistake,
    ``{path}`` stands for the file."""

    error: type[ConfigurationError] = ConfigurationError
    next_step: str = "correct it, then run the command again"

    def read(self, path: Path) -> YamlTree:
        """One file with the lines of its keys; raises the error (absent, not YAML, a key that stands twice)."""
        try:
            tree = read_tree(path)
        except FileNotFoundError:
            raise self.error("the file is not there", where=str(path), next_step=f"write {path.name}") from None
        except yaml.YAMLError as broken:
            mark = getattr(broken, "problem_mark", None)
            where = f"{path}:{mark.line + 1}" if mark else str(path)
            raise self.error("the file is not YAML", where=where, found=str(getattr(broken, "problem", ""))) from None
        twice = [Problem(p, "the key stands twice; the first would be lost without a word") for p in tree.duplicates]
        self.refuse(path, tree, twice)
        return tree

    def model(self, kind: type[_Model], path: Path) -> _Model:
        """One file as a model; raises the reader's error with every mistake."""
        tree = self.read(path)
        return self.validate(kind, {} if tree.value is None else tree.value, tree, path)

    def validate(self, kind: type[_Model], value: Any, tree: YamlTree, path: Path) -> _Model:
        """A value as a model; ``tree`` and ``path`` say where its parts stand."""
        try:
            return kind.model_validate(value)
        except ValidationError as broken:
            problems = [_problem(kind, e) for e in broken.errors(include_url=False)]
            raise self.broken(path, tree, problems) from None

    def refuse(self, path: Path, tree: YamlTree, problems: Sequence[Problem]) -> None:
        """Raise the reader's error unless there is nothing wrong."""
        if problems:
            raise self.broken(path, tree, problems)

    def broken(self, path: Path, tree: YamlTree, problems: Iterable[Problem]) -> ConfigurationError:
        """The error that tells every problem, in the order of their lines."""
        lines = sorted((tree.line(p.path), p) for p in problems)
        text = [f"line {n}: {'.'.join(map(str, p.path)) or path.name}: {_whole(p)}" for n, p in lines]
        first = lines[0][1]
        return self.error(
            f"{len(lines)} problem(s) in {path.name}",
            where=f"{path}:{lines[0][0]}",
            expected=first.expected,
            found="\n    ".join(text),
            next_step=first.next_step or self.next_step.format(path=path),
        )


def _whole(problem: Problem) -> str:
    return f"{problem.sentence}; {problem.expected}" if problem.expected else problem.sentence


def _problem(kind: type[BaseModel], detail: Any) -> Problem:
    path = tuple(part for part in detail["loc"] if not _is_union_tag(part))
    if detail["type"] == "extra_forbidden":
        return _unknown_key(kind, path)
    if detail["type"] == "missing":
        return Problem(path, "is required and not there")
    if detail["type"] == "string_type" and isinstance(detail.get("input"), int | float | bool):
        return Problem(path, f"{detail['msg']}; YAML reads it as a number or boolean: put it in quotes")
    return Problem(path, str(detail["msg"]))


def _is_union_tag(part: str | int) -> bool:
    """Pydantic names the member of a union among the keys, such as ``dict[str,str]`` or ``str``."""
    return isinstance(part, str) and (part in ("str", "int") or "[" in part)


def _unknown_key(kind: type[BaseModel], path: Path_) -> Problem:
    known = keys_at(kind, path[:-1])
    near = get_close_matches(str(path[-1]), known, n=1)
    sentence = "is not a key that may stand here" + (f"; did you mean {near[0]}?" if near else "")
    return Problem(path, sentence, expected=f"may stand here: {', '.join(known)}" if known else "")


def keys_at(kind: type[BaseModel], path: Path_) -> list[str]:
    """The keys that may stand below ``path`` in a file of this shape, in order of declaration."""
    annotation: Any = kind
    for part in path:
        annotation = _below(annotation, part)
    models = [m for m in _members(annotation) if isinstance(m, type) and issubclass(m, BaseModel)]
    return [f.alias or name for m in models for name, f in m.model_fields.items()]


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
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return [m for each in get_args(annotation) for m in _members(each)]
    return _members(get_args(annotation)[0]) if origin is Annotated else [annotation]
