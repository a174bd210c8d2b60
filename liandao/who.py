"""Who acts and why: for what is kept in a home about a person's doing."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

from schemas.errors import ConfigurationError

ReasonOption = Annotated[str, typer.Option("--reason", help="理由 Why; it is kept with the batches.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="操作人，默认为登录名 Who does it; the login name by default.")
]

def who(by: str | None, role: str) -> str:
    """The name that an option gives, else the login name. Raises ConfigurationError where neither says anything."""
    name = (by or os.environ.get("LOGNAME") or getpass.getuser()).strip()
    if not name:
        raise ConfigurationError(f"nobody is named as the {role}", where="--by", expected="a name")
    return name
