"""A project's file and a home's, read and turned into what a run needs."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.deployment import check_places
from schemas.columns import ZONE
from schemas.eligibility import communities_of
from schemas.errors import ConfigurationError
from schemas.platform_file import Deployment
from schemas.project import PROJECT_FILE, per_project
from schemas.project_file import DeploymentFile, Places, ProjectFile
from schemas.typed_yaml import Reader

DEPLOYMENT_FILE = "deployment.yml"
READER = Reader(next_step="correct {path}, then: liandao config")


@per_project
def read_project(root: Path) -> ProjectFile:
    """``liandao.yml`` of a project; raises ConfigurationError with every mistake and its line."""
    path = root / PROJECT_FILE
    file = READER.model(ProjectFile, path)
    check_places(file, path)
    return file


def read_deployment_file(home: Path) -> DeploymentFile:
    """``deployment.yml`` of a home; an empty one where there is no file. Raises ConfigurationError."""
    path = home / DEPLOYMENT_FILE
    if not path.is_file():
        return DeploymentFile()
    _refuse_former(path)
    file = READER.model(DeploymentFile, path)
    check_places(file, path)
    return file


def read_places(root: Path | None, home: Path) -> Places:
    """Endpoints and credentials of a project with the home's laid over them; none without a project. Raises
    ConfigurationError."""
    if root is None:
        return Places()
    own, machine = read_project(root), read_deployment_file(home)
    return Places(endpoints=own.endpoints | machine.endpoints, credentials=own.credentials | machine.credentials)


def _refuse_former(path: Path) -> None:
    """Say what became of the keys that stood here in homes of format 1."""
    keys = READER.read(path).value
    former = sorted({"scope", "window_start", "window_end"} & set(keys if isinstance(keys, dict) else {}))
    if former:
        raise ConfigurationError(
            "this home was made by an earlier version",
            where=str(path),
            expected=f"scope and window in {PROJECT_FILE} of the project",
            found=", ".join(former),
            next_step="liandao migrate",
        )


def load_deployment(root: Path | None, home: Path, today: date | None = None) -> Deployment:
    """What a run needs to know of the bureau: the project's file and the home's laid over it. ``today``: the day that a
    window of months is seen from (default: this day in Beijing); steps of one run are given that of its beginning.

    Raises ConfigurationError without a project, for mistakes in either file, and when the scope names no community.
    """
    if root is None:
        raise ConfigurationError(
            "there is no project here",
            where=str(Path.cwd()),
            expected=f"{PROJECT_FILE} in this folder or above it",
            next_step="liandao init DIR, or name one: --project DIR",
        )
    file, machine = read_project(root), read_deployment_file(home)
    start, end = file.window.days(today or datetime.now(tz=ZoneInfo(ZONE)).date())
    return Deployment(
        endpoints=file.endpoints | machine.endpoints,
        credentials=file.credentials | machine.credentials,
        scope=communities_of(file.scope, where=f"{root / PROJECT_FILE}: scope", day=end),
        window_start=start,
        window_end=end,
    )
