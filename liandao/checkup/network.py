"""Whether every address of the deployment answers: a connection is made and closed, nothing is sent."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from liandao.settings import Settings
from schemas.errors import SourceUnreachable

SECONDS = 3.0
AT_ONCE = 32
PORTS = {"http": 80, "https": 443, "sftp": 22, "ftp": 21, "postgresql": 5432, "postgres": 5432}


def connections(settings: Settings) -> str:
    """Connect to every address, side by side; folders are looked for. Raises SourceUnreachable naming those that do not
    answer within :data:`SECONDS`."""
    from liandao.project_file import load_deployment

    endpoints = load_deployment(settings.project, settings.home).endpoints if settings.project else {}
    addresses = {name: endpoint.url for name, endpoint in endpoints.items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda url: _wrong(settings, url), addresses.values()))
    wrong = [f"{name}: {why}" for name, why in zip(addresses, answers, strict=True) if why]
    if wrong:
        raise SourceUnreachable(
            f"{len(wrong)} of {len(addresses)} addresses do not answer",
            expected=f"an answer within {SECONDS:.0f} s",
            found="; ".join(wrong),
            next_step="liandao check PLATFORM",
        )
    return f"{len(addresses)} answer"


def _wrong(settings: Settings, url: str) -> str:
    """Why an address can't be connected to; empty where it can."""
    parts = urlsplit(url)
    if parts.scheme in ("file", "sqlite"):
        path = settings.home / parts.path
        return "" if path.exists() else f"no {path}"
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    try:
        with socket.create_connection((host, port), timeout=SECONDS):
            return ""
    except OSError as error:
        return f"{host}:{port} {error.strerror or type(error).__name__}"
