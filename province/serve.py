"""Serving a province for real: one child process that answers for 132 platforms until it is told to stop.

``start`` begins it and waits until every platform answers. The child ends with whoever started it: it reads a pipe
that the parent holds open, and its PostgreSQL ends with it. The child itself is
:mod:`province.serve_main`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from province import clock
from province.estate import habits
from schemas.errors import ConfigurationError, RunInProgress, StoreError

START_S = 120.0
STOP_S = 15.0
BUSY_EXIT = 17
"""The child's way of saying that another one serves this home."""


@dataclass(slots=True)
class Serving:
    """A province that answers. ``ports``: http, sftp, postgres (0 when a server from outside is used)."""

    home: Path
    pid: int
    ports: dict[str, int]
    _process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the child and what it started, by its id; returns when it is gone. May be called twice."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        (self.home / "province" / "serving.json").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(home: Path, as_of: datetime | None = None, down: Sequence[str] = ()) -> Serving:
    """Serve the province of ``home`` as it is at ``as_of`` (default: its clock), ``down`` platforms refusing.

    Writes ``deployment.yml`` and ``province/serving.json``. Raises ConfigurationError (no province, unknown platform),
    RunInProgress (another process serves this home), StoreError (a server does not come up).
    """
    _check(home, down)
    note, log = home / "province" / "serving.json", home / "logs" / "province.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    moment = as_of or clock.read(home)
    command = [sys.executable, "-m", "province.serve_main", str(home.resolve()), moment.isoformat(), ",".join(down)]
    root = str(Path(__file__).parent.parent)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    }
    with log.open("ab") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=sink, stderr=sink, env=environment
        )
    serving = Serving(home, process.pid, {}, process)
    try:
        serving.ports = _wait(process, note, log)
    except BaseException:
        serving.stop()
        raise
    return serving


def _check(home: Path, down: Sequence[str]) -> None:
    if not clock.exists(home):
        raise ConfigurationError(
            "there is no province in this home",
            where=str(home / "province"),
            next_step="province.make.make_province, or: liandao demo",
        )
    unknown = sorted(set(down) - {h.platform_id for h in habits()})
    if unknown:
        raise ConfigurationError("platforms that are to be down do not exist", found=", ".join(unknown)[:200])


def _wait(process: subprocess.Popen[bytes], note: Path, log: Path) -> dict[str, int]:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            if process.returncode == BUSY_EXIT:
                raise RunInProgress("the province of this home is being served already", where=str(note))
            break
        with contextlib.suppress(FileNotFoundError):
            facts = json.loads(note.read_text(encoding="utf-8"))
            if facts["pid"] == process.pid:
                return {name: int(port) for name, port in facts["ports"].items()}
        time.sleep(0.03)
    raise StoreError("the province does not come up", where=str(log), next_step="read the end of this log")
