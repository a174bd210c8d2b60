"""Small batches made by hand: landed files and conformed files with their receipts, as the other rooms write them.

Everybody in them is invented; county 439901 is not assigned.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.arrow import arrow_schema
from schemas.catalogue import tables as declared_tables
from schemas.columns import ZONE
from schemas.receipts import Conformed, ConformedStream, Cursor, Landed, LandedFile, LandedStream
from schemas.streams import stream_tables
from schemas.tables import control, intake

DAY = datetime(2026, 7, 1, 9, tzinfo=ZoneInfo(ZONE))
KEY = bytes(range(32))
COMMUNITY = "430102001001"
KEY_FIELD = "ZJ 主键"
Row = dict[str, Any]


def at(hours: float) -> datetime:
    """A moment so many hours after the first."""
    return DAY + timedelta(hours=hours)


def form(key: str, changed: float = 0, **values: Any) -> Row:
    """One form row; attributes given become entry events."""
    base = {"person_name": "欧阳试", "cert_no": "439901199001010018", "phone": "13900000001", "mode_code": "manual"}
    fixed = {"community_code": COMMUNITY, "entered_at": at(0)}
    return {"source_key": key, "changed_at": at(changed), **base, **fixed, **values}


def case(key: str, form_key: str | None, changed: float = 0, **values: Any) -> Row:
    """One case opened by a form."""
    fixed = {"item_code": "000139001000", "community_code": COMMUNITY, "apply_at": at(0), "status_code": "closed"}
    return {"source_key": key, "changed_at": at(changed), "form_key": form_key, **fixed, **values}


def rating(key: str, case_no: str, level: int, changed: float = 0) -> Row:
    """One rating of a case."""
    fixed = {"collected_code": "active", "is_default": False, "community_code": COMMUNITY, "rated_at": at(1)}
    return {"source_key": key, "changed_at": at(changed), "case_no": case_no, "level": level, **fixed}


def ticket(key: str, name: str | None, phone: str | None, changed: float = 0) -> Row:
    """One hotline ticket."""
    fixed = {"community_code": COMMUNITY, "category_code": "other", "received_at": at(2), "status_code": "closed"}
    return {"source_key": key, "changed_at": at(changed), "caller_name": name, "caller_phone": phone, **fixed}


def usage(key: str, account: str | None, changed: float = 0) -> Row:
    """One line of an operation log."""
    fixed = {"community_code": COMMUNITY, "account_kind_code": "worker", "action_code": "submit", "occurred_at": at(3)}
    return {"source_key": key, "changed_at": at(changed), "account_no": account, **fixed}


@dataclass
class Batch:
    """One platform's batch. ``rows``: stream -> accepted rows; ``refused``: stream -> (key, disposition, reason)."""

    platform_id: str
    batch_id: str
    rows: dict[str, list[Row]]
    refused: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    def write(self, home: Path) -> tuple[Landed, Conformed]:
        """Land and conform; returns both receipts, also written beside the files."""
        streams = sorted(self.rows.keys() | self.refused.keys())
        landed = [self._land(home, s) for s in streams]
        conformed = [self._conform(home, s) for s in streams]
        ends = (DAY.isoformat(), at(1).isoformat())
        first = Landed(self.platform_id, "line_a", self.batch_id, *ends, streams=landed)
        second = Conformed(self.platform_id, "line_a", self.batch_id, streams=conformed)
        first.write(home / "landing" / self.platform_id / self.batch_id / "landed.json")
        second.write(home / "conformed" / self.platform_id / self.batch_id / "conformed.json")
        return first, second

    def _keys(self, stream: str) -> list[str]:
        return [r["source_key"] for r in self.rows.get(stream, [])] + [k for k, _, _ in self.refused.get(stream, [])]

    def _land(self, home: Path, stream: str) -> LandedStream:
        keys = self._keys(stream)
        path = Path("landing", self.platform_id, self.batch_id, f"{stream}.parquet")
        columns = {"_row": range(len(keys)), "_unit": ["page 1"] * len(keys), "_unit_row": range(len(keys))}
        table = pa.table({**columns, KEY_FIELD: pa.array(keys, pa.string())})
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, home / path)
        digest = hashlib.sha256((home / path).read_bytes()).hexdigest()
        files = [LandedFile(str(path), len(keys), digest)]
        changed = [r["changed_at"].isoformat() for r in self.rows.get(stream, [])]
        after = Cursor(max(changed, default=None))
        return LandedStream(self.platform_id, stream, self.batch_id, len(keys), 0, None, files, [KEY_FIELD], KEY_FIELD,
                            Cursor(), after)  # fmt: skip

    def _conform(self, home: Path, stream: str) -> ConformedStream:
        folder = Path("conformed", self.platform_id, self.batch_id, stream)
        (home / folder).mkdir(parents=True, exist_ok=True)
        accepted = [self._accepted(stream, n, row) for n, row in enumerate(self.rows.get(stream, []))]
        contents = {stream_tables()[stream].name: accepted}
        if stream == "form":
            contents["core_entry_event"] = [event for row in accepted for event in entry_events(row)]
        tables = {name: str(folder / f"{name}.parquet") for name in contents}
        for name, rows in contents.items():
            schema = arrow_schema(declared_tables()[name])
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), home / tables[name])
        refused = self._quarantine(stream, len(accepted))
        quarantine = pa.Table.from_pylist(refused, schema=arrow_schema(control.QUARANTINE))
        pq.write_table(quarantine, home / folder / "quarantine.parquet")
        return ConformedStream(
            self.platform_id, stream, self.batch_id, landed=len(accepted) + len(refused), accepted=len(accepted),
            quarantined=_tally(refused, "quarantine"), dropped=_tally(refused, "drop"), flagged={},
            tables=tables, quarantine_path=str(folder / "quarantine.parquet"),
        )  # fmt: skip

    def _accepted(self, stream: str, number: int, row: Row) -> Row:
        record_id = f"{self.platform_id}:{stream}:{row['source_key']}"
        head = {"record_id": record_id, "platform_id": self.platform_id, "batch_id": self.batch_id}
        return {**head, "landed_row": number, **row}

    def _quarantine(self, stream: str, first: int) -> list[Row]:
        return [
            {"platform_id": self.platform_id, "stream": stream, "batch_id": self.batch_id, "landed_row": first + n,
             "source_unit": "page 1", "source_unit_row": first + n, "source_key": key, "disposition_code": disposition,
             "reason_code": reason, "reason_codes": reason, "raw_row": json.dumps({KEY_FIELD: key})}
            for n, (key, disposition, reason) in enumerate(self.refused.get(stream, []))
        ]  # fmt: skip


