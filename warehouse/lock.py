"""Locks of a home: one writer at a time, and a clear word to the second.

A POSIX record lock belongs to one process and ends with it, however it ends: an orphaned worker can't keep it, as it
would an ``flock`` inherited through fork. So a dead owner's lock is free, and what its file says of the owner is old.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from schemas.columns import ZONE
from schemas.errors import RunInProgress

_FLOCK = "hhqqi"
"""``struct flock`` of Linux: kind, origin, start, length, process."""
_held: set[Path] = set()
"""Locks of this process: a record lock does not protect a process from itself."""


class Lock:
    """Holds the file at ``path`` until :meth:`release`, or for a ``with`` block. ``doing``: what its owner does, for
    whoever comes second. Raises RunInProgress, naming the owner's process, host and time."""

    def __init__(self, path: Path, doing: str) -> None:
        self._held = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path.resolve()
        if self.path in _held:
            raise _in_progress(self.path, doing, _owner(self.path.read_text(encoding="utf-8")))
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _owner(os.pread(self._handle, 1000, 0).decode("utf-8", "replace"))
            os.close(self._handle)
            raise _in_progress(self.path, doing, owner) from error
        _held.add(self.path)
        self._held = True
        os.ftruncate(self._handle, 0)
        since = datetime.now(tz=ZoneInfo(ZONE)).isoformat(timespec="seconds")
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        os.pwrite(self._handle, json.dumps(about).encode(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @property
    def is_held(self) -> bool:
        """Whether this process holds it through this object."""
        return self._held

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._held:
            self._held = False
            _held.discard(self.path)
            os.close(self._handle)


def build_lock(home: Path) -> Lock:
    """The lock of the generation under construction: held by a step while it writes."""
    return Lock(home / "build.lock", "building a generation in this home")


def publish_lock(home: Path) -> Lock:
    """The lock of all steps from load to report: held by a run, and by each step that Airflow calls."""
    return Lock(home / "publish.lock", "on its way to publish in this home")


def run_lock(home: Path) -> Lock:
    """The lock of a whole run from the command line."""
    return Lock(run_lock_path(home), "working in this home")


def run_lock_path(home: Path) -> Path:
    """Where that lock is; what it says of its owner stays when the run has ended."""
    return home / "run.lock"


def platform_lock(home: Path, platform_id: str) -> Lock:
    """The lock of one platform while it is read, landed and conformed."""
    return Lock(home / "locks" / f"{platform_id}.lock", f"reading {platform_id}")


def line_lock(home: Path, line_id: str) -> Lock:
    """The lock of one line of business while its gate judges."""
    return Lock(home / "locks" / f"{line_id}.line.lock", f"judging line {line_id}")


def all_locks(home: Path) -> Iterator[Lock]:
    """Every lock that somebody may hold in a home, taken one after another: for what nobody may work beside. Raises
    RunInProgress."""
    yield run_lock(home)
    yield publish_lock(home)
    yield build_lock(home)
    for path in sorted((home / "locks").glob("*.lock")):
        yield Lock(path, "working in this home")


def holder_of(path: Path) -> str | None:
    """Who holds the lock at ``path``, asked without taking it; None where nobody but this process does. Raises OSError
    where the file can't be read."""
    with path.open("rb") as handle:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, *_ = struct.unpack(_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
        return None if kind == fcntl.F_UNLCK else _owner(handle.read(1000).decode("utf-8", "replace"))


def _owner(text: str) -> str:
    try:
        about = json.loads(text)
        return f"process {about['pid']} on {about['host']} since {about['since']}"
    except (ValueError, KeyError, TypeError):  # it has just begun
        return "a process that has not said who it is"


def _in_progress(path: Path, doing: str, owner: str) -> RunInProgress:
    return RunInProgress(
        f"another run is {doing}",
        where=str(path),
        expected="no other run",
        found=owner,
        next_step="wait for it to end, or choose another --home",
    )
