"""Family ``sftp_files``: files that a platform puts on an SFTP server (``sftp://host:port/folder``).

The server's host key is pinned with the endpoint: an unknown key is never accepted, and nothing of the account's
own SSH configuration (known hosts, agent, keys) takes part.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote

import asyncssh

from connectors.deployment import resolve_endpoint, resolve_secret
from connectors.families.base import Opening, Unit
from connectors.families.files import Entry, needed_format, read_files
from schemas.errors import ConfigurationError, SourceMalformed, SourceRefused, SourceUnreachable
from schemas.platform_file import StreamFile
from schemas.receipts import Cursor

_CONNECT_S = 15
_EXCHANGE_S = 600
_CIPHERS = [
    "aes128-gcm@openssh.com",  # a third of the processor time of ChaCha20 in this client
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes128-ctr",
]
_T = TypeVar("_T")


class SftpSource:
    """A folder behind SFTP; see :mod:`connectors.families.files` for how it is read."""

    def __init__(self, opening: Opening) -> None:
        access = opening.platform.file.access
        endpoint, self._parts = resolve_endpoint(opening.deployment, access.endpoint, opening.schemes)
        where = f"endpoints.{access.endpoint}"
        secret = resolve_secret(opening.deployment, access.credential or "", opening.home)
        self._user, self._password = secret.user_and_password(f"credentials.{access.credential}")
        self._host_key = _host_key(endpoint.host_key, where)
        self._format = needed_format(access.format, opening.where)
        self._folder = unquote(self._parts.path) or "."
        self._where = opening.where

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        try:
            self._run(self._connect())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.abort()
        self._runner.close()

    def read(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        """Files not read yet, one unit each."""
        return read_files(self, stream, cursor, self._format, self._where, time.sleep)

    def entries(self) -> list[Entry]:
        """Names in the folder."""
        return [_entry(str(n.filename), n.attrs) for n in self._run(self._sftp.readdir(self._folder))]

    def entry(self, name: str) -> Entry:
        """One name, looked at again."""
        return _entry(name, self._run(self._sftp.lstat(f"{self._folder}/{name}")))

    def content(self, name: str, most: int) -> bytes:
        """Bytes of a file. Requests for all of ``most`` are in flight at once, so ask for no more than there is."""
        return self._run(self._content(f"{self._folder}/{name}", most))

    async def _connect(self) -> None:
        self._connection = await asyncssh.connect(
            self._parts.hostname or "",
            self._parts.port or 22,
            username=self._user,
            password=self._password,
            known_hosts=([self._host_key], [], []),
            client_keys=None,
            agent_path=None,
            config=None,
            preferred_auth="password,keyboard-interactive",
            connect_timeout=_CONNECT_S,
            login_timeout=_CONNECT_S,
            keepalive_interval=30,
            encryption_algs=_CIPHERS,
        )
        self._sftp = await self._connection.start_sftp_client()

    async def _content(self, path: str, most: int) -> bytes:
        async with self._sftp.open(path, "rb") as file:
            data: bytes = await file.read(most)
            return data

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            return self._runner.run(asyncio.wait_for(work, _EXCHANGE_S))
        except asyncssh.HostKeyNotVerifiable:
            raise SourceRefused(
                "the server's host key is not the pinned one",
                where=self._where,
                next_step="ask the owner, by another way, whether the key was changed; then pin the new one",
            ) from None
        except (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied):
            raise SourceRefused(
                "the server refuses the account",
                where=self._where,
                next_step="renew access.credential or ask for reading rights",
            ) from None
        except asyncssh.SFTPNoSuchFile:
            raise SourceMalformed(
                "the folder or file is not there", where=self._where, next_step="check the endpoint's path"
            ) from None
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise SourceUnreachable(
                "the server can't be reached", where=self._where, found=type(error).__name__
            ) from None


def _host_key(text: str | None, where: str) -> Any:
    if not text:
        raise ConfigurationError(
            "SFTP needs the server's host key",
            where=f"{where}.host_key",
            expected="ssh-ed25519 AAAA…",
            next_step="ask the owner for it; do not take it off the wire",
        )
    try:
        return asyncssh.import_public_key(text)
    except asyncssh.KeyImportError:
        raise ConfigurationError(
            "the host key can't be read", where=f"{where}.host_key", expected="ssh-ed25519 AAAA…"
        ) from None


def _entry(name: str, attributes: Any) -> Entry:
    changed = float(attributes.mtime or 0)
    plain = attributes.type == asyncssh.FILEXFER_TYPE_REGULAR
    return Entry(name, int(attributes.size or 0), changed, time.time() - changed, plain)
