"""What loading writes down: the balance sheet, the cursors and the rule hits, in the generation that holds the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Table

from schemas import ddl
from schemas.arrow import arrow_schema
from schemas.receipts import Conformed, ConformedStream, Landed, LandedStream, Receipt
from schemas.tables import control
from warehouse.build import Build
from warehouse.queries import query

VERDICTS = ("inserted", "updated", "unchanged", "superseded")
Fates = dict[tuple[str, str, str], dict[str, int]]
"""(batch id, platform id, stream) -> verdict -> accepted rows."""


@dataclass(frozen=True, slots=True)
class Loaded(Receipt):
    """What a load did. ``counts``: batches, streams, and accepted rows by verdict."""

    batch_ids: list[str]
    counts: dict[str, int]


def record(build: Build, batches: Sequence[tuple[Landed, Conformed]], fates: Fates) -> Loaded:
    """Write ``ctl_batch``, ``ctl_cursor`` and ``ctl_quality_flag`` for batches whose rows have been merged."""
    pairs = [(a, b) for landed, conformed in batches for a, b in _paired(landed, conformed)]
    rows = [_batch_row(build.run_id, a, b, fates.get((b.batch_id, b.platform_id, b.stream), {})) for a, b in pairs]
    _append(build, control.BATCH, rows)
    _append(build, control.QUALITY_FLAG, [row for _, part in pairs for row in _flag_rows(part)])
    _move_cursors(build, [a for a, _ in pairs])
    counts = {v: sum(row[f"{v}_rows"] for row in rows) for v in VERDICTS}
    return Loaded([landed.batch_id for landed, _ in batches], {"streams": len(rows), **counts})


def _paired(landed: Landed, conformed: Conformed) -> list[tuple[LandedStream, ConformedStream]]:
    parts = {p.stream: p for p in conformed.streams}
    return [(s, parts[s.stream]) for s in landed.streams]


def _batch_row(run_id: str, landed: LandedStream, part: ConformedStream, fate: dict[str, int]) -> dict[str, Any]:
    return {
        "batch_id": landed.batch_id,
        "platform_id": landed.platform_id,
        "stream": landed.stream,
        "run_id": run_id,
        "receipt_path": f"landing/{landed.platform_id}/{landed.batch_id}/landed.json",
        "landed_files": json.dumps([asdict(f) for f in landed.files], sort_keys=True),
        "key_field": landed.key_field,
        "extracted_rows": landed.extracted,
        "landed_rows": landed.landed,
        "accepted_rows": part.accepted,
        "quarantined_rows": sum(part.quarantined.values()),
        "dropped_rows": sum(part.dropped.values()),
        **{f"{verdict}_rows": fate.get(verdict, 0) for verdict in VERDICTS},
    }


def _flag_rows(part: ConformedStream) -> list[dict[str, Any]]:
    hits = (("flag", part.flagged), ("quarantine", part.quarantined), ("drop", part.dropped))
    return [
        {
            "batch_id": part.batch_id,
            "platform_id": part.platform_id,
            "stream": part.stream,
            "reason_code": reason,
            "disposition_code": disposition,
            "row_count": count,
        }
        for disposition, reasons in hits
        for reason, count in reasons.items()
    ]


def _move_cursors(build: Build, streams: list[LandedStream]) -> None:
    """The cursor of a stream is that of its latest batch; one loaded late does not move it back."""
    latest: dict[tuple[str, str], LandedStream] = {}
    for stream in sorted(streams, key=lambda s: s.batch_id):
        latest[stream.platform_id, stream.stream] = stream
    rows = [
        {
            "platform_id": s.platform_id,
            "stream": s.stream,
            "cursor_json": json.dumps(s.cursor_after.to_dict(), ensure_ascii=False, sort_keys=True),
            "batch_id": s.batch_id,
        }
        for s in latest.values()
    ]
    build.con.register("moved", pa.Table.from_pylist(rows, schema=arrow_schema(control.CURSOR)))
    build.con.execute(
        "DELETE FROM warehouse.ctl_cursor AS c USING moved AS m"
        " WHERE c.platform_id = m.platform_id AND c.stream = m.stream AND c.batch_id <= m.batch_id"
    )
    build.con.execute(
        "INSERT INTO warehouse.ctl_cursor SELECT * FROM moved AS m"
        " ANTI JOIN warehouse.ctl_cursor AS c ON c.platform_id = m.platform_id AND c.stream = m.stream"
    )
    build.con.unregister("moved")


def _append(build: Build, table: Table, rows: list[dict[str, Any]]) -> None:
    build.con.register("appended", pa.Table.from_pylist(rows, schema=arrow_schema(table)))
    text = query("insert_rows", table=ddl.qualified(table), columns=ddl.column_list(table), source="appended")
    build.con.execute(text)
    build.con.unregister("appended")
