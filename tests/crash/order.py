"""The order of durable things: what a power cut may lose must not be what something later already speaks of.

Judged on the points of an undisturbed night, in their order. A file's bytes last from its ``fsync`` on, its name from
that of its folder. Where a receipt is put in its place, everything beside and below it must last; so must a generation
and its name where ``published/current`` is turned to it; and no file may be renamed before its bytes last.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from tests.crash.points import Point

WRITING = {"open", "write", "parquet", "arrow"}
RECEIPTS = ("/landing/", "/conformed/", "/quality/")
POINTER = "current"
REBUILT = "/reports"
"""Pages: whatever a power cut makes of them, the next run writes them all."""


def unsafe(points: Iterable[Point], paths: Iterable[tuple[str, str]]) -> list[str]:
    """What a power cut at some moment would leave half said."""
    bytes_due, names_due, found = set[str](), set[str](), list[str]()
    for point, (path, target) in zip(points, paths, strict=True):
        match point.operation:
            case operation if operation in WRITING:
                bytes_due.add(path)
                names_due.add(path)
            case "os.fsync":
                bytes_due.discard(path)
                names_due = {name for name in names_due if os.path.dirname(name) != path}
            case "os.mkdir" | "os.link" | "os.symlink":
                names_due.add(path)
            case "os.remove" | "os.rmdir":
                bytes_due.discard(path)
                names_due.discard(path)
            case "os.rename":
                if path in bytes_due and REBUILT not in path:
                    found.append(f"{point}: renamed before its bytes last")
                names_due = {_moved(name, path, target) for name in names_due - {path}}
                late = sorted(name for name in names_due | bytes_due if _is_spoken_of(name, target))
                found += [f"{point}: {os.path.basename(target)} speaks of {name}" for name in late]
                names_due.add(target)
            case _:
                pass
    return found


def _moved(name: str, path: str, target: str) -> str:
    return target + name[len(path) :] if name.startswith(path + os.sep) else name


def _is_spoken_of(name: str, target: str) -> bool:
    folder, last = os.path.split(target)
    if last == POINTER:
        return name.startswith(os.path.join(folder, "g"))
    is_receipt = last.endswith(".json") and any(room in target for room in RECEIPTS)
    return is_receipt and name.startswith(folder + os.sep) and name.endswith(".parquet")
