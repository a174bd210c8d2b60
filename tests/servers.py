"""Real servers on loopback for tests."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import asyncssh


class _Account(asyncssh.SSHServer):
    """One account, a password."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("reader", "p:w")


class SshStage:
    """An SFTP server on loopback in its own thread; ``root`` is where its clients are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        asyncssh.set_log_level("CRITICAL")
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.port = asyncio.run_coroutine_threadsafe(self._serve(), self.loop).result(10)

    @property
    def host_key(self) -> str:
        return str(self.key.export_public_key().decode().strip())

    async def _serve(self) -> int:
        server = await asyncssh.create_server(
            _Account,
            "127.0.0.1",
            0,
            server_host_keys=[self.key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(self.root)),
        )
        return int(server.get_port())
