"""A bureau's project, found as git finds a repository. Light: the command line asks for it before anything else."""

from __future__ import annotations

import os
from pathlib import Path

from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE

PROJECT_VARIABLE, HOME_VARIABLE = "LIANDAO_PROJECT", "LIANDAO_HOME"
POINTER = ".liandao"
"""A file that names the project of the folder it lies in, as ``.git`` does for a work tree."""


def find_project(start: Path | None = None) -> Path | None:
    """The project that ``start`` (default: the current folder) lies in: the nearest folder upwards with ``liandao.yml``
    or with a pointer to one. None when there is none."""
    for folder in (here := (start or Path.cwd()).resolve(), *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
        if (folder / POINTER).is_file():
            target = _target(folder)
            if _is_project(target):  # else it dangles: its project is gone
                return target
    return None


def _is_project(folder: Path) -> bool:
    try:
        return (folder / PROJECT_FILE).is_file()
    except OSError:  # a name that no file system takes
        return False


def _target(folder: Path) -> Path:
    """The folder that a pointer names. Raises ConfigurationError when what stands in it can be no path."""
    try:
        return (folder / (folder / POINTER).read_text(encoding="utf-8-sig").strip()).resolve()
    except (ValueError, OSError, RuntimeError):
        raise ConfigurationError(
            "the pointer to a project can't be read",
            where=str(folder / POINTER),
            expected="the path of one folder",
            next_step=f"correct it or remove it: rm {folder / POINTER}",
        ) from None


def chosen_project(project: Path | None) -> tuple[Path, str] | None:
    """The project that an option or ``LIANDAO_PROJECT`` names, and which of them; None when neither does.

    Raises ConfigurationError when the folder is no project.
    """
    variable = os.environ.get(PROJECT_VARIABLE)
    if project is None and not variable:
        return None
    is_option = project is not None and str(project) != variable  # the command line hands the variable on as an option
    root, origin = (project, "--project") if project and is_option else (Path(variable or ""), PROJECT_VARIABLE)
    return require_project(usable(root, origin)), origin


def usable(path: Path, origin: str, base: Path | None = None) -> Path:
    """A folder that somebody named, absolute: ``~`` is filled in, and ``base`` is what it is relative to (by default
    the current folder). Raises ConfigurationError, naming the option or variable, where no folder can stand."""
    try:
        whole = ((base or Path()) / path.expanduser()).resolve()
        found = "" if whole.is_dir() or not whole.exists() else "a file stands there"
        wrong = next((p for p in whole.parents if p.exists() and not p.is_dir()), None)
    except (OSError, ValueError, RuntimeError) as broken:  # too long, a zero byte, no such user
        found, wrong = getattr(broken, "strerror", None) or str(broken), None
    if found or wrong:
        raise ConfigurationError(
            "this can't be a folder",
            where=origin,
            expected="the path of a folder",
            found=f"{str(path)[:80]!r}: {found or f'a file stands at {wrong}'}",
            next_step="name another",
        )
    return whole


def require_project(root: Path) -> Path:
    """The folder itself when it holds a project; raises ConfigurationError."""
    if not (root / PROJECT_FILE).is_file():
        raise ConfigurationError(
            "this folder is no project",
            where=str(root),
            expected=f"a folder with {PROJECT_FILE}",
            found="no such folder" if not root.is_dir() else f"no {PROJECT_FILE} in it",
            next_step=f"liandao init {root}",
        )
    return root
