"""Batches set aside: landed and accepted, and kept out of the warehouse until somebody releases them.

What a person takes out of the warehouse must not come back by itself, nor be read again behind their back: a batch set
aside still carries its streams' cursors on. One that a gate stopped is another thing: its rows are read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from liandao.home import now
from liandao.observe.events import tell
from schemas.errors import DamagedFile
from schemas.events import BatchReleased, BatchSetAside
from schemas.receipts import Receipt


@dataclass(frozen=True, slots=True)
class Aside(Receipt):
    """Why a batch is set aside: ``reason`` in a person's words, ``by`` whom, ``at`` what time (ISO 8601)."""

    batch_id: str
    reason: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Released(Receipt):
    """A batch let go on: what had set it aside, and the ``reason`` for its release, ``by`` whom, ``at`` what time."""

    aside: Aside
    reason: str
    by: str
    at: str


def _path(home: Path, batch_id: str) -> Path:
    return home / "aside" / f"{batch_id}.json"


def set_aside(home: Path, batch_ids: Iterable[str], reason: str, by: str) -> list[Aside]:
    """Set batches aside; one that is aside already keeps its first reason."""
    written = []
    for batch_id in batch_ids:
        path = _path(home, batch_id)
        if not path.exists():
            written.append(Aside(batch_id, reason, by, now().isoformat()))
            written[-1].write(path)
            tell(home, BatchSetAside, batch_id=batch_id)
    return written


def release(home: Path, batch_ids: Iterable[str], *, reason: str = "", by: str = "") -> list[str]:
    """Let batches go on to the warehouse with the next run; returns those that were aside. Where somebody is named,
    who it was and why is kept in ``aside/released``."""
    aside = read_aside(home)
    found = [batch_id for batch_id in batch_ids if batch_id in aside]
    for batch_id in found:
        if by:
            kept = Released(aside[batch_id], reason, by, now().isoformat())
            kept.write(home / "aside" / "released" / f"{batch_id}.json")
        _path(home, batch_id).unlink()
        tell(home, BatchReleased, batch_id=batch_id)
    return found


def read_aside(home: Path) -> dict[str, Aside]:
    """Batches set aside, by id. A receipt that is damaged still keeps its batch out."""
    found = {}
    for path in sorted((home / "aside").glob("*.json")):
        found[path.stem] = Aside(path.stem, "?", "?", "?")
        with suppress(DamagedFile):
            found[path.stem] = Aside.read(path)
    return found
