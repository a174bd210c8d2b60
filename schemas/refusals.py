"""What the operating system refuses (no room, no right, no memory) as errors of ours, whoever it was that asked.

Files are written by this program, by Arrow and by DuckDB; each says in its own way that the disk is full.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import DiskFull, MemoryExhausted, SystemRefused

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_TEXT = re.compile(r"No space left on device|Disk quota exceeded|max_temp_directory_size")
_REFUSED_TEXT = re.compile(r"Permission denied|Read-only file system|Operation not permitted|Too many open files")
_QUOTED = re.compile(r'"([^"]*)"')
_ENGINES = ("duckdb", "_duckdb")


@contextmanager
def refusals(where: Path | None = None) -> Iterator[None]:
    """Raise SystemRefused for what the system refuses in the block, or in a function decorated with it. ``where``: a
    place on the disk, for errors that name none."""
    try:
        yield
    except (OSError, MemoryError) as error:
        raise refusal_of(error, where) or error from error
    except Exception as error:
        refused = refusal_of(error, where)
        if refused is None:
            raise
        raise refused from error


def refusal_of(error: BaseException, where: Path | None = None) -> SystemRefused | None:
    """What the system refused, where the error says so; None for any other."""
    if isinstance(error, MemoryError):
        return _no_memory("memory of this process")
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError | TimeoutError):
        place = Path(str(error.filename)) if error.filename else where
        return no_room(place) if error.errno in FULL else _refused(place, error.strerror or type(error).__name__)
    if type(error).__module__.partition(".")[0] not in _ENGINES:
        return None
    text = str(error).partition("\n")[0]
    named = _QUOTED.search(text)
    place = Path(named.group(1)) if named and named.group(1).startswith("/") else where
    if _FULL_TEXT.search(text):
        return no_room(place)
    if type(error).__name__ == "OutOfMemoryException":
        return _no_memory("memory of the engine")
    if refused := _REFUSED_TEXT.search(text):
        return _refused(place, refused.group())
    return None


def bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed, and what goes while it is looked at is passed over."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += os.lstat(os.path.join(place, name)).st_size
    return size


def require_room(folder: Path, needed: int) -> None:
    """Raise DiskFull before anything is written, where less than ``needed`` bytes are free on the folder's disk."""
    if needed > shutil.disk_usage(folder).free:
        raise no_room(folder, needed)


def no_room(place: Path | None, needed: int = 0) -> DiskFull:
    """The error of a full disk: where, what is free, what is needed as far as anybody knows."""
    there = next((p for p in (place, *place.parents) if p.exists()), None) if place is not None else None
    return DiskFull(
        "no room is left on the disk",
        where=str(place or ""),
        expected=f"{_megabytes(needed)} free" if needed else "room for what is written",
        found=f"{_megabytes(shutil.disk_usage(there).free)} free" if there is not None else "",
        next_step="make room on this disk, then run again: nothing that was there before is lost",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _no_memory(what: str) -> MemoryExhausted:
    return MemoryExhausted(
        "no memory is left",
        where=what,
        next_step="fewer workers (settings.workers), or more memory; then run again: nothing that was there is lost",
    )


def _refused(place: Path | None, found: str) -> SystemRefused:
    return SystemRefused(
        "the operating system refused a file or folder",
        where=str(place or "")[:200],
        found=found,
        next_step="look at its owner, its rights and its name: liandao doctor",
    )
