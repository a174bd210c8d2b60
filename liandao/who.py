"""Who acts: for what is kept in a home about a person's doing."""

from __future__ import annotations

import getpass
import os

from schemas.errors import ConfigurationError


def who(by: str | None, role: str) -> str:
    """The name that an option gives, else the login name. Raises ConfigurationError where neither says anything."""
    name = (by or os.environ.get("LOGNAME") or getpass.getuser()).strip()
    if not name:
        raise ConfigurationError(f"nobody is named as the {role}", where="--by", expected="a name")
    return name
