"""Identity over time: what people decided about pairs of records, and what became of each surrogate.

Decisions are input, not derived: they rest in the home's ledger, and each generation holds a copy. Events are written
once, when a generation is matched, and carried from the published one.
"""

from __future__ import annotations

from sqlalchemy import Table

from schemas.columns import INT, TEXT, TIME, Class, Mask, Tier, column, table

DECISION = table(
    "link_decision",
    column("decision_id", TEXT, "判断标识", "decision id", nullable=False),
    column("kind_code", TEXT, "对象", "person or matter", nullable=False),
    column("left_id", TEXT, "左记录", "record id", nullable=False),
    column("right_id", TEXT, "右记录", "record id, greater than left", nullable=False),
    column("judgement_code", TEXT, "判断", "same, different or unsure", nullable=False),
    column("decided_at", TIME, "判断时间", "when", nullable=False),
    column("decided_by", TEXT, "判断人", "who", klass=Class.PERSONAL, mask=Mask.NAME),
    column("source_code", TEXT, "途径", "terminal, workbook, command, undo or recovery"),
    column("source_key", TEXT, "途径标识", "export and row of a workbook, event undone"),
    column("note", TEXT, "备注", "why, in the reviewer's words", klass=Class.PERSONAL, mask=Mask.DROP),
    column("left_entity_id", TEXT, "左恢复标识", "surrogate that the left record gets back (undo)"),
    column("right_entity_id", TEXT, "右恢复标识", "surrogate that the right record gets back (undo)"),
    column("withdrawn_at", TIME, "撤回时间", "when it was withdrawn"),
    column("withdrawn_by", TEXT, "撤回人", "who withdrew it", klass=Class.PERSONAL, mask=Mask.NAME),
    column("superseded_by", TEXT, "被取代", "later decision on the same pair"),
    column(
        "state_code",
        TEXT,
        "效力",
        "in_force, superseded, withdrawn, no_record, against_law, against_persons or contradicted",
        nullable=False,
    ),
    zh="人工判断",
    en="decisions",
    tier=Tier.VAULT,
    key=("decision_id",),
    grain="One row is what one person decided about one pair of records, and whether it is in force.",
)

CREATED, SPLIT, RESTORED = BIRTHS = ("created", "split", "restored")
"""Events with which a surrogate begins to live: from new records, out of another, back as it was before a merge."""
MERGED, RETIRED = ENDS = ("merged", "retired")
"""Events with which one ends: its records are another's now, or it has no record left."""
MOVED = "moved"
"""Records went from one living surrogate to another."""


def _event(kind: str, zh: str, en: str) -> Table:
    return table(
        f"link_{kind}_event",
        column("event_id", TEXT, "变更标识", "event id", nullable=False),
        column("generation", INT, "版本", "generation it happened in", nullable=False),
        column("run_id", TEXT, "运行", "run it happened in"),
        column("occurred_at", TIME, "时间", "start of that run"),
        column("event_code", TEXT, "变更", "created, split, restored, merged, retired or moved", nullable=False),
        column(f"{kind}_id", TEXT, "标识", "surrogate it happened to", nullable=False),
        column("other_id", TEXT, "另一标识", "surrogate it came from (split, restored, moved) or went to (merged)"),
        column("record_count", INT, "记录数", "records that changed hands, or that it was created or retired with"),
        column("decision_id", TEXT, "依据判断", "decision that brought it about, if one did"),
        zh=zh,
        en=en,
        tier=Tier.WAREHOUSE,
        key=("event_id",),
        grain="One row is one change in the life of a surrogate.",
    )


def _event_record(kind: str, zh: str, en: str) -> Table:
    return table(
        f"link_{kind}_event_record",
        column("event_id", TEXT, "变更标识", "event id", nullable=False),
        column("record_id", TEXT, "记录标识", "record id", nullable=False),
        column(f"{kind}_id", TEXT, "原标识", "surrogate that the record had before", nullable=False),
        zh=zh,
        en=en,
        tier=Tier.VAULT,
        key=("event_id", "record_id"),
        grain="One row is a record that a change concerned, with the surrogate that it had before.",
    )


PERSON_EVENT = _event("person", "人员标识变更", "history of persons")
MATTER_EVENT = _event("matter", "事件标识变更", "history of matters")
PERSON_EVENT_RECORD = _event_record("person", "人员标识变更记录", "records of the history of persons")
MATTER_EVENT_RECORD = _event_record("matter", "事件标识变更记录", "records of the history of matters")
