"""What every step of the flow begins with: its project in use, its home in possession."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from liandao import __version__
from liandao.home import KEY_FILE, fingerprint, load_key
from liandao.home_file import claim_home
from liandao.logs import open_log
from liandao.project_file import load_deployment, read_project
from liandao.settings import Settings
from schemas import project
from schemas.errors import KeyLost
from schemas.platform_file import Deployment
from warehouse import reader, state

KEY_SETTING = "key_fingerprint"
"""The setting of a generation that says which key made its tokens."""


def open_home(settings: Settings, today: date | None = None) -> Deployment:
    """Take the project into use and the home into possession: what every step begins with. Makes the home's key, which
    hashes in cursors need. ``today``: as :func:`load_deployment` has it.

    Raises ConfigurationError without a project, and when the home is another project's, of another format, or without
    the key that it was made with.
    """
    project.use(settings.project)
    deployment = load_deployment(settings.project, settings.home, today)
    assert settings.project is not None  # noqa: S101 - load_deployment raises without one
    claim_home(settings.home, settings.project, read_project(settings.project).name, __version__)
    open_log(settings.home)
    require_own_key(settings.home)
    return deployment


def require_own_key(home: Path) -> bytes:
    """The home's key, made for a home without data. Raises KeyLost when what the home holds was made with another:
    every person and every token would become a new one without a word."""
    holds_data = reader.is_published(home) or any((home / "landing").glob("*/*/landed.json"))
    if holds_data and not (home / KEY_FILE).exists():
        raise KeyLost(
            "the home holds data and its key is missing",
            where=str(home / KEY_FILE),
            expected="the key that it was made with",
            next_step="restore the key from its backup",
        )
    key = load_key(home)
    made_with = state.published_setting(home, KEY_SETTING)
    if made_with not in (None, fingerprint(key)):
        raise KeyLost(
            "the key is not the one that the published generation was made with",
            where=str(home / KEY_FILE),
            expected=f"fingerprint {made_with}",
            found=f"fingerprint {fingerprint(key)}",
            next_step="restore the key from its backup",
        )
    return key
