"""Every place where a run changes something that outlives it, found while it runs, and what can be done to it there.

A point is an operation (a file opened for writing, written, renamed, removed, forced to disk; a statement that changes
the store; a commit) together with the lines of the program that asked for it. Nothing in the program knows of it: the
interpreter's audit events tell of files, and the few libraries that write past the interpreter are told to tell. So a
new write, rename or commit is a point by itself.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

ROOT = Path(__file__).parents[2]
_NAMES = ("schemas", "warehouse", "liandao", "connectors", "transforms", "reports")
ROOMS = tuple(str(ROOT / name) + os.sep for name in _NAMES)
HELPERS = str(ROOT / "schemas") + os.sep
"""What many write through: the point is who asked for it."""
KILL, RAISE, FULL, INTERRUPT = "kill", "raise", "full", "interrupt"
MODES = (KILL, RAISE, FULL)
GROWING = {"open", "write", "os.rename", "os.mkdir", "os.symlink", "os.link"}
GROWING |= {"parquet", "arrow", "statement", "commit"}
"""What needs room: on a full disk each of these is refused, and everything else is not."""
_READS = "SELECT|SET|WITH|FROM|EXPLAIN|DESCRIBE|DETACH|ATTACH|CREATE (OR REPLACE )?TEMP"
READING = re.compile(rf"(\s|--[^\n]*\n)*({_READS})\b", re.I)
FILES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod", "os.truncate"}


class Injected(Exception):
    """Raised at a point where nothing was wrong."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where: the innermost lines of the program, helpers with whoever called them; what; the how many-th time."""

    site: str
    operation: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.operation} #{self.number} {self.site}"


@dataclass
class Watch:
    """Listens to one process. ``met``: points in the order in which they came; ``paths``: what each was done to,
    and what that is called after a rename.

    ``strike``: asked at each point what to do there: a mode, or None to let it pass.
    """

    home: Path
    strike: Callable[[Point], str | None] = lambda _: None
    met: list[Point] = field(default_factory=list)
    paths: list[tuple[str, str]] = field(default_factory=list)
    struck: Point | None = None
    events: int = 0
    """Audit events of any kind so far."""
    last_event: int = 0
    """The event at which the process is killed; 0 for none."""
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _inside: threading.local = field(default_factory=threading.local)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _is_full: bool = False
    _on: bool = False

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event."""
        if not self._on or getattr(self._inside, "on", False):
            return
        self.events += 1
        if self.events == self.last_event:
            os.kill(os.getpid(), signal.SIGKILL)
        if event == "open":
            path, _, flags = args
            if isinstance(path, int) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
            self.come("open", path)
        elif event in ("os.link", "os.symlink"):
            self.come(event, *args[1:])
        elif event in FILES:
            self.come(event, *args)

    def come(self, operation: str, path: Any, *more: Any) -> str | None:
        """A point: let it pass, or do what is to be done here. Returns ``write`` when the bytes are to be cut off."""
        if not self._on or getattr(self._inside, "on", False):
            return None
        self._inside.on = True
        try:
            where = _resolved(path, more)
            if operation not in ("statement", "commit") and not where.startswith(str(self.home)):
                return None
            site = _site()
            if not site:
                return None
            with self._lock:
                self._counts[site, operation] += 1
                point = Point(site, operation, self._counts[site, operation])
                self.met.append(point)
                self.paths.append((where, _resolved(more[0], more[1:]) if operation == "os.rename" else ""))
                mode = self.strike(point) if self.struck is None else None
                if mode is not None:
                    self.struck, self._is_full = point, mode == FULL
                elif self._is_full and operation in GROWING:
                    mode = FULL
            if mode is None:
                return None
            if operation == "write":
                return mode
            self.do(mode, operation, where)
            return None
        finally:
            self._inside.on = False

    def do(self, mode: str, operation: str, where: str) -> None:
        """Kill this process, or raise."""
        if mode == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == INTERRUPT:
            raise KeyboardInterrupt
        if mode == RAISE:
            raise Injected(operation)
        if operation in ("statement", "commit"):
            if "psycopg" in where:
                raise psycopg.errors.DiskFull("could not extend file")
            if "adbc" in where:
                raise dbapi.OperationalError("could not extend file", status_code=9, sqlstate="53100")
            raise duckdb.IOException(f'IO Error: Could not write file "{where}": No space left on device')
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), where)


class _Torn(io.FileIO):
    """A file of which half is written when the end comes."""

    watch: Watch
    mode_of_end: str

    def fileno(self) -> int:
        raise io.UnsupportedOperation("nobody writes past it")

    def write(self, octets: Any) -> int:
        data = bytes(octets)
        super().write(data[: len(data) // 2])
        self.watch.do(self.mode_of_end, "write", str(self.name))
        return len(data)


_watch: Watch | None = None


@contextmanager
def watching(watch: Watch) -> Iterator[Watch]:
    """Listen while the block runs; once in a process's life."""
    global _watch
    assert _watch is None, "a process is watched once"
    _watch = watch
    sys.addaudithook(watch.heard)
    _tell_files()
    _tell_duckdb()
    _tell_arrow()
    _tell_postgresql()
    watch._on = True
    try:
        yield watch
    finally:
        watch._on = False


