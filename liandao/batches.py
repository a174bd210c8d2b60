"""Batches between landing and warehouse: which wait to be loaded, and how far each stream has been read.

A batch is *waiting* when it is landed, conformed, named by a gate that passed, and not yet published. State moves only
when a generation is published; until then the receipts of waiting batches carry the cursor on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from liandao.home import now
from schemas.expect import RowsBefore
from schemas.receipts import Conformed, Cursor, Gated, Landed
from warehouse import state

Stream = tuple[str, str]
"""Platform id and stream."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch that waits to be loaded."""

    landed: Landed
    conformed: Conformed


@dataclass(frozen=True, slots=True)
class Positions:
    """How far every stream has been read (``cursors``), when and how many rows were landed of it (``landed``), and the
    batches that a gate has judged or a generation holds (``judged``)."""

    cursors: dict[Stream, Cursor]
    landed: dict[Stream, RowsBefore]
    judged: set[str]

    def of(self, platform_id: str) -> tuple[dict[str, Cursor], dict[str, RowsBefore]]:
        """Cursors of one platform and what was landed of it, by stream."""
        cursors = {s: c for (p, s), c in self.cursors.items() if p == platform_id}
        return cursors, {s: n for (p, s), n in self.landed.items() if p == platform_id}


def all_gates(home: Path, line_id: str = "*") -> list[Gated]:
    """Every gate result kept in the home, or those of one line, oldest first within its line."""
    return [Gated.read(p) for p in sorted((home / "quality").glob(f"{line_id}/*.json"))]


def gates_to_keep(home: Path) -> list[Gated]:
    """Gates that name a batch not yet published. Those that stopped their line are among them: what stopped it is what
    people will look for."""
    published = state.published_batches(home)
    return [g for g in all_gates(home) if set(g.batch_ids) - published]


def stopped_batches(home: Path) -> set[str]:
    """Batches that a gate keeps out of the warehouse."""
    return {b for g in all_gates(home) if not g.passed for b in g.batch_ids}


def waiting_batches(home: Path, line_id: str = "*", platform_id: str = "*") -> list[Waiting]:
    """Batches that wait to be loaded, of all platforms or of one, oldest first."""
    published = state.published_batches(home)
    passed = {b for g in all_gates(home, line_id) if g.passed for b in g.batch_ids} - published
    found = []
    for receipt in (home / "landing").glob(f"{platform_id}/*/landed.json"):
        if receipt.parent.name in passed:
            conformed = home / "conformed" / receipt.parent.parent.name / receipt.parent.name / "conformed.json"
            found.append(Waiting(Landed.read(receipt), Conformed.read(conformed)))
    return sorted(found, key=lambda w: (w.landed.batch_id, w.landed.platform_id))


def read_positions(
    home: Path, line_id: str = "*", platform_id: str = "*", as_of: datetime | None = None
) -> Positions:
    """Published positions, carried on by waiting batches; waiting batches of one platform only, when it is named.

    ``as_of``: the moment from which the last day, week, month and year are counted back, by default now.
    """
    moment = as_of or now()
    # Waiting batches first: one that is published in between is then seen twice, which is harmless, never missed.
    found = waiting_batches(home, line_id, platform_id)
    cursors, landed = state.published_cursors(home), state.landed_before(home, moment)
    for waiting in found:
        started = datetime.fromisoformat(waiting.landed.started_at)
        for stream in waiting.landed.streams:
            key = (stream.platform_id, stream.stream)
            cursors[key] = stream.cursor_after
            landed[key] = landed.get(key, RowsBefore()).with_batch(started, stream.landed, moment)
    judged = {b for g in all_gates(home, line_id) for b in g.batch_ids} | state.published_batches(home)
    return Positions(cursors, landed, judged)


def sweep_unfinished(home: Path, platform_id: str, judged: set[str]) -> None:
    """Remove batches of a platform that no gate has seen: a run died before judging them, and their rows are read
    again."""
    for room in ("landing", "conformed"):
        for batch in (home / room / platform_id).glob("*"):
            if batch.name not in judged:
                shutil.rmtree(batch)
