"""``make airflow``: comes up on loopback alone, lets its person in, and leaves no process behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.dags.harness import ROOT

pytestmark = pytest.mark.slow

STARTS_WITHIN_S = 240
STOPS_WITHIN_S = 90


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    root, said = tmp_path / "project", tmp_path / "said.log"
    size = ("--seed", "11", "--residents", "300", "--communities", "8")
    command = [sys.executable, str(ROOT / "tools" / "run_airflow.py"), "--project", str(root), *size]
    with said.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT)
    yield process, said
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(STOPS_WITHIN_S)


def wait_until_told(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while "Ctrl-C" not in said.read_text(encoding="utf-8"):
        assert process.poll() is None, said.read_text(encoding="utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return said.read_text(encoding="utf-8")


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_airflow_lets_its_person_in_listens_on_loopback_and_ends_whole(
    runner: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, said = runner
    told = wait_until_told(process, said)
    address, password = re.search(r"http://127\.0\.0\.1:\d+", told), re.search(r"password (\S+)", told)
    assert address
    assert password
    answer = httpx.post(
        f"{address[0]}/auth/token", json={"username": "admin", "password": password[1]}, timeout=60, trust_env=False
    )
    assert answer.status_code == 201

    started = descendants(process)
    open_ports = [c.laddr.ip for p in started for c in p.net_connections() if c.status == psutil.CONN_LISTEN]
    assert len(started) > 5
    assert open_ports
    assert set(open_ports) <= {"127.0.0.1", "::1"}

    process.send_signal(signal.SIGINT)
    assert process.wait(STOPS_WITHIN_S) == 0
    assert [p.pid for p in started if p.is_running() and os.path.exists(f"/proc/{p.pid}/exe")] == []
