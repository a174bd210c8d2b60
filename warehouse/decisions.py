"""The ledger of decisions: what people decided about pairs of records, kept in the home, only ever appended to.

Decisions are input like what platforms send, but nobody could send them again, so they lie outside the generations:
``decisions/ledger.jsonl``, mode 0600. One line is one act (one answer, one workbook, one undo) and holds all its
entries, so that an act is there whole or not at all. Each line carries the SHA-256 of the line before: an altered or
missing line is noticed.

**Crashes.** A line counts once its line break is on disk. Bytes behind the last line break are an act that was cut off
before anybody was told that it was kept; readers pass over them and the next writer cuts them away.

A second file of the same make, ``decisions/seen.jsonl``, holds who looked at whose unmasked values, and why.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schemas.columns import ZONE
from schemas.decisions import RECOVERY, WITHDRAWN, Answer, Decision
from schemas.durable import sync
from schemas.errors import LedgerBroken, StoreError
from warehouse import reader
from warehouse.queries import guarded, query

START = "0" * 64
"""What the first line names as the digest of the line before."""


def ledger_path(home: Path) -> Path:
    """The ledger of decisions of a home."""
    return home / "decisions" / "ledger.jsonl"


def seen_path(home: Path) -> Path:
    """The list of unmasked looks of a home."""
    return home / "decisions" / "seen.jsonl"


@dataclass(frozen=True, slots=True)
class Act:
    """One line: who did it, when, how, and its entries."""

    at: str
    by: str
    source: str
    entries: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Writer:
    """The right to append, held while the ledger is locked. ``entries``: every decision so far."""

    path: Path
    handle: int
    head: str
    size: int
    entries: list[Decision]

    def append(self, answers: Sequence[Answer], by: str, source: str) -> list[Decision]:
        """Write one act and force it to disk; returns its decisions. None of them is kept unless all are.

        Raises StoreError when the disk refuses; the ledger is then as it was.
        """
        if not answers:
            return []
        at = datetime.now(tz=ZoneInfo(ZONE)).isoformat(timespec="microseconds")
        made = [_decision(answer, by, source, at) for answer in answers]
        _append_line(self, Act(at, by, source, [_bare(d) for d in made]))
        return made


def read_decisions(home: Path) -> list[Decision]:
    """Every entry of the ledger in the order in which they were made; empty without a ledger.

    Raises LedgerBroken when a line was altered or is missing.
    """
    return _entries(_read_acts(ledger_path(home))[0])


@contextmanager
def writing(home: Path) -> Iterator[Writer]:
    """Lock the ledger (waiting for whoever writes at the moment) and give the right to append once.

    Raises LedgerBroken as :func:`read_decisions`.
    """
    with _locked(ledger_path(home)) as (handle, acts, head, size):
        yield Writer(ledger_path(home), handle, head, size, _entries(acts))


def record_look(home: Path, by: str, reason: str, kind: str, record_ids: Sequence[str]) -> None:
    """Write down, before they are shown, that somebody looks at unmasked records, and why."""
    with _locked(seen_path(home)) as (handle, _, head, size):
        at = datetime.now(tz=ZoneInfo(ZONE)).isoformat(timespec="microseconds")
        entry = {"kind": kind, "record_ids": list(record_ids), "reason": reason}
        _append_line(Writer(seen_path(home), handle, head, size, []), Act(at, by, "unmask", [entry]))


def read_looks(home: Path) -> list[Act]:
    """Every unmasked look."""
    return _read_acts(seen_path(home))[0]


def copy_ledger(home: Path, target: Path, entries: int) -> None:
    """Give another home the acts that hold the first ``entries`` entries of this home's ledger: what had been decided
    when they were all. Nothing is written where they are none."""
    acts, lines = _read_acts(ledger_path(home))[0], ledger_path(home).read_bytes() if entries else b""
    count, chosen = 0, []
    for act, line in zip(acts, lines.splitlines(keepends=True), strict=False):
        if count >= entries:
            break
        chosen.append(line)
        count += len(act.entries)
    if chosen:
        path = ledger_path(target)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(b"".join(chosen))


def require_complete(home: Path, entries: Sequence[Decision]) -> None:
    """Raise LedgerBroken when the published generation knows a decision that the ledger lacks: it was lost or cut."""
    if not reader.is_published(home):
        return
    with reader.connect(home) as con, guarded("published decisions"):
        if not con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'link_decision'").fetchone():
            return  # published by a version that had no decisions
        held = {d for (d,) in con.execute("SELECT decision_id FROM vault.link_decision").fetchall()}
    lost = len(held - {e.decision_id for e in entries})
    if lost:
        raise LedgerBroken(
            f"{lost} published decision(s) are not in the ledger",
            where="decisions/ledger.jsonl",
            expected=f"{len(held)} decisions or more",
            found=f"{len(held) - lost} of them",
            next_step="put the file back from its backup, or: liandao review recover",
        )


def recover(home: Path, by: str) -> int:
    """Append the published decisions that the ledger lacks, as they were made; returns how many there were."""
    with reader.connect(home) as con, guarded("published decisions"):
        rows = con.execute(query("published_decisions")).to_arrow_table().to_pylist()
    with writing(home) as ledger:
        held = {e.decision_id for e in ledger.entries}
        lost = [row for row in rows if row["decision_id"] not in held]
        if lost:
            at = datetime.now(tz=ZoneInfo(ZONE)).isoformat(timespec="microseconds")
            _append_line(ledger, Act(at, by, RECOVERY, [e for row in lost for e in _as_entries(row)]))
    return len(lost)


def _as_entries(row: dict[str, Any]) -> list[dict[str, Any]]:
    """A row of ``link_decision`` as the entries that it was made of."""
    withdrawn_at, withdrawn_by = row.pop("withdrawn_at"), row.pop("withdrawn_by")
    entry = {k: v for k, v in row.items() if v is not None}
    if withdrawn_at is None:
        return [entry]
    gone = {"decision_id": f"{row['decision_id']}w", "judgement": WITHDRAWN, "withdraws": row["decision_id"]}
    return [entry, {**entry, **gone, "at": withdrawn_at, "by": withdrawn_by}]


def _decision(answer: Answer, by: str, source: str, at: str) -> Decision:
    one = answer.ordered()
    decision_id = f"d{datetime.now(tz=UTC):%Y%m%dT%H%M%S%f}{secrets.token_hex(3)}"
    told = (one.source_key, one.note, one.left_entity_id, one.right_entity_id, one.withdraws)
    return Decision(decision_id, one.kind, one.left_id, one.right_id, one.judgement, at, by, source, *told)


def _bare(decision: Decision) -> dict[str, Any]:
    """An entry without what the act says for all of them, and without what it doesn't say."""
    return {k: v for k, v in decision.to_dict().items() if v is not None and k not in ("at", "by", "source")}


