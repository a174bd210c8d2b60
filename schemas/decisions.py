"""A decision: what a person says of two records. Written to the home's ledger, obeyed by every later run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.receipts import Receipt
from schemas.tables.identity import DECISION

PERSON, MATTER = KINDS = ("person", "matter")
SAME, DIFFERENT, UNSURE = JUDGEMENTS = ("same", "different", "unsure")
TERMINAL, WORKBOOK, COMMAND, UNDO, RECOVERY = SOURCES = ("terminal", "workbook", "command", "undo", "recovery")
IN_FORCE, SUPERSEDED, WITHDRAWN = "in_force", "superseded", "withdrawn"
NO_RECORD, AGAINST_LAW, CONTRADICTED = "no_record", "against_law", "contradicted"
AGAINST_PERSONS = "against_persons"
"""States of a decision. The last four are found when a generation is matched: a record is gone, the records now have
two valid identity numbers, an earlier decision says otherwise, the persons of the two records can't be one and it is
not plain which record would have to leave. Such a decision waits; it is not forgotten."""

COLUMNS = tuple(c.name for c in DECISION.columns)


@dataclass(frozen=True, slots=True)
class Decision(Receipt):
    """One entry of the ledger.

    ``judgement`` of the pair ``left_id`` < ``right_id``; or, where ``withdraws`` names an earlier decision, nothing
    more than that it no longer holds. ``at``: ISO 8601, Beijing time. ``left_entity_id`` and ``right_entity_id``:
    surrogates that an undo gives back to the two records. ``source_key``: row of a workbook, or the event that was
    undone.
    """

    decision_id: str
    kind: str
    left_id: str
    right_id: str
    judgement: str
    at: str
    by: str
    source: str
    source_key: str | None = None
    note: str | None = None
    left_entity_id: str | None = None
    right_entity_id: str | None = None
    withdraws: str | None = None

    @property
    def pair(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.kind, self.left_id, self.right_id


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision that is not yet written: who, when and its id are the ledger's to add. The two sides may come in any
    order."""

    kind: str
    left_id: str
    right_id: str
    judgement: str
    note: str | None = None
    source_key: str | None = None
    left_entity_id: str | None = None
    right_entity_id: str | None = None
    withdraws: str | None = None

    def ordered(self) -> Answer:
        """The same with the smaller record id on the left."""
        if self.left_id <= self.right_id:
            return self
        swapped = (self.right_id, self.left_id, self.judgement, self.note, self.source_key)
        return Answer(self.kind, *swapped, self.right_entity_id, self.left_entity_id, self.withdraws)


def in_force(entries: Iterable[Decision]) -> list[Decision]:
    """The last decision on each pair unless it was withdrawn, in the order in which they were made."""
    last: dict[tuple[str, str, str], Decision] = {}
    withdrawn = set()
    for entry in entries:
        if entry.withdraws is not None:
            withdrawn.add(entry.withdraws)
            continue
        last.pop(entry.pair, None)
        last[entry.pair] = entry
    return [d for d in last.values() if d.decision_id not in withdrawn]


def decision_table(entries: Iterable[Decision]) -> pa.Table:
    """``link_decision`` as the ledger alone tells it: every decision, withdrawn and superseded ones marked."""
    rows: dict[str, dict[str, Any]] = {}
    last: dict[tuple[str, str, str], str] = {}
    for entry in entries:
        if entry.withdraws is not None:
            if (row := rows.get(entry.withdraws)) is not None and row["withdrawn_at"] is None:
                row |= {"withdrawn_at": entry.at, "withdrawn_by": entry.by}
                row |= {"left_entity_id": entry.left_entity_id, "right_entity_id": entry.right_entity_id}
                row["state_code"] = SUPERSEDED if row["superseded_by"] else WITHDRAWN
            continue
        if (before := last.get(entry.pair)) is not None:
            rows[before] |= {"superseded_by": entry.decision_id, "state_code": SUPERSEDED}
        last[entry.pair] = entry.decision_id
        rows[entry.decision_id] = _row(entry)
    return _table(list(rows.values()))


def _row(entry: Decision) -> dict[str, Any]:
    raw = entry.to_dict()
    renamed = {"kind_code": "kind", "judgement_code": "judgement", "decided_at": "at", "decided_by": "by"}
    named = {c: raw[renamed.get(c, c)] for c in COLUMNS if renamed.get(c, c) in raw}
    return {**dict.fromkeys(COLUMNS), **named, "source_code": entry.source, "state_code": IN_FORCE}


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows whose times are ISO 8601 texts as the declared table."""
    schema = arrow_schema(DECISION)
    texts = pa.schema([pa.field(f.name, pa.string()) for f in schema])
    table = pa.Table.from_pylist(rows, schema=texts)
    columns = [_times(c, f.type) if pa.types.is_timestamp(f.type) else c for c, f in zip(table, schema, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _times(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    # A text with an offset is read as that moment; the declared zone only says how it is shown.
    return texts.cast(pa.timestamp("us", tz="UTC")).cast(kind)
