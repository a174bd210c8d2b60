"""Small canonical event tables with valid codes, for tests that need platforms but no people."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from province.estate import habits
from province.estate_fields import coded_columns
from schemas.arrow import arrow_schema
from schemas.codes import code_lists
from schemas.tables.intake import PROGRAM_STREAMS

OURS = {"record_id", "batch_id", "landed_row"}
COMMUNITIES = ["430103015203", "430802001001", "431202100200"]
FIRST = np.datetime64("2026-06-01T00:00:00", "s")
SECONDS = 150 * 86_400
CERTIFICATES = ["439901199001010012", "43990119850303001X", "439902197007070039"]


def events(stream: str, rows: int, seed: int = 1, platform_id: str | None = None) -> pa.Table:
    """Canonical rows of one stream, spread over June to October 2026 and (if not given) over all platforms with it."""
    rng = np.random.default_rng([seed, len(stream)])
    owners = [platform_id] if platform_id else [h.platform_id for h in habits() if stream in h.streams]
    columns = {
        field.name: _values(field, rows, rng)
        for field in arrow_schema(PROGRAM_STREAMS[stream])
        if field.name not in OURS
    }
    columns["platform_id"] = pa.array([owners[n % len(owners)] for n in range(rows)])
    columns["source_key"] = pa.array([f"{stream[0]}{n:06d}" for n in range(rows)])
    return pa.table(columns)


def _values(field: pa.Field, rows: int, rng: np.random.Generator) -> pa.Array:
    if pa.types.is_timestamp(field.type):
        moments = FIRST + rng.integers(0, SECONDS, rows).astype("timedelta64[s]")
        return pa.array(moments.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC")).cast(field.type)
    if pa.types.is_date(field.type):
        return pa.array([date(1980, 1, 2)] * rows)
    if pa.types.is_boolean(field.type):
        return pa.array(rng.random(rows) < 0.5)
    if pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
        return pa.array(rng.integers(1, 6, rows)).cast(field.type)
    return pa.array(rng.choice(_texts(field.name), rows).tolist(), pa.string())


def _texts(column: str) -> list[str]:
    known = {
        "cert_no": CERTIFICATES,
        "person_name": ["欧阳建国", "李娜"],
        "community_code": COMMUNITIES,
        "residence_code": COMMUNITIES,
        "phone": ["13900000001"],
        "address": ['"3栋"|A&B <东>, 1号'],
    }
    if column in coded_columns() and coded_columns()[column] in code_lists():
        return list(code_lists()[coded_columns()[column]])
    if column == "item_code":
        return list(code_lists()["item"])
    return known.get(column, [f"{column}甲", f"{column}乙"])


class SmallPeople:
    """What a population hands over, made of :func:`events`. ``rows``: per platform and stream."""

    def __init__(self, rows: int = 40) -> None:
        counts = {stream: sum(stream in h.streams for h in habits()) * rows for stream in PROGRAM_STREAMS}
        self.streams = {stream: events(stream, count) for stream, count in counts.items()}
        self.communities = COMMUNITIES

    def write_truth(self, folder: Path) -> None:
        """Nothing is planted."""
        (folder / "nothing.txt").write_text("", encoding="utf-8")
