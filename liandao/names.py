"""Names that a person types: which there are, which one was meant, and how the shell completes them.

Nothing here reads a file: a platform, a line or a measure is there because its file is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer

import connectors
import transforms
from schemas.errors import UsageError

MOST_SHOWN = 40
"""Names listed in an error; of more, only how many there are is said."""
JUDGEMENTS = ("same", "different", "unsure")
KINDS = ("person", "matter")
GRAINS = ("province", "line", "platform", "month")
ENGINES = ("duckdb", "spark")
SHELLS = ("bash", "zsh", "fish", "powershell")

Completer = Callable[[typer.Context, str], list[str]]


def source_folder(_options: dict[str, Any]) -> Path:
    """Where platform files stand. ``_options``: what has been typed so far, by name."""
    return Path(str(connectors.__file__)).parent / "sources"


def measure_folders(_options: dict[str, Any]) -> list[Path]:
    """Where measure files stand. ``_options``: as in :func:`source_folder`."""
    return [Path(str(transforms.__file__)).parent / "measure" / "catalogue"]


def platform_ids(root: Path) -> list[str]:
    """Ids of the platforms that have a file ``<line>/<platform>.yml`` under ``root``."""
    return sorted({path.stem for path in root.glob("*/*.yml") if not path.name.startswith("_")})


def line_ids(root: Path) -> list[str]:
    """Ids of the lines: the folders of ``root`` that are described by a ``_line.yml``."""
    return sorted(path.parent.name for path in root.glob("*/_line.yml"))


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


def _beginning(typed: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(typed)]
