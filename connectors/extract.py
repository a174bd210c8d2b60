"""Extraction of one platform: every stream read, checked against its contract, landed; then one receipt for all."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.contract import Contract
from connectors.edge import Edge
from connectors.families import family_of, open_source
from connectors.families.base import Source, Unit, cursor_pattern
from connectors.landing import RECEIPT, StreamWriter, batch_folder, sweep
from schemas.columns import ZONE
from schemas.durable import sync
from schemas.expect import RowsBefore
from schemas.platform_file import Deployment, Platform, StreamFile
from schemas.receipts import Cursor, Landed, LandedStream

LOG = logging.getLogger(__name__)


def extract(
    platform: Platform,
    deployment: Deployment,
    home: Path,
    batch_id: str,
    cursors: Mapping[str, Cursor],
    landed_before: Mapping[str, RowsBefore],
) -> Landed:
    """Read what is new on a platform and land it.

    ``cursors``: stream -> how far it has been published; a stream without one is read from the beginning.
    ``landed_before``: stream -> what was landed of it earlier, for floor and ceiling. Either every stream lands or none
    does: a batch that fails leaves nothing behind, and so does one that is empty. Asking again for a batch that is
    landed gives its receipt back, so a retry is harmless.
    Raises SourceUnreachable (transient), SourceRefused, SourceMalformed, ContractBroken, ConfigurationError.
    """
    folder = batch_folder(home, platform.platform_id, batch_id)
    if (folder / RECEIPT).exists():
        return Landed.read(folder / RECEIPT)
    for stray in sweep(home, platform.platform_id):
        LOG.info("%s: removed incomplete batch %s", platform.platform_id, stray)
    started = _now()
    folder.mkdir(parents=True, mode=0o700)
    try:
        streams = _land_streams(platform, deployment, home, batch_id, cursors, landed_before)
        landed = Landed(platform.platform_id, platform.line_id, batch_id, started, _now(), streams)
        if landed.is_empty:
            folder.rmdir()
            return landed
        sync(folder)
        landed.write(folder / RECEIPT)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    LOG.info("%s: landed %d rows in batch %s", platform.platform_id, sum(s.landed for s in streams), batch_id)
    return landed


@dataclass(frozen=True, slots=True)
class _Task:
    """What stays the same while the streams of one batch are landed."""

    platform: Platform
    home: Path
    batch_id: str
    salt: bytes


def _land_streams(
    platform: Platform,
    deployment: Deployment,
    home: Path,
    batch_id: str,
    cursors: Mapping[str, Cursor],
    landed_before: Mapping[str, RowsBefore],
) -> list[LandedStream]:
    task = _Task(platform, home, batch_id, _salt(home))
    with open_source(platform, deployment, home) as source:
        return [
            _land_stream(task, source, name, stream, cursors.get(name, Cursor()), landed_before.get(name, RowsBefore()))
            for name, stream in platform.file.streams.items()
        ]


def _land_stream(
    task: _Task, source: Source, name: str, stream: StreamFile, before: Cursor, landed_before: RowsBefore
) -> LandedStream:
    contract = Contract(f"{task.platform.platform_id}.{name}", stream)
    edge = Edge(before, _edge_field(task.platform, stream), cursor_pattern(stream), task.salt)
    folder = batch_folder(task.home, task.platform.platform_id, task.batch_id)
    overlap, declared, units = 0, None, dict(before.units)
    with StreamWriter(task.home, folder, name, contract.fields) as writer:
        for unit in source.read(stream, before):
            overlap += _land_unit(unit, contract, edge, writer)
            declared = unit.declared if declared is None else declared
            if unit.sha256 is not None:
                units[unit.sha256] = unit.name
        contract.check_size(writer.rows, landed_before, is_full=is_full_read(task.platform, stream, before))
        file = writer.finish()
    return LandedStream(
        platform_id=task.platform.platform_id,
        stream=name,
        batch_id=task.batch_id,
        extracted=writer.rows,
        overlap=overlap,
        declared=declared,
        files=[file] if file else [],
        fields=contract.fields,
        key_field=stream.key,
        cursor_before=before,
        cursor_after=replace(edge.after(), units=units),
    )


def _land_unit(unit: Unit, contract: Contract, edge: Edge, writer: StreamWriter) -> int:
    if unit.table.num_columns == 0:
        return 0
    contract.check_fields(unit.table.column_names, unit.name)
    rows = contract.aligned(unit.table)
    read: int = rows.num_rows
    return read - writer.write(unit.name, rows, edge.new_rows(rows))


def is_full_read(platform: Platform, stream: StreamFile, before: Cursor) -> bool:
    """True when reading on from ``before`` brings everything the source has: from the beginning, or a stream without a
    cursor. Files are full the first time; later on only those that are new are read."""
    if family_of(platform).reads_files:
        return not before.units
    return stream.cursor is None or before == Cursor()


def _edge_field(platform: Platform, stream: StreamFile) -> str | None:
    """Files are new by their content, not by the times inside: a file that comes late is read whole."""
    return None if family_of(platform).reads_files else stream.cursor


def _salt(home: Path) -> bytes:
    """The home's key, where there is one. After a change of key the edge's rows come once more, which is harmless."""
    path = home / "keys" / "hmac.key"
    return path.read_bytes() if path.exists() else b""


def _now() -> str:
    return datetime.now(ZoneInfo(ZONE)).isoformat(timespec="milliseconds")
