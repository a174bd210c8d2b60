"""One POST to a server of the bureau's own choice: bounded in time and size, and it only goes where it was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors.deployment import Secret, secret_named
from connectors.families.http_client import trust
from liandao.project_file import read_deployment_file, read_project
from liandao.settings import Settings
from schemas.errors import ConfigurationError, MessageNotSent

CONNECT_S, READ_S = 5.0, 10.0
ANSWER_BYTES = 1 << 16

Secrets = Callable[[str], Secret]
"""The secret behind a credential's name."""


def read_secrets(settings: Settings) -> Secrets:
    """The secrets that a project and its home name. Raises ConfigurationError for a mistake in their files."""
    own = read_project(settings.project).credentials if settings.project else {}
    credentials = own | read_deployment_file(settings.home).credentials
    return lambda name: secret_named(credentials, name, settings.home)


def address_of(credential: str, secrets: Secrets) -> str:
    """The whole address that stands behind a credential. Raises ConfigurationError."""
    address = secrets(credential).reveal()
    if not address.startswith(("https://", "http://")):
        raise ConfigurationError(
            "the address is not one of HTTP",
            where=f"credentials.{credential}",
            expected="https://…",
            next_step="put the whole address of the webhook there",
        )
    return address


def post(address: str, body: dict[str, Any], where: str, headers: Mapping[str, str] = {}) -> bytes:
    """The first bytes of a good answer. It goes where it was sent and nowhere else: no redirect, no proxy of the
    environment, no ``.netrc``. Raises MessageNotSent."""
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, verify=trust()) as client,
            client.stream("POST", address, json=body, headers=dict(headers)) as response,
        ):
            if not response.is_success:
                raise not_sent(where, f"HTTP {response.status_code}")
            answer = b""
            for part in response.iter_bytes():
                answer += part
                if len(answer) > ANSWER_BYTES:
                    break
            return answer[:ANSWER_BYTES]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise not_sent(where, type(error).__name__) from None


def not_sent(where: str, found: str) -> MessageNotSent:
    """What is raised where a message did not arrive. ``where``: a name, never the address."""
    return MessageNotSent("the server did not take the message", where=where, found=found)
