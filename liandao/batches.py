"""Batches between landing and warehouse: which wait, for what, and how far each stream has been read.

Landing is the truth, and no run deletes of it: a batch with its receipt stays, and carries its streams' cursors on
until a generation that holds it is published. What lacks a later receipt is conformed, judged and loaded by the next
run, whoever died, and whatever was restored without it. A batch *waits to be conformed* when it has no conformed
receipt, *to be judged* when no gate names it, *to be loaded* when a gate that passed does. One that a gate stopped is
*out*: its rows are read again; so is one that was read on from it, or a cursor would run ahead of rows. One that a
person set aside waits for its release (:mod:`liandao.aside`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from liandao.aside import read_aside
from liandao.home import now
from schemas.errors import DamagedFile
from schemas.expect import RowsBefore
from schemas.receipts import Conformed, Cursor, Gated, Landed, Receipt
from warehouse.retention import is_expired
from warehouse.state import PublishedState, published_batches, read_published

LOG = logging.getLogger(__name__)
Stream = tuple[str, str]
"""Platform id and stream."""
_Receipt = TypeVar("_Receipt", bound=Receipt)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch that waits to be loaded."""

    landed: Landed
    conformed: Conformed


@dataclass(frozen=True, slots=True)
class BatchState:
    """One batch that is landed and not published. ``state``: ``to conform``, ``to judge``, ``to load``, ``stopped`` (by
    a gate, or read on from one that was) or ``aside``."""

    landed: Landed
    state: str


@dataclass(frozen=True, slots=True)
class Positions:
    """How far every stream has been read (``cursors``), and when and how many rows were ``landed`` of it."""

    cursors: dict[Stream, Cursor]
    landed: dict[Stream, RowsBefore]

    def of(self, platform_id: str) -> tuple[dict[str, Cursor], dict[str, RowsBefore]]:
        """Cursors of one platform and what was landed of it, by stream."""
        cursors = {s: c for (p, s), c in self.cursors.items() if p == platform_id}
        return cursors, {s: n for (p, s), n in self.landed.items() if p == platform_id}


def all_gates(home: Path, line_id: str = "*") -> list[Gated]:
    """Every gate result kept in the home, or those of one line, oldest first within its line. One that is damaged is
    left out: its batches are judged again."""
    return [*_whole(Gated, sorted((home / "quality").glob(f"{line_id}/*.json")))]


def gates_to_keep(home: Path) -> list[Gated]:
    """Gates that name a batch not yet published. Those that stopped their line are among them: what stopped it is what
    people will look for."""
    published = published_batches(home)
    return [g for g in all_gates(home) if set(g.batch_ids) - published]


def stopped_batches(home: Path, line_id: str = "*") -> set[str]:
    """Batches that a gate keeps out of the warehouse."""
    return _named(g for g in all_gates(home, line_id) if not g.passed)


def waiting_batches(home: Path) -> list[Waiting]:
    """Batches that wait to be loaded, oldest first."""
    passed, published = _named(g for g in all_gates(home) if g.passed) - read_aside(home).keys(), read_published(home)
    found = []
    for folder in (home / "landing").glob("*"):
        with suppress(DamagedFile):  # the platform's own failure, told when it was asked
            for landed in open_batches(home, folder.name, published):
                if landed.batch_id in passed:
                    found += [Waiting(landed, c) for c in _whole(Conformed, [conformed_receipt(home, landed)])]
    return sorted(found, key=lambda w: (w.landed.batch_id, w.landed.platform_id))


def unpublished(home: Path) -> list[BatchState]:
    """Every batch that is landed and not published, with what it waits for, oldest first. Raises DamagedFile."""
    published, aside, judged = read_published(home), read_aside(home), _named(all_gates(home))
    waiting = {batch.batch_id for batch in open_batches(home, "*", published)}

    def state_of(batch: Landed) -> str:
        if batch.batch_id in aside:
            return "aside"
        if batch.batch_id not in waiting:
            return "stopped"
        if not conformed_receipt(home, batch).is_file():
            return "to conform"
        return "to load" if batch.batch_id in judged else "to judge"

    return [BatchState(batch, state_of(batch)) for batch in _landed(home, "*", published)]


def not_conformed(home: Path, platform_id: str, published: PublishedState) -> list[Landed]:
    """Batches of a platform that wait to be conformed, oldest first. Raises DamagedFile for a landed receipt."""
    batches = open_batches(home, platform_id, published)
    return [batch for batch in batches if not [*_whole(Conformed, [conformed_receipt(home, batch)])]]


