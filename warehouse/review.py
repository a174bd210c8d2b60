"""What a reviewer reads of the published generation: the queue, records (masked unless asked), decisions, history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Column, Date, DateTime

from schemas import ddl
from schemas.catalogue import tables
from schemas.columns import Mask, meta_of
from schemas.decisions import KINDS, PERSON
from schemas.questions import RECORDS, SHOWN, Question, Side
from warehouse import reader
from warehouse.history import LINEAGES
from warehouse.queries import guarded, query

QUEUES = {"person": ("link_review", "link_person_pair"), "matter": ("link_matter_review", "link_matter_pair")}
"""Kind -> its queue and its scored pairs, where they are declared."""
HIDDEN = "〔隐去〕"


def read_questions(home: Path) -> list[Question]:
    """The published queue, most worthwhile first, values masked. Raises StoreError when nothing is published."""
    with reader.connect(home) as con, guarded("review queue"):
        found = [q for kind in KINDS for q in _questions(con, kind)]
    return sorted(found, key=lambda q: (-q.worth, q.pair))


def read_sides(
    home: Path, kind: str, record_ids: Sequence[str], *, unmasked: bool = False
) -> dict[str, dict[str, Any]]:
    """Records by id: ``platform_id`` and the texts of :data:`schemas.questions.SHOWN`; unknown ids are left out."""
    with reader.connect(home) as con, guarded("records"):
        return _records(con, kind, record_ids, unmasked=unmasked)


def entities_of(home: Path, kind: str, record_ids: Sequence[str]) -> dict[str, str]:
    """Record -> surrogate, for those of the records that are published."""
    if not record_ids:
        return {}
    rows = ask(home, kind, "record_entities", ids=list(record_ids)).to_pylist()
    return {row["record_id"]: row["entity_id"] for row in rows}


def person_records(home: Path, record_ids: Sequence[str]) -> pa.Table:
    """Chosen rows of ``link_person_record``, unmasked: to be matched, not to be shown."""
    return ask(home, PERSON, "chosen_person_records", ids=list(record_ids))


def records_of_persons(home: Path, record_ids: Sequence[str]) -> pa.Table:
    """``entity_id``, ``record_id`` and ``cert_no`` of every record of the persons that the records belong to, unmasked:
    to be judged, not to be shown."""
    return ask(home, PERSON, "records_of_persons", ids=list(record_ids))


def ask(home: Path, kind: str, name: str, /, **words: Any) -> pa.Table:
    """One of the room's statements on the tables of a kind, on the published generation."""
    with reader.connect(home) as con, guarded(name):
        return con.execute(query(name, **LINEAGES[kind].names()), words).to_arrow_table()


def _questions(con: duckdb.DuckDBPyConnection, kind: str) -> list[Question]:
    queue, pairs = QUEUES[kind]
    if queue not in tables() or pairs not in tables():
        return []
    names = LINEAGES[kind].names() | {"review": ddl.qualified(tables()[queue])}
    rows = con.execute(query("review_pairs", **names)).to_arrow_table().to_pylist()
    records = _records(con, kind, [r[s] for r in rows for s in ("left_id", "right_id")], unmasked=False)
    return [_question(kind, row, records) for row in rows]


def _question(kind: str, row: dict[str, Any], records: dict[str, dict[str, Any]]) -> Question:
    left, right = (
        _side(row[f"{s}_id"], row[f"{s}_entity"], row[f"{s}_size"], records[row[f"{s}_id"]]) for s in ("left", "right")
    )
    levels = dict(part.split("=", 1) for part in (row["levels"] or "").split())
    numbers = row["match_weight"], row["match_probability"], row["reason_code"], row["worth"]
    return Question(kind, left, right, *numbers, levels)


def _side(record_id: str, entity_id: str, size: int, values: dict[str, Any]) -> Side:
    shown = {c: v for c, v in values.items() if c not in ("record_id", "platform_id")}
    return Side(record_id, values["platform_id"], entity_id, size, shown)


def _records(
    con: duckdb.DuckDBPyConnection, kind: str, ids: Sequence[str], *, unmasked: bool
) -> dict[str, dict[str, Any]]:
    con.execute(query("masks"))
    columns = [RECORDS[kind].columns[name] for name in SHOWN[kind]]
    values = ", ".join(f"{_text(c, unmasked=unmasked)} AS {ddl.identifier(c.name)}" for c in columns)
    text = query("review_records", values=values, records=ddl.qualified(RECORDS[kind]))
    rows = con.execute(text, {"ids": list(dict.fromkeys(ids))}).to_arrow_table().to_pylist()
    return {row["record_id"]: row for row in rows}


def _text(col: Column[Any], *, unmasked: bool) -> str:
    """The SQL of a value as a reviewer sees it: declared masks, and what is not even shown masked only named."""
    name, mask = ddl.identifier(col.name), None if unmasked else meta_of(col).mask
    if mask in (Mask.DROP, Mask.TOKEN):
        return f"CASE WHEN {name} IS NOT NULL THEN '{HIDDEN}' END"
    if mask is Mask.YEAR:
        return f"strftime({name}, '%Y') || '-**-**'"
    if mask is not None:
        return f"mask_{mask.value}({name})"
    if isinstance(col.type, DateTime):
        return f"strftime({name}, '%Y-%m-%d %H:%M')"
    return f"strftime({name}, '%Y-%m-%d')" if isinstance(col.type, Date) else f"{name}::VARCHAR"
