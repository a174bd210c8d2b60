"""A bound on the memory of one command: beyond it the command ends with an error, instead of the machine swapping."""

from __future__ import annotations

import _thread
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from schemas.errors import ConfigurationError

INTERVAL = 0.1
"""Seconds between two looks."""
LEAST = 256 << 20
UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def parse_memory(text: str) -> int:
    """Bytes of ``8GiB``, ``8G``, ``512MB``. Raises ConfigurationError below 256 MiB and for what is no size."""
    plain = text.strip().upper().removesuffix("B").removesuffix("I")
    unit = plain[-1:] if plain[-1:] in UNITS else ""
    try:
        size = int(float(plain.removesuffix(unit)) * (1 << UNITS[unit]))
    except (ValueError, OverflowError):
        size = 0
    if size < LEAST:
        raise ConfigurationError(
            "the memory limit is not usable", where="--memory-limit", expected="256MiB or more", found=text[:20]
        )
    return size


@contextmanager
def within(limit: int | None) -> Iterator[None]:
    """Watch this process while the block runs (in the main thread); raise ConfigurationError once it holds more.

    A limit of the operating system would do it sooner, but threads that can't get memory may wait for ever.
    """
    if limit is None:
        yield
        return
    over, done = Event(), Event()
    watcher = Thread(target=_watch, args=(limit, over, done), daemon=True)
    watcher.start()
    try:
        yield
    except (KeyboardInterrupt, MemoryError):
        if not over.is_set():
            raise
    finally:
        done.set()
        watcher.join()
    if over.is_set():
        raise ConfigurationError(
            "the input needs more memory than was allowed",
            where="--memory-limit",
            found=f"more than {limit / (1 << 30):.2f} GiB",
            next_step="allow more memory, or match the parts one by one (docs/scale.md)",
        )


def _watch(limit: int, over: Event, done: Event) -> None:
    while not done.wait(INTERVAL):
        if held() > limit:
            over.set()
            _thread.interrupt_main()
            return


def held() -> int:
    """Bytes of memory that this process holds now, files mapped from a disk aside: the system takes their pages back
    whenever it needs them. (Where the system doesn't say: that it ever held.)"""
    status = Path("/proc/self/status")
    if status.exists():
        told = re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", status.read_text(encoding="ascii"), re.MULTILINE)
        if told:
            return sum(map(int, told)) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