def not_judged(home: Path, line_id: str, published: PublishedState) -> list[Conformed]:
    """Batches of a line that wait to be judged, oldest first."""
    known = _named(all_gates(home, line_id)) | published.batches
    receipts = sorted((home / "conformed").glob("*/*/conformed.json"), key=lambda p: (p.parent.name, p.parts[-3]))
    conformed = _whole(Conformed, (p for p in receipts if p.parent.name not in known))
    return [batch for batch in conformed if batch.line_id == line_id]


def read_positions(
    home: Path, published: PublishedState | None = None, platform_id: str = "*", as_of: datetime | None = None
) -> Positions:
    """Published positions, carried on by every batch that is landed, not published and not out; by those of one
    platform only, when it is named. ``as_of``: as :func:`read_published` has it."""
    moment = as_of or now()
    before = published or read_published(home, moment)
    cursors, rows = dict(before.cursors), dict(before.landed)
    for landed in open_batches(home, platform_id, before):
        started = datetime.fromisoformat(landed.started_at)
        for stream in landed.streams:
            key = (stream.platform_id, stream.stream)
            if landed.batch_id > before.read_by.get(key, ""):  # one loaded late does not move it back
                cursors[key] = stream.cursor_after
            rows[key] = rows.get(key, RowsBefore()).with_batch(started, stream.landed, moment)
    return Positions(cursors, rows)


def landed_receipt(home: Path, batch_id: str) -> Path | None:
    """The receipt of a batch in landing, whosever platform's it is; None where there is none."""
    return next((home / "landing").glob(f"*/{batch_id}/landed.json"), None)


def last_batch(home: Path, published: PublishedState, platform_id: str) -> str:
    """The greatest batch id of a platform, landed or published; empty without one. A new one sorts behind it, or its
    cursor would be taken for an earlier one."""
    read = {batch_id for (platform, _), batch_id in published.read_by.items() if platform == platform_id}
    landed = {receipt.parent.name for receipt in (home / "landing" / platform_id).glob("*/landed.json")}
    return max(read | landed, default="")


def conformed_receipt(home: Path, landed: Landed) -> Path:
    """Where the receipt of a conformed batch is, or will be."""
    return home / "conformed" / landed.platform_id / landed.batch_id / "conformed.json"


def open_batches(home: Path, platform_id: str, published: PublishedState) -> list[Landed]:
    """Batches of a platform (``*``: of all) that are landed, not published and not out, oldest first."""
    landed = _landed(home, platform_id, published)
    if not landed:  # as on most nights: no gate need be read
        return []
    out = _read_on_from(landed, stopped_batches(home), published.cursors)
    return [batch for batch in landed if batch.batch_id not in out]


def _landed(home: Path, platform_id: str, published: PublishedState) -> list[Landed]:
    receipts = (home / "landing").glob(f"{platform_id}/*/landed.json")
    waiting = (Landed.read(receipt) for receipt in receipts if receipt.parent.name not in published.batches)
    # What has expired can be loaded no more: whoever lost what was published of it reads it again.
    landed = (batch for batch in waiting if not is_expired(home, batch.platform_id, batch.batch_id))
    return sorted(landed, key=lambda batch: (batch.batch_id, batch.platform_id))


def _read_on_from(landed: Collection[Landed], stopped: set[str], published: Mapping[Stream, Cursor]) -> set[str]:
    """The stopped batches with those that were read on from where one of them ended and nothing sound did."""
    if not any(batch.batch_id in stopped for batch in landed):  # as on most nights
        return stopped
    out, ends = set(stopped), set[tuple[Stream, str]]()
    sound = {_place(stream, cursor) for stream, cursor in published.items()}
    for batch in landed:
        before = {_place((s.platform_id, s.stream), s.cursor_before) for s in batch.streams}
        after = {_place((s.platform_id, s.stream), s.cursor_after) for s in batch.streams}
        if batch.batch_id in stopped or before & (ends - sound):
            out.add(batch.batch_id)
            ends |= after - before
        else:
            sound |= after
    return out


def _place(stream: Stream, cursor: Cursor) -> tuple[Stream, str]:
    return stream, json.dumps(cursor.to_dict(), sort_keys=True)


def _whole(kind: type[_Receipt], paths: Iterable[Path]) -> Iterator[_Receipt]:
    """Those receipts that are there and whole; what is made again by the next run need not stop it."""
    for path in paths:
        try:
            yield kind.read(path)
        except FileNotFoundError:
            continue
        except DamagedFile as error:
            LOG.warning("%s: left out: %s", path, error.found)


def _named(gates: Iterable[Gated]) -> set[str]:
    return {batch_id for gate in gates for batch_id in gate.batch_ids}
