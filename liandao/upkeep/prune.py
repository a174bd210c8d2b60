"""Pruning: what may go after so many days or generations, and what stays as proof that it was there.

Landing is the truth, so it goes by command alone, never by a run, and only batches that are published: each leaves its
receipt of landing and a receipt of retention, which the audit accepts in place of the files.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from liandao.answers.upkeep import LossAccepted, Pruned, PrunedRoom
from liandao.batches import all_gates, landed_receipt
from liandao.home import now
from liandao.project_file import read_project
from liandao.settings import Settings
from liandao.upkeep.trail import last_loaded
from schemas.errors import UsageError
from schemas.project_file import Retention
from schemas.receipts import Landed
from schemas.refusals import bytes_below
from warehouse import places
from warehouse.lock import publish_lock
from warehouse.retention import LOSS, RETENTION, Expired, expired_path, is_expired
from warehouse.state import published_batches

AMOUNT = re.compile(r"([a-z]+)=([0-9]{1,6})(d?)")


@dataclass(frozen=True, slots=True)
class Act:
    """Who prunes, why, and whether it is only asked what would go."""

    by: str
    reason: str
    is_trial: bool


def read_rules(texts: Iterable[str]) -> dict[str, int]:
    """``room=amount`` as ``--keep`` says it: room -> generations, or days. Raises UsageError."""
    rules = {}
    for text in texts:
        match = AMOUNT.fullmatch(text)
        room = ROOMS.get(match[1]) if match else None
        if match is None or room is None or bool(match[3]) != room.in_days or int(match[2]) < room.least:
            raise UsageError(
                "this does not say what is kept",
                where="--keep",
                expected=", ".join(f"{name}={'90d' if r.in_days else 3}" for name, r in ROOMS.items()),
                found=text[:40],
            )
        rules[match[1]] = int(match[2])
    return rules


def rules_of(settings: Settings) -> dict[str, int]:
    """What the project says of retention: room -> generations, or days."""
    said = read_project(settings.project).retention if settings.project else Retention()
    rules = {"generations": said.generations, "landing": said.landing_days, "logs": said.log_days}
    return {room: amount for room, amount in rules.items() if amount is not None}


def prune(home: Path, rules: Mapping[str, int], act: Act) -> Pruned:
    """Remove what the rules no longer keep. Raises RunInProgress while something is on its way to be published."""
    with publish_lock(home):
        return Pruned(not act.is_trial, [ROOMS[room].prune(home, amount, act) for room, amount in rules.items()])


def clear_loaded(home: Path) -> None:
    """Remove what conforming and judging left of batches that an earlier generation than the last had loaded: landing
    brings it back if it should be needed again, as after a rollback. That of the last is still told of outside."""
    published = published_batches(home) - last_loaded(home)
    for folder in (home / "conformed").glob("*/*"):
        if folder.name in published:
            shutil.rmtree(folder)
    for gate in all_gates(home):
        if published.issuperset(gate.batch_ids):
            (home / "quality" / gate.line_id / f"{gate.gate_id}.json").unlink()
            (home / gate.results_path).unlink(missing_ok=True)


def accept_loss(home: Path, batch_id: str, by: str, reason: str) -> LossAccepted:
    """Let a batch whose landed files are missing or damaged hold nothing up any more. What of it is published stays;
    one that is not is left out, and its rows are read again. What is left of its files is kept beside them.

    Raises UsageError where there is no such batch, or where nothing of it is missing.
    """
    from warehouse.audit import unsound_files

    receipt = landed_receipt(home, batch_id)
    if receipt is None:
        raise UsageError(
            "there is no receipt of such a batch", where="BATCH", expected="a batch of landing", found=batch_id[:60]
        )
    landed = Landed.read(receipt)
    files = [file for stream in landed.streams for file in stream.files]
    gone = unsound_files(home, files)
    if not gone:
        raise UsageError("nothing of this batch is missing", where="BATCH", expected="a lost file", found=batch_id)
    _write_expired(home, landed, LOSS, by, reason)
    for file in gone:
        path = home / file.path
        if path.exists():
            path.rename(path.with_name(f"{path.name}.damaged"))
    is_published = batch_id in published_batches(home)
    return LossAccepted(landed.platform_id, batch_id, [file.path for file in gone], is_published)


def _write_expired(home: Path, landed: Landed, kind: str, by: str, reason: str) -> None:
    files = [file for stream in landed.streams for file in stream.files]
    receipt = Expired(landed.platform_id, landed.batch_id, kind, reason, by, now().isoformat(), files)
    receipt.write(expired_path(home, landed.platform_id, landed.batch_id))


def _generations(home: Path, amount: int, act: Act) -> PrunedRoom:
    current = places.current_generation(home)
    beyond = [g for g in places.generations(home)[:-amount] if g != current]
    return _remove("generations", [places.generation_folder(home, g) for g in beyond], act)


def _landing(home: Path, days: int, act: Act) -> PrunedRoom:
    """Batches that ended so many days ago. One that was pruned before and cut off is gone through again."""
    before, published = now() - timedelta(days=days), published_batches(home)
    removed, size = [], 0
    for receipt in sorted((home / "landing").glob("*/*/landed.json")):
        files = list(receipt.parent.glob("*.parquet"))
        if receipt.parent.name not in published or not files:
            continue
        landed = Landed.read(receipt)
        if datetime.fromisoformat(landed.ended_at) >= before:
            continue
        removed.append(f"{landed.platform_id}/{landed.batch_id}")
        size += sum(path.stat().st_size for path in files)
        if not act.is_trial:
            if not is_expired(home, landed.platform_id, landed.batch_id):
                _write_expired(home, landed, RETENTION, act.by, act.reason)
            for path in files:
                path.unlink()
    return PrunedRoom("landing", removed, size)


def _logs(home: Path, days: int, act: Act) -> PrunedRoom:
    before = (now() - timedelta(days=days)).timestamp()
    files = (path for room in ("logs", "events", "lineage") for path in sorted((home / room).glob("*")))
    old = [p for p in files if p.is_file() and p.stat().st_mtime < before]
    return _remove("logs", old, act)


def _remove(room: str, paths: list[Path], act: Act) -> PrunedRoom:
    size = sum(bytes_below(path) if path.is_dir() else path.stat().st_size for path in paths)
    for path in [] if act.is_trial else paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return PrunedRoom(room, [path.name for path in paths], size)


@dataclass(frozen=True, slots=True)
class _Room:
    prune: Callable[[Path, int, Act], PrunedRoom]
    in_days: bool
    least: int


ROOMS = {
    "generations": _Room(_generations, in_days=False, least=1),
    "landing": _Room(_landing, in_days=True, least=1),
    "logs": _Room(_logs, in_days=True, least=1),
}
"""Room of the home -> how it is pruned, whether its amount is in days, and the least amount."""
