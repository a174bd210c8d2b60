"""Families of access, one level deep, chosen by name. ``docs/onboarding.md`` says which one a platform needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors.families.base import Opening, Source
from schemas.platform_file import Deployment, Platform


def open_source(platform: Platform, deployment: Deployment, home: Path) -> Source:
    """The platform's source, to be entered with ``with``. Raises ConfigurationError when it can't even be addressed."""
    return _family(platform.file.access.family)(Opening(platform, deployment, home))


def _family(name: str) -> Callable[[Opening], Source]:
    """Import only the client that is needed: asyncssh, lxml and the drivers cost a second together."""
    if name in ("http_page", "http_cursor"):
        from connectors.families.http import HttpSource

        return HttpSource
    if name == "sql":
        from connectors.families.sql import sql_source

        return sql_source
    if name == "sftp_files":
        from connectors.families.sftp import SftpSource

        return SftpSource
    from connectors.families.folder import FolderSource

    return FolderSource
