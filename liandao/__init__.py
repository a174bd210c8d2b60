"""The flow: one function per step, settings, the command line; :func:`open` opens the warehouse from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liandao.library import Home

__version__ = "0.2.0.dev0"


def open(place: str | Path | None = None) -> Home:  # noqa: A001 - liandao.open reads as what it does
    """The published warehouse of a project or home, by default of the project here (:class:`liandao.library.Home`)."""
    from liandao.library import open_home

    return open_home(place)
