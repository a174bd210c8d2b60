"""Servers on loopback that people's channels lead to: any webhook, group robots that judge signatures, mail."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP

SECRET = "SEC0f9a"  # noqa: S105 - invented


@dataclass
class Listener:
    """What came: path with query, headers, body. ``answer``: status, body and headers of what is said back;
    ``trickle``: a byte now and then instead, two hundred in all; ``trickled``: how many so far."""

    address: str = ""
    came: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answer: tuple[int, Any, dict[str, str]] = (200, {}, {})
    trickle: bool = False
    trickled: int = 0

    def reply(self, path: str, body: Any) -> Any:
        """What a robot at this path answers, by its vendor's rules; whatever ``answer`` says for any other."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if path.startswith("/dingtalk"):
            fresh = abs(time.time() * 1000 - int(query["timestamp"])) < 3_600_000
            signed = query["sign"] == signature(SECRET.encode(), f"{query['timestamp']}\n{SECRET}".encode())
            return {"errcode": 0} if fresh and signed and body["msgtype"] == "markdown" else {"errcode": 310000}
        if path.startswith("/feishu"):
            fresh = abs(time.time() - int(body["timestamp"])) < 3600
            signed = body["sign"] == signature(f"{body['timestamp']}\n{SECRET}".encode(), b"")
            return {"code": 0} if fresh and signed and body["msg_type"] == "text" else {"code": 19021}
        if path.startswith("/wecom"):
            content = body["markdown"]["content"]
            return {"errcode": 0 if body["msgtype"] == "markdown" and len(content.encode()) <= 4096 else 40058}
        return self.answer[1]


def signature(key: bytes, text: bytes) -> str:
    """HMAC-SHA256 in base64, written out as RFC 2104 has it."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + text).digest()
    return base64.b64encode(hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).digest()).decode()


@contextmanager
def listening() -> Iterator[Listener]:
    """A web server on loopback for as long as it is asked."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            listener.came.append((self.path, dict(self.headers), body))
            status, _, headers = listener.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not listener.trickle:
                self.wfile.write(json.dumps(listener.reply(self.path, body)).encode())
            for _ in range(200 if listener.trickle else 0):
                self.wfile.write(b" ")
                listener.trickled += 1
                time.sleep(0.05)

        def log_message(self, *_: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()


class Mailbox:
    """Mails that came: from, to, and the mail."""

    def __init__(self) -> None:
        self.came: list[tuple[str, list[str], Any]] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.came.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[int, Mailbox]]:
    """A mail server on loopback: its port, and what came."""
    mailbox, loop = Mailbox(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = loop.create_server(lambda: SMTP(mailbox, hostname="localhost", loop=loop), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1], mailbox
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