def _entries(acts: Sequence[Act]) -> list[Decision]:
    made = [
        Decision.from_dict({"at": act.at, "by": act.by, "source": act.source, **entry})
        for act in acts
        for entry in act.entries
    ]
    if any(act.source == RECOVERY for act in acts):
        made.sort(key=lambda d: datetime.fromisoformat(d.at))  # what was recovered was decided before it was appended
    return made


@contextmanager
def _locked(path: Path) -> Iterator[tuple[int, list[Act], str, int]]:
    """Handle, acts, digest of the last line and size of the whole lines, under an exclusive lock."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        sync(path.parent.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not os.fstat(handle).st_size:  # perhaps just made: its name must last as long as what is written to it
            sync(path.parent)
        yield handle, *_read_acts(path)
    finally:
        os.close(handle)


def _read_acts(path: Path) -> tuple[list[Act], str, int]:
    """The acts of a file, the digest of its last line and the size of its whole lines."""
    text = path.read_bytes() if path.is_file() else b""
    whole = text[: text.rfind(b"\n") + 1]
    acts, head = [], START
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            raw = json.loads(line)
            is_sound = raw.pop("previous") == head
            acts.append(Act(**raw))
        except (ValueError, KeyError, TypeError):
            is_sound = False
        if not is_sound:
            raise _broken(path, number)
        head = hashlib.sha256(line).hexdigest()
    return acts, head, len(whole)


def _append_line(writer: Writer, act: Act) -> None:
    body = {"previous": writer.head, "at": act.at, "by": act.by, "source": act.source, "entries": act.entries}
    line = json.dumps(body, ensure_ascii=False).encode() + b"\n"
    try:
        if os.fstat(writer.handle).st_size > writer.size:
            os.ftruncate(writer.handle, writer.size)  # an act that was cut off: nobody was told that it was kept
        _write_all(writer.handle, line, writer.size)
        os.fsync(writer.handle)
    except OSError as error:
        os.ftruncate(writer.handle, writer.size)
        raise StoreError(
            "the decision could not be kept",
            where=writer.path.name,
            found=os.strerror(error.errno or 0),
            next_step="make room on the disk of the home and decide again",
        ) from error


def _write_all(handle: int, octets: bytes, at: int) -> None:
    done = 0
    while done < len(octets):
        done += os.pwrite(handle, octets[done:], at + done)


def _broken(path: Path, number: int) -> LedgerBroken:
    return LedgerBroken(
        "a line of the ledger is not as it was written",
        where=f"{path.parent.name}/{path.name}, line {number}",
        expected="the digest of the line before",
        found="another one, or no readable line",
        next_step="put the file back from its backup; nothing is matched until then",
    )
