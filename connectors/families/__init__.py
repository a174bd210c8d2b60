"""Families of access, one level deep, chosen by name. ``docs/onboarding.md`` says which one a platform needs, and
``docs/extending.md`` how a bureau adds one of its own."""

from __future__ import annotations

from pathlib import Path

from connectors.extensions import Choice
from connectors.families.base import Family, Opening, Source
from schemas.platform_file import Deployment, Platform

GROUP = "liandao.families"
"""Entry points of this group are families too."""


def open_source(platform: Platform, deployment: Deployment, home: Path) -> Source:
    """The platform's source, to be entered with ``with``. Raises ConfigurationError when it can't even be addressed."""
    family = family_of(platform)
    return family.opens(Opening(platform, deployment, home, family.schemes))


def family_of(platform: Platform) -> Family:
    """The family that a platform is read by."""
    return find_family(platform.file.access.family)


def _http(opening: Opening) -> Source:
    from connectors.families.http import HttpSource

    return HttpSource(opening)


def _sql(opening: Opening) -> Source:
    from connectors.families.sql import sql_source

    return sql_source(opening)


def _sftp(opening: Opening) -> Source:
    from connectors.families.sftp import SftpSource

    return SftpSource(opening)


def _folder(opening: Opening) -> Source:
    from connectors.families.folder import FolderSource

    return FolderSource(opening)


_WEB = ("http", "https")
BUILT_IN: dict[str, Family] = {
    family.name: family
    for family in (
        Family("http_page", _WEB, _http, source_is="path", pages=True),
        Family("http_cursor", _WEB, _http, source_is="path", pages=True),
        Family("sql", ("postgresql", "sqlite"), _sql, source_is="table"),
        Family("sftp_files", ("sftp",), _sftp, source_is="pattern", reads_files=True, needs_credential=True),
        Family("folder_files", ("file",), _folder, source_is="pattern", reads_files=True),
    )
}
"""The program's own families; no other distribution can take their place."""
_CHOICE = Choice(BUILT_IN, GROUP, Family, "family of access", "access.family")
find_family, family_names = _CHOICE.find, _CHOICE.names
