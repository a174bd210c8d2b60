"""The process that serves a province; started by :func:`province.serve.start`, never by hand."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn

from loopback.postgresql import FOLDER_PREFIX, PostgresServer
from province.databases import Account, drop_postgres, write_postgres, write_sqlite
from province.estate import habits
from province.files import write_files
from province.serve import BUSY_EXIT
from province.serve_deployment import (
    Addresses,
    account_of,
    folder_path,
    sftp_passwords,
    sqlite_path,
    token_of,
    write_deployment,
)
from province.serve_http import HttpPlatform, http_app
from province.serve_sftp import host_key, listen, public_text

POSTGRES_VARIABLE = "LIANDAO_PROVINCE_POSTGRES"
"""Address of a server (an account that may create schemas and roles) to use in place of one of our own."""
LOG = logging.getLogger("province")


@dataclass(frozen=True, slots=True)
class Database:
    """Where SQL platforms are: address without an account, tag before schemas, port (0: somebody else's server)."""

    address: str
    tag: str
    port: int


class QuietServer(uvicorn.Server):
    """Uvicorn that leaves signals alone: its own handling ends the process before PostgreSQL could be taken down."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def stop(self) -> None:
        """Answer no more; may be called from any thread."""
        self.should_exit = True


class Province:
    """What one process serves. ``home`` is absolute; ``down`` are the platforms that refuse."""

    def __init__(self, home: Path, as_of: datetime, down: set[str]) -> None:
        self.home, self.as_of, self.down = home, as_of, down
        self.data = home / "province" / "data"

    def write_local(self) -> None:
        """Files and SQLite databases; those of platforms that are down are moved out of sight."""
        for habit in habits():
            if habit.file_type:
                place = self.home / folder_path(habit)
            elif habit.database == "sqlite":
                place = self.home / sqlite_path(habit)
            else:
                continue
            hidden = self.home / "province" / "files" / "down" / place.name
            _move(hidden, place)
            if habit.platform_id in self.down:
                _move(place, hidden)
            elif habit.file_type:
                write_files(habit, self.data, place, self.as_of)
            else:
                write_sqlite(habit, self.data, place, self.as_of)

    def accounts(self, tag: str) -> list[Account]:
        """Schemas and accounts of the PostgreSQL platforms."""
        return [
            account_of(self.home, h, tag, is_down=h.platform_id in self.down)
            for h in habits()
            if h.database == "postgresql"
        ]

    def http(self) -> dict[str, HttpPlatform]:
        """The HTTP platforms by id."""
        return {
            h.platform_id: HttpPlatform(
                h, token_of(self.home, h), self.data, self.as_of, is_down=h.platform_id in self.down
            )
            for h in habits()
            if h.family in ("http_page", "http_cursor")
        }


def _move(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True) if target.is_dir() else target.unlink(missing_ok=True)
        source.rename(target)


def serve(province: Province) -> None:
    """Bring everything up, say so in ``serving.json``, answer until told to stop, take everything down."""
    with ExitStack() as stack:
        own = None if os.environ.get(POSTGRES_VARIABLE) else _own_server(province, stack)
        province.write_local()  # meanwhile PostgreSQL prepares itself
        database = _own_database(province, own) if own else _outside_database(province, stack)
        http_socket = stack.enter_context(_bound())
        closed = stack.enter_context(_bound())  # bound but never listening: connections are refused
        asyncio.run(_answer(province, http_socket, closed.getsockname()[1], database))


def _own_server(province: Province, stack: ExitStack) -> PostgresServer:
    """A server of our own, beginning to prepare itself; what a killed one left behind is swept away first."""
    note = province.home / "province" / "postgres_folder"
    if note.exists():
        left = Path(note.read_text(encoding="utf-8"))
        if left.name.startswith(FOLDER_PREFIX):
            shutil.rmtree(left, ignore_errors=True)
    server = PostgresServer()
    note.write_text(str(server.folder), encoding="utf-8")
    stack.callback(note.unlink, missing_ok=True)
    stack.callback(server.stop)
    return server


def _own_database(province: Province, server: PostgresServer) -> Database:
    server.start()
    write_postgres(server.address, province.accounts(""), province.data, province.as_of)
    return Database(_without_account(server.address), "", server.port)


def _outside_database(province: Province, stack: ExitStack) -> Database:
    """On a server of somebody else's: schemas and accounts carry a tag of the home and go away again."""
    address = os.environ[POSTGRES_VARIABLE]
    tag = "p" + hashlib.sha256(str(province.home).encode()).hexdigest()[:8] + "_"
    accounts = province.accounts(tag)
    drop_postgres(address, accounts)
    stack.callback(drop_postgres, address, accounts)
    write_postgres(address, accounts, province.data, province.as_of)
    return Database(_without_account(address), tag, 0)


def _without_account(address: str) -> str:
    scheme, rest = address.split("://", 1)
    return f"{scheme}://{rest.rpartition('@')[2]}"


async def _answer(province: Province, http_socket: socket.socket, closed_port: int, database: Database) -> None:
    key = host_key(province.home / "province" / "sftp_host_key")
    config = uvicorn.Config(
        http_app(province.http()),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
    server = QuietServer(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    threading.Thread(target=_stop_when_orphaned, args=(server,), daemon=True).start()
    sftp = await listen(province.home / "province" / "files" / "sftp", sftp_passwords(province.home), key)
    try:
        http_port = http_socket.getsockname()[1]
        at = Addresses(http_port, closed_port, sftp.get_port(), public_text(key), database.address)
        write_deployment(province.home, at, database.tag, province.down)
        serving = asyncio.create_task(server.serve(sockets=[http_socket]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        _announce(province.home, {"http": http_port, "sftp": sftp.get_port(), "postgres": database.port})
        await serving
    finally:
        sftp.close()


def _announce(home: Path, ports: dict[str, int]) -> None:
    path = home / "province" / "serving.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({"pid": os.getpid(), "ports": ports}, indent=1), encoding="utf-8")
    temporary.replace(path)


def _stop_when_orphaned(server: QuietServer) -> None:
    """The parent holds the other end of our standard input; when it ends, however, so do we."""
    while os.read(0, 1024):
        pass
    server.stop()


def _bound() -> socket.socket:
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    return one


def main(arguments: list[str]) -> int:
    """Arguments: home, moment (ISO 8601), platforms that are down (comma-separated)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while coming up: take down what is up
    home, moment, down = Path(arguments[0]), datetime.fromisoformat(arguments[1]), arguments[2]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    with (home / "province" / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return BUSY_EXIT
        serve(Province(home, moment, {p for p in down.split(",") if p}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
