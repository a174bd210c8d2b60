"""Names that a person types: which there are, which one was meant, and how the shell completes them.

Nothing here reads a file: a platform, a line or a measure is there because its file is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer

import transforms
from liandao.project import chosen_project, find_project
from schemas.errors import ConfigurationError, UsageError, error_kinds
from schemas.project import Project

MOST_SHOWN = 40
"""Names listed in an error; of more, only how many there are is said."""
JUDGEMENTS = ("same", "different", "unsure")
KINDS = ("person", "matter")
GRAINS = ("province", "line", "platform", "month")
ENGINES = ("duckdb", "spark")
SETTINGS = ("project", "home", "workers", "reading_minutes", "warehouse")
SHELLS = ("bash", "zsh", "fish", "powershell")

Completer = Callable[[typer.Context, str], list[str]]


def project_typed(options: dict[str, Any]) -> Project | None:
    """The project that a command line speaks of. ``options``: what has been typed so far, by name."""
    named = options.get("project")
    try:
        chosen = chosen_project(Path(str(named)) if named else None)
    except ConfigurationError:
        return None
    root = chosen[0] if chosen else find_project()
    return Project(root) if root else None


def source_folder(options: dict[str, Any]) -> Path | None:
    """Where platform files stand; None without a project. ``options``: as in :func:`project_typed`."""
    project = project_typed(options)
    return project.sources if project else None


def measure_folders(options: dict[str, Any]) -> list[Path]:
    """Where measure files stand: the program's and the project's. ``options``: as in :func:`project_typed`."""
    project = project_typed(options)
    return [Path(str(transforms.__file__)).parent / "measure" / "catalogue", *([project.measures] if project else [])]


def platform_ids(root: Path | None) -> list[str]:
    """Ids of the platforms that have a file ``<line>/<platform>.yml`` under ``root``."""
    files = root.glob("*/*.yml") if root else ()
    return sorted({path.stem for path in files if not path.name.startswith("_")})


def line_ids(root: Path | None) -> list[str]:
    """Ids of the lines: the folders of ``root`` that are described by a ``_line.yml``."""
    return sorted(path.parent.name for path in root.glob("*/_line.yml")) if root else []


def measure_ids(*folders: Path) -> list[str]:
    """Ids of the measures that have a file in one of the folders."""
    return sorted({path.stem for folder in folders for path in folder.glob("*.yml")})


def require(what: str, name: str, known: Iterable[str], *, where: str, next_step: str = "") -> str:
    """The name, if it is known. ``what``: what it is a name of; ``where``: the option or argument.

    Raises UsageError with those that may have been meant.
    """
    names = sorted(known)
    if name in names:
        return name
    meant = suggest(name, names)
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    more = f", … ({len(names)} in all)" if len(names) > MOST_SHOWN else ""
    expected = ", ".join(names[:MOST_SHOWN]) + more if names else "nothing: there is none"
    message = f"unknown {what} {name!r}{hint}" if name else f"no {what} is named"
    raise UsageError(message, where=where, expected=expected, next_step=next_step)


def suggest(name: str, known: Iterable[str]) -> list[str]:
    """At most three of the known names that may have been meant, the likeliest first."""
    by_folded = {other.casefold(): other for other in known}
    folded = name.casefold()
    close = get_close_matches(folded, by_folded)
    within = [other for other in by_folded if folded and folded in other]
    return [by_folded[other] for other in dict.fromkeys([*close, *within])][:3]


def one_of(*names: str) -> Completer:
    """Complete one of a few words."""

    def complete(_context: typer.Context, typed: str) -> list[str]:
        return _beginning(typed, names)

    return complete


def complete_platform(context: typer.Context, typed: str) -> list[str]:
    """Complete a platform id."""
    return _beginning(typed, platform_ids(source_folder(context.params)))


def complete_platforms(context: typer.Context, typed: str) -> list[str]:
    """Complete the last of several platform ids with commas between."""
    before, comma, last = typed.rpartition(",")
    return [before + comma + name for name in complete_platform(context, last)]


def complete_line(context: typer.Context, typed: str) -> list[str]:
    """Complete a line id."""
    return _beginning(typed, line_ids(source_folder(context.params)))


def complete_measure(context: typer.Context, typed: str) -> list[str]:
    """Complete a measure id."""
    return _beginning(typed, measure_ids(*measure_folders(context.params)))


def complete_explained(context: typer.Context, typed: str) -> list[str]:
    """Complete what ``explain`` knows without reading a home: errors, measures, and what it calls settings."""
    settings = (f"settings.{name}" for name in SETTINGS)
    return _beginning(typed, [*error_kinds(), *complete_measure(context, ""), *settings])


def _beginning(typed: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(typed)]
