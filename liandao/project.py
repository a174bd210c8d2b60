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
            target = (folder / (folder / POINTER).read_text(encoding="utf-8").strip()).resolve()
            if (target / PROJECT_FILE).is_file():  # else it dangles: its project is gone
                return target
    return None


def chosen_project(project: Path | None) -> tuple[Path, str] | None:
    """The project that an option or ``LIANDAO_PROJECT`` names, and which of them; None when neither does.

    Raises ConfigurationError when the folder is no project.
    """
    variable = os.environ.get(PROJECT_VARIABLE)
    if project is None and not variable:
        return None
    is_option = project is not None and str(project) != variable  # the command line hands the variable on as an option
    root, origin = (project, "--project") if project and is_option else (Path(variable or ""), PROJECT_VARIABLE)
    return require_project(root.expanduser().resolve()), origin


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
