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


def see_report_pages(address: str, token: str, home: Path) -> None:
    """The plugin's pages: for who has signed in alone, and of the home the folder of pages alone."""
    pages = home / "reports"
    pages.mkdir(exist_ok=True)
    with httpx.Client(base_url=f"{address}/liandao-reports", timeout=60, trust_env=False) as client:
        assert client.get("/index.html").status_code == 401
        assert client.get("/no-such-page.html").status_code == 401
        client.headers["Authorization"] = f"Bearer {token}"
        assert "尚未发布" in client.get("/index.html").text
        (pages / "index.html").write_text("<title>门户</title>", encoding="utf-8")
        (home / "keys").mkdir(exist_ok=True)
        (home / "keys" / "note.html").write_text("not for readers", encoding="utf-8")
        (pages / "key.html").symlink_to(home / "keys" / "note.html")
        assert "门户" in client.get("/").text
        ways_out = ("/key.html", "/%2e%2e/keys/note.html", "/..%2fkeys%2fnote.html", f"/{home}/keys/note.html")
        assert [client.get(path).status_code for path in ways_out] == [404] * len(ways_out)
        assert client.post("/index.html").status_code == 405
        client.headers.pop("Authorization")
        client.cookies.set("_token", token)  # as a browser that has signed in to Airflow
        assert "门户" in client.get("/index.html").text
        listed = client.get(f"{address}/api/v2/plugins", headers={"Authorization": f"Bearer {token}"})
    (views,) = [plugin["external_views"] for plugin in listed.json()["plugins"] if plugin["name"] == "liandao"]
    assert [(view["name"], view["destination"]) for view in views] == [("数据质量报告", "nav")]


def test_airflow_lets_its_person_in_shows_the_reports_listens_on_loopback_and_ends_whole(
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
    see_report_pages(address[0], answer.json()["access_token"], said.parent / "project" / "home")

    started = descendants(process)
    open_ports = [c.laddr.ip for p in started for c in p.net_connections() if c.status == psutil.CONN_LISTEN]
    assert len(started) > 5
    assert open_ports
    assert set(open_ports) <= {"127.0.0.1", "::1"}

    process.send_signal(signal.SIGINT)
    assert process.wait(STOPS_WITHIN_S) == 0
    assert [p.pid for p in started if p.is_running() and os.path.exists(f"/proc/{p.pid}/exe")] == []
