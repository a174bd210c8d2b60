"""Settings: which project, where its data are, how the program runs, and where each of these was said.

An option of the command line wins over the environment, which wins over ``liandao.yml``, which wins over defaults.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from liandao.project import HOME_VARIABLE, chosen_project, find_project, usable
from schemas import project as in_use
from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE

if TYPE_CHECKING:
    from schemas.project_file import ProjectFile

WAREHOUSE_VARIABLE = "LIANDAO_WAREHOUSE"
WORKERS_VARIABLE = "LIANDAO_WORKERS"
LEAST_WORKERS, MOST_WORKERS, USUAL_WORKERS = 1, 64, 4
DEFAULT = "default"
_FROM_ENV_FILE: dict[str, str] = {}
"""What the ``.env`` of the project in use put into the environment."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``home``: absolute folder of the data. ``warehouse_url``: ``postgresql://…`` to publish to PostgreSQL as well;
    None keeps the file warehouse alone. ``workers``: processes that ingest lines side by side. ``project``: absolute
    folder of the project, None where only a home was named. ``reading_minutes``: when reading ends, from a run's
    beginning. ``origins``: setting -> where it was said."""

    home: Path
    warehouse_url: str | None
    workers: int
    project: Path | None = None
    reading_minutes: int = 180
    origins: dict[str, str] = field(default_factory=dict, compare=False)


def read_settings(home: Path | None = None, project: Path | None = None) -> Settings:
    """Resolve settings and take their project into use.

    A project that is named wins; else the one that a named home belongs to; else the one that the current folder lies
    in. Raises ConfigurationError naming the variable, option or file that is wrong.
    """
    from liandao.home_file import require_own_home
    from liandao.project_file import read_project
    from schemas.project_file import ProjectSettings

    _forget_env_file()
    chosen, home_origin = named_home(home)
    root, origin = _project(project, chosen)
    file = read_project(root) if root is not None else None
    in_use.use(root)
    if root is not None:
        _read_env_file(root)
        chosen, home_origin = (chosen, home_origin) if chosen else named_home(None)
    url, url_origin = _warehouse_url(file)
    workers, workers_origin = _workers(file)
    origins = {"project": origin, "home": home_origin, "warehouse": url_origin, "workers": workers_origin}
    if chosen is None and root is not None and file is not None:
        chosen = usable(Path(file.settings.home), f"{PROJECT_FILE}: settings.home", root)
        origins["home"] = PROJECT_FILE if "home" in file.settings.model_fields_set else DEFAULT
    place = (chosen or Path("home")).resolve()
    if root is not None and file is not None:
        require_own_home(place, root, file.name)
    said = file.settings if file is not None else ProjectSettings()
    origins["reading_minutes"] = PROJECT_FILE if "reading_minutes" in said.model_fields_set else DEFAULT
    return Settings(place, url, workers, root, said.reading_minutes, origins)


def _read_env_file(root: Path) -> None:
    """Put what a project's ``.env`` says into the environment, for settings and secrets; what is there already wins. A
    home named there is relative to the project."""
    from dotenv import dotenv_values

    for name, value in dotenv_values(root / ".env").items():
        if value is not None and name not in os.environ:
            is_home = name == HOME_VARIABLE
            os.environ[name] = str(usable(Path(value), f"{name} (.env)", root)) if is_home else value
            _FROM_ENV_FILE[name] = os.environ[name]


def _forget_env_file() -> None:
    """Take out what another project's ``.env`` put in: projects of one process share nothing."""
    for name, value in _FROM_ENV_FILE.items():
        if os.environ.get(name) == value:
            del os.environ[name]
    _FROM_ENV_FILE.clear()


def _said_by(variable: str) -> str:
    return f"{variable} (.env)" if variable in _FROM_ENV_FILE else variable


def named_home(option: Path | None) -> tuple[Path | None, str]:
    """The home that an option or ``LIANDAO_HOME`` names, and which of them; None when neither does."""
    variable = os.environ.get(HOME_VARIABLE)
    if option is not None and str(option) != variable:  # the command line hands the variable on as an option
        return usable(option, "--home"), "--home"
    return (usable(Path(variable), _said_by(HOME_VARIABLE)), _said_by(HOME_VARIABLE)) if variable else (None, DEFAULT)


def _project(option: Path | None, home: Path | None) -> tuple[Path | None, str]:
    from liandao.home_file import project_of_home

    named = chosen_project(option)
    if named is not None:
        return named
    if home is not None and (owner := project_of_home(home.resolve()) or find_project(home)):
        return owner, f"the home {home}"
    nearest = find_project()
    return nearest, f"upwards from {Path.cwd()}" if nearest else "none"


def _warehouse_url(file: ProjectFile | None) -> tuple[str | None, str]:
    variable = os.environ.get(WAREHOUSE_VARIABLE, "").strip()
    declared = (file.settings.warehouse if file else None) or ""
    url, origin = declared, PROJECT_FILE if declared else DEFAULT
    if variable:
        url, origin = variable, _said_by(WAREHOUSE_VARIABLE)
    if not url or url == "duckdb":
        return None, origin
    if not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(
            "the warehouse address is not one that Liandao can write to",
            where=WAREHOUSE_VARIABLE if variable else f"{PROJECT_FILE}: settings.warehouse",
            expected="empty, 'duckdb' or postgresql://user@host/database",
            found=f"an address starting with {url.split(':', 1)[0][:20]!r}",
            next_step=f"unset {WAREHOUSE_VARIABLE} to use the file warehouse",
        )
    return url, origin


def _workers(file: ProjectFile | None) -> tuple[int, str]:
    text = os.environ.get(WORKERS_VARIABLE, "").strip()
    if not text:
        if file is not None and file.settings.workers is not None:
            return file.settings.workers, PROJECT_FILE
        return max(LEAST_WORKERS, min(USUAL_WORKERS, os.cpu_count() or 1)), DEFAULT
    if not re.fullmatch(r"[0-9]{1,4}", text) or not LEAST_WORKERS <= int(text) <= MOST_WORKERS:
        raise ConfigurationError(
            "the number of worker processes is not usable",
            where=WORKERS_VARIABLE,
            expected=f"a number from {LEAST_WORKERS} to {MOST_WORKERS}",
            found=repr(text[:20]),
        )
    return int(text), _said_by(WORKERS_VARIABLE)
