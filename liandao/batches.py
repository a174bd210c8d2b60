"""Batches between landing and warehouse: which wait to be loaded, and how far each stream has been read.

A batch is *waiting* when it is landed, conformed, named by a gate that passed, and not yet published. State moves only
when a generation is published; until then the receipts of waiting batches carry the cursor on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from schemas.receipts import Conformed, Cursor, Gated, Landed
from warehouse import state


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch that waits to be loaded."""

    landed: Landed
    conformed: Conformed


def _gates(home: Path) -> list[Gated]:
    return [Gated.read(p) for p in sorted((home / "quality").glob("*/*.json"))]


def waiting_gates(home: Path) -> list[Gated]:
    """Gates that passed and name a batch not yet published, oldest first."""
    published = state.published_batches(home)
    return [g for g in _gates(home) if g.passed and set(g.batch_ids) - published]


def waiting_batches(home: Path) -> list[Waiting]:
    """Batches that wait to be loaded, oldest first."""
    passed = {b for g in waiting_gates(home) for b in g.batch_ids} - state.published_batches(home)
    found = []
    for receipt in sorted((home / "landing").glob("*/*/landed.json")):
        if receipt.parent.name in passed:
            conformed = home / "conformed" / receipt.parent.parent.name / receipt.parent.name / "conformed.json"
            found.append(Waiting(Landed.read(receipt), Conformed.read(conformed)))
    return sorted(found, key=lambda w: (w.landed.batch_id, w.landed.platform_id))


def _waiting_of(home: Path, platform_id: str) -> list[Landed]:
    return [w.landed for w in waiting_batches(home) if w.landed.platform_id == platform_id]


def cursors_of(home: Path, platform_id: str) -> dict[str, Cursor]:
    """How far each stream of a platform has been read: published, then carried on by waiting batches."""
    cursors = {s: c for (p, s), c in state.published_cursors(home).items() if p == platform_id}
    for landed in _waiting_of(home, platform_id):
        cursors |= {s.stream: s.cursor_after for s in landed.streams}
    return cursors


def landed_before(home: Path, platform_id: str) -> dict[str, int]:
    """Rows of each stream that were landed before, published or waiting."""
    counts = {s: n for (p, s), n in state.landed_before(home).items() if p == platform_id}
    for landed in _waiting_of(home, platform_id):
        for stream in landed.streams:
            counts[stream.stream] = counts.get(stream.stream, 0) + stream.landed
    return counts


def sweep_unfinished(home: Path, platform_id: str) -> None:
    """Remove batches of a platform that no gate has seen: a run died before judging them, and their rows are read again."""
    judged = {b for g in _gates(home) for b in g.batch_ids} | state.published_batches(home)
    for room in ("landing", "conformed"):
        for batch in (home / room / platform_id).glob("*"):
            if batch.name not in judged:
                shutil.rmtree(batch)
