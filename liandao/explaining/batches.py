"""Batches: how far each came on its way from landing to the warehouse, and why it stands where it does."""

from __future__ import annotations

from pathlib import Path

from connectors.landing import RECEIPT
from liandao.answers.explained import BatchExplained
from liandao.aside import read_aside
from liandao.batches import all_gates, landed_receipt, unpublished
from schemas.receipts import Landed
from warehouse import places, reader
from warehouse.retention import LOSS, Expired, expired_path, is_expired
from warehouse.state import published_batches

LOADED = """
SELECT b.run_id, r.generation FROM warehouse.ctl_batch AS b LEFT JOIN warehouse.ctl_run AS r USING (run_id)
WHERE b.batch_id = ? LIMIT 1
"""
NEXT = {
    "to conform": "liandao run",
    "to judge": "liandao run",
    "to load": "liandao run",
    "stopped": "liandao run --platform {platform}",
    "aside": "liandao batch release {batch}",
}


def batch_ids(home: Path) -> list[str]:
    """Every batch that left a receipt in landing, oldest first."""
    return sorted(path.parent.name for path in (home / "landing").glob(f"*/*/{RECEIPT}"))


def find_batch(home: Path, batch_id: str) -> BatchExplained | None:
    """What became of a batch; None where no receipt of landing tells of it. Raises DamagedFile."""
    receipt = landed_receipt(home, batch_id)
    if receipt is None:
        return None
    landed = Landed.read(receipt)
    loaded_by, generation = _loaded(home, batch_id)
    state, reason, by, at = _state(home, landed, is_loaded=loaded_by is not None)
    command = NEXT.get(state)
    gates = [gate for gate in all_gates(home, landed.line_id) if batch_id in gate.batch_ids]
    return BatchExplained(
        topic="batch",
        batch_id=batch_id,
        platform_id=landed.platform_id,
        line_id=landed.line_id,
        landed_at=landed.ended_at,
        state=state,
        rows={stream.stream: stream.landed for stream in landed.streams},
        loaded_by=loaded_by,
        generation=generation,
        failed_rules=sorted({rule for gate in gates for rule in gate.failed_stop}),
        reason=reason,
        by=by,
        at=at,
        next=command.format(platform=landed.platform_id, batch=batch_id) if command else None,
    )


def _state(home: Path, landed: Landed, *, is_loaded: bool) -> tuple[str, str | None, str | None, str | None]:
    """State, and the reason, the name and the time that somebody gave for it."""
    if is_expired(home, landed.platform_id, landed.batch_id):
        receipt = Expired.read(expired_path(home, landed.platform_id, landed.batch_id))
        return ("lost" if receipt.kind == LOSS else "expired"), receipt.reason, receipt.by, receipt.at
    if is_loaded:
        return "published", None, None, None
    if (aside := read_aside(home).get(landed.batch_id)) is not None:
        return "aside", aside.reason, aside.by, aside.at
    state = next(b.state for b in unpublished(home) if b.landed.batch_id == landed.batch_id)
    return state, None, None, None


def _loaded(home: Path, batch_id: str) -> tuple[str | None, int | None]:
    """The run that loaded a batch and the generation that it published; nothing where the batch is not published."""
    if places.current_generation(home) is None or batch_id not in published_batches(home):
        return None, None
    with reader.connect(home) as con:
        found = con.execute(LOADED, [batch_id]).fetchone()
    return (found[0], found[1]) if found else (None, None)
