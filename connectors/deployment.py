"""Where platforms are and what opens them: endpoints and secrets, as the project and the home name them."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from schemas.errors import ConfigurationError
from schemas.platform_file import Deployment, Endpoint
from schemas.project_file import Places
from schemas.typed_yaml import did_you_mean


class Secret:
    """A secret that does not print itself. ``reveal`` at the one place where it is sent."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def user_and_password(self, where: str) -> tuple[str, str]:
        """Split ``user:password`` at the first colon; raises ConfigurationError."""
        user, colon, password = self._text.partition(":")
        if not colon or not user:
            raise ConfigurationError(
                "the secret is not of the form user:password",
                where=where,
                next_step="write user:password on one line of the secret's file",
            )
        return user, password

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be pickled")


def check_places(places: Places, path: Path) -> None:
    """Refuse a secret that stands in the file itself; ``path`` is the file. Raises ConfigurationError, without it."""
    for name, reference in places.credentials.items():
        if not reference.startswith(("env:", "file:")):
            raise _literal(f"{path.name}: credentials.{name}")
    for name, endpoint in places.endpoints.items():
        if urlsplit(endpoint.url).password:
            raise ConfigurationError(
                "an address contains a password",
                where=f"{path.name}: endpoints.{name}.url",
                next_step="move user:password to a credential (file:secrets/NAME, mode 0600)",
            )


def resolve_endpoint(
    deployment: Deployment, name: str, schemes: Sequence[str]
) -> tuple[Endpoint, SplitResult]:
    """The endpoint of that name with its address taken apart. ``schemes``: those of the family that connects to it.

    Raises ConfigurationError when there is none, or when its scheme is none of these: the named endpoints are the
    allow-list, nothing else is ever connected to.
    """
    endpoint = deployment.endpoints.get(name)
    if endpoint is None:
        raise ConfigurationError(
            "the endpoint has no address" + did_you_mean(name, deployment.endpoints),
            where=f"endpoints.{name}",
            next_step=f"add {name} under endpoints in liandao.yml, or in deployment.yml of the home",
        )
    parts = urlsplit(endpoint.url)
    if parts.scheme not in schemes:
        raise ConfigurationError(
            "the endpoint's address does not fit the family",
            where=f"endpoints.{name}",
            expected="an address that begins with " + " or ".join(f"{s}:" for s in schemes),
            found=parts.scheme + ":" if parts.scheme else "no scheme",
            next_step=f"write {name}: file:///absolute/folder" if list(schemes) == ["file"] else "",
        )
    return endpoint, parts


def resolve_secret(deployment: Deployment, name: str, home: Path) -> Secret:
    """The secret behind a credential's name. Raises ConfigurationError (absent, literal, readable by others)."""
    return secret_named(deployment.credentials, name, home)


def secret_named(credentials: Mapping[str, str], name: str, home: Path) -> Secret:
    """The same, of credentials alone (name -> reference)."""
    where = f"credentials.{name}"
    reference = credentials.get(name)
    if reference is None:
        raise ConfigurationError(
            "the credential is not named" + did_you_mean(name, credentials),
            where=where,
            next_step=f"add {name}: file:secrets/{name} under credentials in liandao.yml or deployment.yml",
        )
    kind, _, rest = reference.partition(":")
    if kind == "env" and rest:
        return _from_environment(rest, where)
    if kind == "file" and rest:
        return _from_file(home, rest, where)
    raise _literal(where)


def path_under(home: Path, parts: SplitResult, where: str) -> Path:
    """The local path of a ``file:`` or ``sqlite:`` address, relative to the home; ``..`` is refused."""
    if ".." in PurePosixPath(parts.path).parts or not parts.path:
        raise ConfigurationError("a local address must name a path without '..'", where=where)
    return home / parts.path


def _from_environment(variable: str, where: str) -> Secret:
    value = os.environ.get(variable)
    if not value:
        raise ConfigurationError(
            "the environment variable is not set",
            where=where,
            expected=variable,
            next_step=f"set {variable} for the account that runs this",
        )
    return Secret(value)


def _from_file(home: Path, relative: str, where: str) -> Secret:
    path = home / relative
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise ConfigurationError(
                "the secret's file can be read by others",
                where=f"{where} -> {relative}",
                expected="mode 0600",
                found=f"mode {stat.S_IMODE(mode):04o}",
                next_step=f"chmod 600 {path}",
            )
        return Secret(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ConfigurationError(
            "the secret's file can't be read",
            where=f"{where} -> {relative}",
            found=error.strerror or type(error).__name__,
        ) from None


def _literal(where: str) -> ConfigurationError:
    return ConfigurationError(
        "a credential must be a reference, not the secret itself",
        where=where,
        expected="env:VARIABLE or file:path",
        found="a literal (not shown)",
        next_step="put the secret into a file with mode 0600 and write file:secrets/NAME",
    )