def entry_events(row: Row) -> list[Row]:
    """The entry events of one accepted form row: one for each attribute that was typed."""
    shared = {
        c: row.get(c) for c in ("record_id", "landed_row", "platform_id", "mode_code", "entered_at", "community_code")
    }
    typed = [(a, row[a]) for a in intake.ATTRIBUTES if row.get(a) is not None]
    return [
        {**shared, "entry_id": f"{row['record_id']}:{a}", "attribute_code": a, "value": str(v), "value_raw": str(v),
         "is_variant_spelling": False, "case_no": row.get("case_no")}
        for a, v in typed
    ]  # fmt: skip


def _tally(refused: list[Row], disposition: str) -> dict[str, int]:
    reasons = [r["reason_code"] for r in refused if r["disposition_code"] == disposition]
    return {reason: reasons.count(reason) for reason in reasons}


def sample(platform_id: str = "alpha", batch_id: str = "b1") -> Batch:
    """A batch with a row or more of every stream, one row quarantined and one dropped."""
    rows = {
        "form": [
            form("f1", case_no="c1", birth_date=datetime(1990, 1, 1).date(), worker_no="w7"),  # noqa: DTZ001
            form("f2", person_name="买买提·试", cert_no=None, phone="0739-12", employer="试验厂"),
        ],
        "case": [case("c1", "f1"), case("c2", None)],
        "rating": [rating("r1", "c1", 5), rating("r2", "unknown", 1)],
        "survey": [{"source_key": "s1", "changed_at": at(0), "survey_code": "use_2026", "about_platform_id": "beta",
                    "level": 4, "community_code": COMMUNITY, "answered_at": at(4)}],
        "ticket": [ticket("t1", "欧阳试", "13900000001"), ticket("t2", None, None)],
        "usage": [usage("u1", "acc1"), usage("u2", "acc1"), usage("u3", None)],
    }  # fmt: skip
    refused = {
        "form": [
            ("f8", "quarantine", "core_form.cert_no.DIGITS_LOST"),
            ("f9", "drop", "core_form.person_name.TEST_RECORD"),
        ]
    }
    return Batch(platform_id, batch_id, rows, refused)


def renamed(batch: Batch, batch_id: str) -> Batch:
    """The same rows delivered again under another batch id."""
    return replace(batch, batch_id=batch_id)
