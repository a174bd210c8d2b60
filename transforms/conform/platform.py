"""One platform's landed batch to canonical tables: every stream, then the receipt."""

from __future__ import annotations

from pathlib import Path

from schemas.durable import sync
from schemas.errors import Unbalanced
from schemas.platform_file import Platform
from schemas.receipts import Conformed, ConformedStream, Landed
from transforms.conform.files import RECEIPT
from transforms.conform.stream import conform_stream


def conform_platform(platform: Platform, landed: Landed, home: Path, project: str = "") -> Conformed:
    """Conform every landed stream of a batch. ``project``: digest of the project in use, for the receipt.

    Writes ``conformed/<platform_id>/<batch_id>/<stream>/<table>.parquet`` (schemas of ``schemas.arrow``) and, last
    of all, ``conformed.json``: a batch without it isn't conformed. Doing it again gives the same bytes.

    Raises ContractBroken when a mapped field was not landed, Unbalanced when rows don't add up.
    """
    streams = [conform_stream(platform, stream, home) for stream in landed.streams]
    for stream in streams:
        require_balance(stream)
        if stream.quarantine_path:  # the receipt must not outlast the names of its files
            sync((home / stream.quarantine_path).parent)
    receipt = Conformed(platform.platform_id, platform.line_id, landed.batch_id, streams, project)
    receipt.write(home / "conformed" / platform.platform_id / landed.batch_id / RECEIPT)
    return receipt


def require_balance(stream: ConformedStream) -> None:
    """Raise Unbalanced unless landed = accepted + quarantined + dropped."""
    placed = stream.accepted + sum(stream.quarantined.values()) + sum(stream.dropped.values())
    if placed != stream.landed:
        raise Unbalanced(
            "rows of a stream do not add up after conforming",
            where=f"{stream.platform_id} {stream.stream} {stream.batch_id}",
            expected=f"{stream.landed} landed",
            found=f"{placed} accepted, quarantined or dropped",
            next_step="report it: this is a fault of the program",
        )
