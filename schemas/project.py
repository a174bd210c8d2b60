"""The project in use: a bureau's own folder, whose definitions are laid over the program's.

A process works for one project at a time. What is read from both (code lists, items, regions, tables, rules) is read
once per project: such functions are decorated with :func:`per_project`, and :func:`use` makes them read again when
another project comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

PROJECT_FILE = "liandao.yml"
"""The file that makes a folder a project."""
_Function = TypeVar("_Function", bound=Callable[..., Any])
_CACHED: list[Any] = []


@dataclass(frozen=True, slots=True)
class Project:
    """Where a project's definitions are. ``root``: absolute folder that holds ``liandao.yml``; parts may be absent."""

    root: Path

    @property
    def sources(self) -> Path:
        """``sources/<line>/_line.yml`` and ``<platform>.yml``."""
        return self.root / "sources"

    @property
    def codes(self) -> Path:
        """Named vocabularies: how a source writes the codes of a list."""
        return self.root / "codes"

    @property
    def profiles(self) -> Path:
        """What platforms of one vendor have in common."""
        return self.root / "profiles"

    @property
    def tables(self) -> Path:
        """Stream kinds declared by the bureau."""
        return self.root / "tables"

    @property
    def measures(self) -> Path:
        """Measures declared by the bureau, each a YAML file with its SQL beside it."""
        return self.root / "measures"

    @property
    def rules(self) -> Path:
        """Row rules declared by the bureau."""
        return self.root / "rules"

    @property
    def reference(self) -> Path:
        """Code lists, items, attributes, regions, calendar."""
        return self.root / "reference"


_current: Project | None = None


def per_project(function: _Function) -> _Function:
    """Remember a function's results until another project is in use."""
    cached = cache(function)
    _CACHED.append(cached)
    return cached  # type: ignore[return-value]


def current() -> Project | None:
    """The project in use, None when only the program's own definitions count."""
    return _current


def use(root: Path | None) -> None:
    """Work for the project at ``root`` from now on; nothing happens when it is in use already."""
    chosen = Project(root.resolve()) if root is not None else None
    if chosen != _current:
        reload(chosen)


def reload(chosen: Project | None) -> None:
    """Use a project and read its definitions anew, whatever was read before."""
    global _current
    _current = chosen
    for cached in _CACHED:
        cached.cache_clear()
