"""Single records: where each was landed, and why one is not published."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from connectors.landing import RECEIPT
from liandao.answers.explained import RecordExplained
from schemas import ddl
from schemas.errors import DamagedFile
from schemas.receipts import Landed
from schemas.streams import stream_tables
from warehouse import reader

REFUSED = """
SELECT batch_id, landed_row, source_unit, source_unit_row, disposition_code, reason_codes FROM vault.ctl_quarantine
WHERE platform_id = ? AND stream = ? AND source_key = ? ORDER BY batch_id DESC, landed_row DESC LIMIT 1
"""
PLACE = "SELECT _unit, _unit_row FROM read_parquet(?) WHERE _row = ?"
PERSON = "SELECT person_id FROM warehouse.link_person WHERE record_id = ?"


def find_record(home: Path, record_id: str) -> RecordExplained | None:
    """What became of the record ``platform:stream:key``; None where nothing of it is published or was set aside."""
    platform_id, _, rest = record_id.partition(":")
    stream, _, key = rest.partition(":")
    table = stream_tables().get(stream)
    if table is None or not key or not reader.is_published(home):
        return None
    with reader.connect(home, files=True) as con:
        held = con.execute(
            f"SELECT batch_id, landed_row FROM {ddl.qualified(table)} WHERE record_id = ?",  # noqa: S608
            [record_id],
        ).fetchone()
        refused = con.execute(REFUSED, [platform_id, stream, key]).fetchone()
        if held is not None:
            receipt = _receipt(home, platform_id, held[0])
            unit, unit_row = _place(con, home, receipt, stream, held[1])
            person = con.execute(PERSON, [record_id]).fetchone()
            newer = refused if refused and refused[0] > held[0] else None
            return RecordExplained(
                "record", record_id, platform_id, stream, "published", held[0], held[1], unit, unit_row,
                receipt.ended_at if receipt else None, newer[5].split(",") if newer else [],
                newer[0] if newer else None, person[0] if person else None,
            )  # fmt: skip
    return _refused(home, record_id, platform_id, stream, refused) if refused else None


def _refused(home: Path, record_id: str, platform_id: str, stream: str, row: tuple[Any, ...]) -> RecordExplained:
    batch_id, landed_row, unit, unit_row, disposition, reasons = row
    receipt = _receipt(home, platform_id, batch_id)
    return RecordExplained(
        topic="record",
        record_id=record_id,
        platform_id=platform_id,
        stream=stream,
        fate=disposition,
        batch_id=batch_id,
        landed_row=landed_row,
        unit=unit,
        unit_row=unit_row,
        landed_at=receipt.ended_at if receipt else None,
        reasons=reasons.split(","),
        refused_in=batch_id,
        person_id=None,
    )


def _receipt(home: Path, platform_id: str, batch_id: str) -> Landed | None:
    with suppress(FileNotFoundError, DamagedFile):
        return Landed.read(home / "landing" / platform_id / batch_id / RECEIPT)
    return None


def _place(
    con: duckdb.DuckDBPyConnection, home: Path, receipt: Landed | None, stream: str, landed_row: int
) -> tuple[str | None, int | None]:
    """Unit and row in it, from the landed file that holds the row; nothing where the file is gone."""
    streams = receipt.streams if receipt else []
    files = [str(home / file.path) for s in streams if s.stream == stream for file in s.files]
    there = [file for file in files if Path(file).is_file()]
    found = con.execute(PLACE, [there, landed_row]).fetchone() if there else None
    return (found[0], found[1]) if found else (None, None)
