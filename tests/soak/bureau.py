"""A small bureau that gets rows every night, from a server that fails now and then, a table, forms and files."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from liandao import flow, lines
from liandao.home import KEY_FILE, new_id
from liandao.ingest import read_ground
from liandao.settings import Settings
from tests.crash.scene import GATES, GATES_FILE, RESCUE, RESCUE_FILE, case, form, gate_rows, rescue_rows, settings_of
from tests.liandao.test_workers import WILD
from tests.projects import COMMUNITY, LINE, PLATFORM, PLATFORM_FILE, reading_on, write, write_project

LINES = ("civil", "grid")
PER_NIGHT = 7
FAULTY = 0.2
PAGE_ROWS = 3
"""Few, so that a night is many requests."""


class Shop(ThreadingHTTPServer):
    """Rows of a log by change time, in pages; of so many requests one is answered as servers do on a bad day."""

    daemon_threads = True

    def __init__(self, faulty: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.rows: list[dict[str, str]] = []
        self.faulty, self.chance, self.faults, self.requests = faulty, random.Random(seed), 0, 0  # noqa: S311

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def night(self, number: int) -> None:
        """Another night's rows."""
        for n in range(number * PER_NIGHT, (number + 1) * PER_NIGHT):
            at = f"2026-08-{number // 24 + 1:02d} {number % 24:02d}:{n % PER_NIGHT:02d}:00"
            self.rows.append({"id": f"w{n:05d}", "area": COMMUNITY, "kind": "worker", "act": "create", "at": at})


class Answer(BaseHTTPRequestHandler):
    """One request to the shop."""

    server: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A page, or a fault."""
        shop, asked = self.server, parse_qs(urlsplit(self.path).query)
        shop.requests += 1
        first, since = asked.get("page", ["1"])[0], asked.get("since", [""])[0]
        size = int(asked.get("size", [str(PAGE_ROWS)])[0])
        rows = [row for row in shop.rows if row["at"] >= since]
        start = (int(first) - 1) * size
        body = json.dumps({"data": {"list": rows[start : start + size], "total": len(rows)}}).encode()
        if shop.chance.random() < shop.faulty:
            shop.faults += 1
            self._fail(body, shop.chance.choice(("busy", "reset", "cut", "page")))
            return
        self._send(200, body, "application/json")

    def _fail(self, body: bytes, how: str) -> None:
        if how == "busy":
            self._send(503, b"busy", "text/plain")
        elif how == "page":
            self._send(200, b"<html>please sign in</html>", "text/html")
        else:
            if how == "cut":
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            self.connection.close()

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(faulty: float, seed: int) -> Iterator[Shop]:
    """A shop that answers until the block ends."""
    shop = Shop(faulty, seed)
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    try:
        yield shop
    finally:
        shop.shutdown()
        shop.server_close()


def make(root: Path, shop: Shop, key: bytes) -> Settings:
    """The bureau, before its first night. ``key``: of its home; with the same one the same records get the same ids."""
    endpoints = {PLATFORM: f"file:{PLATFORM}", GATES: "sqlite:gate.db", RESCUE: "sqlite:rescue.db", WILD: shop.url}
    write_project(root, endpoints=endpoints)
    for line in LINES:
        write(root / "sources" / line / "_line.yml", LINE)
    files = {"grid": {PLATFORM: PLATFORM_FILE.replace("endpoint: log", f"endpoint: {PLATFORM}"), GATES: GATES_FILE}}
    files["civil"] = {RESCUE: RESCUE_FILE, WILD: reading_on("http_page", WILD, f"  paging:\n    size: {PAGE_ROWS}\n")}
    for line, platforms in files.items():
        for name, text in platforms.items():
            write(root / "sources" / line / f"{name}.yml", text)
    settings = settings_of(root)
    (settings.home / KEY_FILE).parent.mkdir(parents=True, mode=0o700)
    (settings.home / KEY_FILE).touch(mode=0o600)
    (settings.home / KEY_FILE).write_bytes(key)
    return settings


def bring(settings: Settings, shop: Shop, number: int) -> None:
    """What a night brings: rows everywhere, some forms corrected, a case closed."""
    home, day = settings.home, number % 27 + 1
    shop.night(number)
    gate_rows(home, [(n, f"2026-08-{day:02d} 08:{n % 60:02d}:00") for n in range(number * 5, number * 5 + 5)])
    forms = [dated(form(n), day) for n in range(number * 3, number * 3 + 3)]
    if number:
        forms.append(dated(form(number * 3 - 2, mobile=f"1380000{number:04d}"), day))
    rescue_rows(home, forms, [case(number)])
    lines_ = [f"{number}-{n},{COMMUNITY},worker,create,2026-08-{day:02d} 07:{n:02d}:00" for n in range(4)]
    path = home / PLATFORM / f"log_{number:02d}.csv"
    write(path, "\n".join(["id,area,kind,act,at", *lines_, ""]))


def dated(row: dict[str, Any], day: int) -> dict[str, Any]:
    """The form as it was changed on a day of August."""
    return {**row, "changed": f"2026-08-{day:02d} 09:{int(row['id'][1:]) % 60:02d}:00"}


def live(settings: Settings) -> list[str]:
    """A night in this process; returns the platforms that failed."""
    ground, run_id = read_ground(settings), new_id("r")
    done = [lines.ingest_line(settings, line, ground) for line in LINES]
    for step in flow.UNIFY:
        step(settings, run_id)
    return sorted(name for line in done for name in line.failed)