def _tell(operation: str, path: Any, *more: Any) -> str | None:
    return _watch.come(operation, path, *more) if _watch is not None else None


def _tell_files() -> None:
    opened, synced, written = io.open, os.fsync, os.pwrite

    def open_(file: Any, mode: str = "r", *words: Any, **named: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return opened(file, mode, *words, **named)
        end = _tell("write", file)
        if end is None:
            return opened(file, mode, *words, **named)
        assert _watch is not None
        raw = _Torn(file, mode.replace("b", "").replace("t", ""))
        raw.watch, raw.mode_of_end = _watch, end
        buffered = io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding=named.get("encoding") or "utf-8")

    def fsync(handle: Any) -> None:
        _tell("os.fsync", handle)
        synced(handle)

    def pwrite(handle: int, octets: bytes, at: int) -> int:
        end = _tell("write", handle)
        if end is None:
            return written(handle, octets, at)
        written(handle, octets[: len(octets) // 2], at)
        assert _watch is not None
        _watch.do(end, "write", _resolved(handle, ()))
        return len(octets)

    io.open = builtins.open = open_  # type: ignore[assignment]
    os.fsync, os.pwrite = fsync, pwrite


class _Told:
    """A connection of DuckDB that tells of the statements that change a file."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con, self._file = con, ""

    def execute(self, text: str, *words: Any, **named: Any) -> Any:
        if text.startswith("ATTACH '") and "READ_ONLY" not in text:
            self._file = text.split("'")[1]
        if self._file and not READING.match(text):
            _tell("commit" if text.startswith("CHECKPOINT") else "statement", self._file)
        self._con.execute(text, *words, **named)
        return self

    def commit(self) -> Any:
        if self._file:
            _tell("commit", self._file)
        return self._con.commit()

    def close(self) -> None:
        if self._file:
            _tell("commit", self._file)
        self._con.close()

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def _tell_duckdb() -> None:
    connect = duckdb.connect
    duckdb.connect = lambda *words, **named: _Told(connect(*words, **named))  # type: ignore[assignment,return-value]


def _tell_arrow() -> None:
    writer, new_file, write_table = pq.ParquetWriter, pa.ipc.new_file, pq.write_table

    class Writer(writer):  # type: ignore[misc]
        def __init__(self, where: Any, *words: Any, **named: Any) -> None:
            self._where = str(where)
            _tell("parquet", self._where)
            super().__init__(where, *words, **named)

        def write_table(self, *words: Any, **named: Any) -> None:
            _tell("parquet", self._where)
            super().write_table(*words, **named)

    def told_file(sink: Any, *words: Any, **named: Any) -> Any:
        _tell("arrow", sink if isinstance(sink, str) else getattr(sink, "name", ""))
        return new_file(sink, *words, **named)

    def told_table(table: pa.Table, where: Any, **named: Any) -> Any:
        _tell("parquet", getattr(where, "name", where))
        return write_table(table, where, **named)

    pq.ParquetWriter, pa.ipc.new_file, pq.write_table = Writer, told_file, told_table


def _tell_postgresql() -> None:
    execute, leave = psycopg.Connection.execute, psycopg.Transaction.__exit__
    ingest, commit = dbapi.Cursor.adbc_ingest, dbapi.Connection.commit

    def told_execute(self: Any, text: Any, *words: Any, **named: Any) -> Any:
        if not READING.match(str(text)):
            _tell("statement", "psycopg")
        return execute(self, text, *words, **named)

    def told_leave(self: Any, *words: Any) -> Any:
        _tell("commit", "psycopg")
        return leave(self, *words)

    def told_ingest(self: Any, *words: Any, **named: Any) -> Any:
        _tell("statement", "adbc")
        return ingest(self, *words, **named)

    def told_commit(self: Any) -> Any:
        _tell("commit", "adbc")
        return commit(self)

    psycopg.Connection.execute, psycopg.Transaction.__exit__ = told_execute, told_leave  # type: ignore[method-assign]
    dbapi.Cursor.adbc_ingest, dbapi.Connection.commit = told_ingest, told_commit


def _resolved(path: Any, more: tuple[Any, ...]) -> str:
    """An absolute path; of a handle, that of the file; of a name beside a folder's handle, both."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    text = os.fsdecode(path)
    folder = next((m for m in more[::-1] if isinstance(m, int) and m >= 0), -1)
    if os.path.isabs(text) or folder < 0 or not os.path.isdir(f"/proc/self/fd/{folder}"):
        return os.path.abspath(text)
    return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), text)


def _site() -> str:
    """The innermost lines of the program that are running; empty where none of it is."""
    frame, parts = sys._getframe(2), list[str]()
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(ROOMS):
            parts.append(f"{name[len(str(ROOT)) + 1 :]}:{frame.f_code.co_name}:{frame.f_lineno}")
            if not name.startswith(HELPERS):
                break
        frame = frame.f_back  # type: ignore[assignment]
    return " < ".join(parts)
