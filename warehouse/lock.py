"""The lock of a home's build: one writer at a time, and a clear word to the second.

A POSIX record lock belongs to one process and ends with it, however it ends: an orphaned worker can't keep it, as it
would an ``flock`` inherited through fork.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from schemas.errors import RunInProgress

_held: set[Path] = set()
"""Locks of this process: a record lock does not protect a process from itself."""


class HomeLock:
    """Holds ``home/build.lock``. Raises RunInProgress, naming the process that holds it."""

    def __init__(self, home: Path) -> None:
        self.path = (home / "build.lock").resolve()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path in _held:
            raise _in_progress(self.path, os.getpid())
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._handle, 32, 0).decode().strip()
            os.close(self._handle)
            raise _in_progress(self.path, holder or "unknown") from error
        _held.add(self.path)
        self._held = True
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

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


def _in_progress(path: Path, pid: int | str) -> RunInProgress:
    return RunInProgress(
        "another run is building a generation in this home",
        where=path.name,
        expected="no other run",
        found=f"process {pid}",
        next_step="wait for it to end, or choose another --home",
    )
