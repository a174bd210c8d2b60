"""A disk of one's own: small, full, read-only. In a process of its own, whose mounts nobody else sees."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
RECURSIVE, PRIVATE, REMOUNT, READ_ONLY = 0x4000, 1 << 18, 32, 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def begin_apart() -> None:
    """Leave the mounts that others see; an ordinary user becomes the owner of a user space of its own. Raises OSError
    where the system does not allow that."""
    user, group = os.getuid(), os.getgid()
    _done(_LIBC.unshare(NEW_MOUNTS | (NEW_USER if user else 0)))
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    _done(_LIBC.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None))


def mount(folder: Path, size: int) -> None:
    """A disk of so many bytes, in memory, at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _done(_LIBC.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()))


def remount(folder: Path, size: int, *, read_only: bool = False) -> None:
    """Give it another size, or let nobody write to it."""
    flags = REMOUNT | (READ_ONLY if read_only else 0)
    _done(_LIBC.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, f"size={size}".encode()))


def _done(answer: int) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
