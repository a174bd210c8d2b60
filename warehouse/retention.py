"""What is no longer in landing, and why: the only excuse that the audit accepts for a landed file that is not there.

``retention/<platform>/<batch>.json`` is written before a batch's files are removed, and stays for good, as the batch's
own receipt in landing does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from schemas.receipts import LandedFile, Receipt

RETENTION, LOSS = "retention", "loss"
FOLDER = "retention"


@dataclass(frozen=True, slots=True)
class Expired(Receipt):
    """A batch whose landed ``files`` are gone. ``kind``: removed by the rules of ``retention``, or a ``loss`` that
    somebody accepted; ``reason`` in a person's words, ``by`` whom, ``at`` what time (ISO 8601)."""

    platform_id: str
    batch_id: str
    kind: str
    reason: str
    by: str
    at: str
    files: list[LandedFile]


def expired_path(home: Path, platform_id: str, batch_id: str) -> Path:
    """Where the receipt of a batch that is no longer in landing is."""
    return home / FOLDER / platform_id / f"{batch_id}.json"


def is_expired(home: Path, platform_id: str, batch_id: str) -> bool:
    """Whether a batch's files are gone by right."""
    return expired_path(home, platform_id, batch_id).exists()


def expired_batches(home: Path) -> set[str]:
    """Batches whose files are gone by right: ``platform/batch``."""
    return {f"{path.parent.name}/{path.stem}" for path in (home / FOLDER).glob("*/*.json")}


def expired_files(home: Path) -> dict[str, str]:
    """Landed files that are gone by right: path relative to the home -> SHA-256. Raises DamagedFile."""
    receipts = map(Expired.read, sorted((home / FOLDER).glob("*/*.json")))
    return {file.path: file.sha256 for receipt in receipts for file in receipt.files}
