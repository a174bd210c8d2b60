"""A platform that kills or holds up the process that reads it fails alone, by name; workers end with their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from liandao import flow
from liandao.settings import Settings, read_settings
from tests.projects import LINE, PLATFORM, PLATFORM_FILE, reading_on, write, write_log, write_project
from warehouse import reader

WILD = "wild_log"
HTTP = reading_on("http_page", WILD, "  paging:\n    rows: rows\n")


def peer_of(connection: socket.socket) -> int:
    """The process at the other end of a connection on this machine."""
    mine, theirs = connection.getsockname(), connection.getpeername()
    for process in psutil.process_iter():
        try:
            found = process.net_connections("tcp")
        except psutil.Error:
            continue
        if any(c.laddr == theirs and c.raddr == mine for c in found):
            return process.pid
    raise AssertionError("nobody is there")


def kill_reader(connection: socket.socket) -> None:
    os.kill(peer_of(connection), signal.SIGKILL)


def trickle(connection: socket.socket) -> None:
    """Headers without end, a byte now and then: no read ever times out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    try:
        while True:
            connection.sendall(b"X-More: 1\r\n")
            time.sleep(0.2)
    except OSError:
        return


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on loopback that does this to whoever connects; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def project_with(root: Path, port: int) -> Settings:
    """Two lines; one of them has a platform on that port beside one that drops files."""
    endpoints = {"log": "file:log", WILD: f"http://127.0.0.1:{port}/"}
    write_project(root, endpoints=endpoints)
    write(root / "sources" / "grid" / f"{WILD}.yml", HTTP)
    write(root / "sources" / "civil" / "_line.yml", LINE)
    write(root / "sources" / "civil" / "other_log.yml", PLATFORM_FILE)
    settings = read_settings(project=root)
    write_log(settings.home / "log", "log_0.csv", 3)
    return settings


def rows(settings: Settings) -> dict[str, int]:
    with reader.connect(settings.home) as con:
        return dict(con.execute("SELECT platform_id, count(*) FROM warehouse.fact_usage GROUP BY ALL").fetchall())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "minutes", "code"), [(kill_reader, 180, "LD-2006"), (trickle, 0.1, "LD-2005")], ids=["dies", "hangs"]
)
def test_the_platform_fails_by_name_and_all_others_publish(
    tmp_path: Path, answer: Callable[[socket.socket], None], minutes: float, code: str
) -> None:
    with serving(answer) as port:
        settings = replace(project_with(tmp_path, port), workers=2, reading_minutes=minutes)
        done = flow.run(settings)
    assert {name: error.code for name, error in done.failed.items()} == {WILD: code}
    assert done.exit_code == 1
    assert rows(settings) == {PLATFORM: 3, "other_log": 3}
    with reader.connect(settings.home) as con:
        stale = con.execute("SELECT platform_id, error_code FROM warehouse.ctl_platform_state WHERE is_stale")
        assert stale.fetchall() == [(WILD, code)]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_behind_when_the_run_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    with serving(trickle) as port:
        settings = project_with(tmp_path, port)
        command = [sys.executable, "-c", "from liandao.entry import main; main()", "run", "--project", str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        started = psutil.Process(process.pid)
        landing = settings.home / "landing" / WILD
        wait_until(landing.is_dir, "the wild platform is being read")
        family = started.children(recursive=True)
        assert len(family) >= 2, "a fork server and workers"
        process.send_signal(number)
        process.wait(60)
        psutil.wait_procs(family, timeout=30)
        assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
        if number is not signal.SIGKILL:
            assert process.returncode == 128 + number
    write(tmp_path / "sources" / "grid" / f"{WILD}.yml", PLATFORM_FILE)
    assert flow.run(settings).exit_code == 0
    assert rows(settings) == {PLATFORM: 3, "other_log": 3, WILD: 3}


def wait_until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(what)
