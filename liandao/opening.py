"""What every step of the flow begins with: its project in use, its home in possession."""

from __future__ import annotations

from datetime import date

from liandao import __version__
from liandao.home import load_key
from liandao.home_file import claim_home
from liandao.logs import open_log
from liandao.project_file import load_deployment, read_project
from liandao.settings import Settings
from schemas import project
from schemas.platform_file import Deployment


def open_home(settings: Settings, today: date | None = None) -> Deployment:
    """Take the project into use and the home into possession: what every step begins with. Makes the home's key, which
    hashes in cursors need. ``today``: as :func:`load_deployment` has it.

    Raises ConfigurationError without a project, and when the home is another project's or of another format.
    """
    project.use(settings.project)
    deployment = load_deployment(settings.project, settings.home, today)
    assert settings.project is not None  # noqa: S101 - load_deployment raises without one
    claim_home(settings.home, settings.project, read_project(settings.project).name, __version__)
    open_log(settings.home)
    load_key(settings.home)
    return deployment
