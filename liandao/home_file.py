"""``home.json``: which project a home belongs to, and in which format it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError, DamagedFile
from schemas.project import PROJECT_FILE
from schemas.project_file import HOME_FORMAT
from schemas.receipts import Receipt

HOME_FILE = "home.json"
DEPLOYMENT, FORMER_KEY = "deployment.yml", "scope:"
KEPT = "deployment-0.1.0.yml"
"""The deployment file of a home of format 1, kept beside the new one."""
_DATA = ("published", "landing")
"""Folders that a home of an earlier program has; one without ``home.json`` and without these is simply new."""


@dataclass(frozen=True, slots=True)
class HomeFile(Receipt):
    """``project``: the project's folder, relative to the home. ``name``: its name in ``liandao.yml``. ``program``: the
    version that made the home or last brought it up."""

    format: int
    project: str
    name: str
    program: str


def read_home_file(home: Path) -> HomeFile | None:
    """What ``home.json`` says; None where there is none. Raises ConfigurationError when it is not whole."""
    path = home / HOME_FILE
    if not path.is_file():
        return None
    try:
        written = HomeFile.read(path)
        whole = isinstance(written.format, int) and written.format >= 1
        whole = whole and all(isinstance(w, str) for w in (written.project, written.name))
    except (DamagedFile, TypeError, OSError):
        whole = False
    if not whole:
        raise ConfigurationError(
            "the home's own file is broken",
            where=str(path),
            expected='{"format": 2, "project": "..", "name": "…", "program": "…"}',
            next_step="put it back from a copy; or remove it and run liandao migrate --home " + str(home),
        )
    return written


def project_of_home(home: Path) -> Path | None:
    """The folder of the project that a home says it belongs to; None when it says nothing or the folder is gone."""
    written = read_home_file(home)
    return _owner(home, written) if written else None


def _owner(home: Path, written: HomeFile) -> Path | None:
    root = (home / written.project).resolve()
    return root if (root / PROJECT_FILE).is_file() else None


def require_own_home(home: Path, root: Path, name: str) -> None:
    """Raise ConfigurationError when a home belongs to another project: one that is there, or one of another name."""
    if written := read_home_file(home):
        _require_own(home, written, root, name)


def _require_own(home: Path, written: HomeFile, root: Path, name: str) -> None:
    owner = _owner(home, written)
    if written.name != name or owner not in (None, root):
        raise ConfigurationError(
            "this home belongs to another project",
            where=str(home),
            expected=f"a home of project {name} ({root})",
            found=f"a home of project {written.name} ({owner or written.project})",
            next_step="name its project (--project DIR), or another home (--home DIR)",
        )


def claim_home(home: Path, root: Path, name: str, program: str) -> None:
    """Make a home the project's, or make sure that it is.

    Raises ConfigurationError when it belongs to another project or was made by another version of the format.
    """
    written = read_home_file(home)
    if written is None:
        if any((home / folder).exists() for folder in _DATA):
            raise _of_another_format(home, 1) if is_former(home) else _lost(home)
        write_home_file(home, root, name, program)
        return
    if written.format != HOME_FORMAT:
        raise _of_another_format(home, written.format)
    _require_own(home, written, root, name)
    if _owner(home, written) is None:  # one of both was moved
        write_home_file(home, root, name, program)


def write_home_file(home: Path, root: Path, name: str, program: str) -> None:
    """Write ``home.json`` anew."""
    home.mkdir(parents=True, exist_ok=True)
    HomeFile(HOME_FORMAT, os.path.relpath(root, home), name, program).write(home / HOME_FILE)


def is_former(home: Path) -> bool:
    """Whether a home without ``home.json`` is one of format 1: its deployment file says what a project says now, or a
    migration that was cut off has kept it aside."""
    path = home / DEPLOYMENT
    if (home / KEPT).exists():
        return True
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    return any(line.startswith(FORMER_KEY) for line in text.splitlines())


def _lost(home: Path) -> ConfigurationError:
    return ConfigurationError(
        "the home holds data and its own file is missing",
        where=str(home / HOME_FILE),
        expected="the file that says which project it belongs to",
        next_step=f"restore it from a backup, or, if it is this project's: liandao migrate --home {home}",
    )


def _of_another_format(home: Path, found: int) -> ConfigurationError:
    later = found > HOME_FORMAT
    return ConfigurationError(
        "this home was made by a later version" if later else "this home was made by an earlier version",
        where=str(home),
        expected=f"format {HOME_FORMAT}",
        found=f"format {found}",
        next_step="install that version" if later else "liandao migrate",
    )
