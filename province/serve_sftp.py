"""Platforms that put files on an SFTP server: an account per line of business, locked in its folder, reading only."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any, NoReturn

import asyncssh

KEY_KIND = "ssh-ed25519"


def host_key(path: Path) -> asyncssh.SSHKey:
    """The server's key: made on first use, kept with mode 0600, the same for the life of a home."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(asyncssh.generate_private_key(KEY_KIND).export_private_key())
    return asyncssh.import_private_key(path.read_bytes())


def public_text(key: asyncssh.SSHKey) -> str:
    """The key's public half, as a deployment file pins it."""
    return " ".join(str(key.export_public_key().decode()).split()[:2])


async def listen(root: Path, passwords: dict[str, str], key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    """Serve ``root/<account>`` to each account on a free port of the loopback. ``passwords``: account -> password."""

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:  # noqa: ARG002
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            known = passwords.get(username, "")
            return bool(known) and hmac.compare_digest(known.encode(), password.encode())

    def files(channel: asyncssh.SSHServerChannel[bytes]) -> ReadOnly:
        return ReadOnly(channel, root / str(channel.get_extra_info("username")))

    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Door,
        server_host_keys=[key],
        sftp_factory=files,
        allow_scp=False,
        login_timeout=30,
    )


class ReadOnly(asyncssh.SFTPServer):
    """A folder that can be listed and read; whatever would change it is refused."""

    def __init__(self, channel: Any, folder: Path) -> None:
        super().__init__(channel, chroot=str(folder).encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open for reading."""
        if pflags & ~asyncssh.FXF_READ:
            self._refuse()
        return super().open(path, pflags, attrs)

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open for reading (SFTP version 5 and later)."""
        if desired_access & (asyncssh.ACE4_WRITE_DATA | asyncssh.ACE4_APPEND_DATA):
            self._refuse()
        return super().open56(path, desired_access, flags, attrs)

    def _refuse(self, *_: object) -> NoReturn:
        raise asyncssh.SFTPPermissionDenied("this account reads only")

    remove = rename = posix_rename = mkdir = rmdir = setstat = lsetstat = symlink = link = _refuse  # type: ignore[assignment]
