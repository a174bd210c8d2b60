"""How much room a home takes, by folder, without looking at everything each night.

A home of years holds hundreds of thousands of files, and most never change again: a batch of a platform, a generation.
So the size of each folder two levels down (``landing/PLATFORM``, ``published/gN``) is kept with the time at which it
last gained or lost an entry, and only those that did since are looked at again.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from schemas.refusals import bytes_below

ROOMS = ("landing", "conformed", "quality", "published", "build", "reports", "events", "logs")
CACHE = Path("metrics") / ".sizes.json"
Sizes = dict[str, tuple[int, int]]
"""Folder, relative to the home -> time of its last change in nanoseconds, bytes of all files below it."""


def free_bytes(home: Path) -> int:
    """Bytes free on the disk that a home is on."""
    return shutil.disk_usage(home).free


def disk_by_room(home: Path) -> dict[str, int]:
    """Bytes of the files in each room of a home; a file that several folders link to counts in each."""
    before, sizes, rooms = _read(home), Sizes(), dict.fromkeys(ROOMS, 0)
    for room in ROOMS:
        for entry in _entries(home / room):
            if entry.is_dir(follow_symlinks=False):
                name, changed = f"{room}/{entry.name}", entry.stat(follow_symlinks=False).st_mtime_ns
                known = before.get(name)
                sizes[name] = known if known and known[0] == changed else (changed, bytes_below(Path(entry.path)))
                rooms[room] += sizes[name][1]
            elif entry.is_file(follow_symlinks=False):
                rooms[room] += entry.stat(follow_symlinks=False).st_size
    if sizes != before:
        _write(home, sizes)
    return rooms


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _read(home: Path) -> Sizes:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        kept = json.loads((home / CACHE).read_text(encoding="utf-8"))
        return {str(name): (int(changed), int(size)) for name, (changed, size) in kept.items()}
    return {}


def _write(home: Path, sizes: Sizes) -> None:
    path = home / CACHE
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(sizes), encoding="utf-8")
    temporary.replace(path)
