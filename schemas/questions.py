"""A question of the review queue, and the words in which it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.codes import code_lists
from schemas.columns import meta_of
from schemas.decisions import MATTER, PERSON
from schemas.tables.intake import CASE
from schemas.tables.link import PERSON_RECORD

SHOWN: dict[str, tuple[str, ...]] = {
    PERSON: ("person_name", "cert_no", "birth_date", "sex_code", "phone", "address", "community_code", "recorded_at"),
    MATTER: ("item_code", "apply_at", "close_at", "status_code", "community_code", "parent_case_no", "link_code"),
}
"""What of a record a reviewer is shown, by kind of record."""
RESPECTS = {
    "person": "申请人 applicant",
    "item": "事项 item",
    "days": "相隔 days apart",
    "object": "标的 object",
    "community": "社区 community",
    "number": "编号 number",
    "title": "标题 title",
    "link": "注明的关联 stated link",
}
"""What cases are compared in besides their columns."""
RECORDS = {PERSON: PERSON_RECORD, MATTER: CASE}
"""The table of the vault that the records of a kind rest in."""
UNKNOWN = "—"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records. ``values``: column of :data:`SHOWN` -> text (masked unless it was asked otherwise), None
    where the record has nothing; ``entity_size``: records that its surrogate has."""

    record_id: str
    platform_id: str
    entity_id: str
    entity_size: int
    values: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Question:
    """One pair that a person is asked about. ``levels``: field -> name of its comparison level; ``words``: the same in
    words, where a kind of record has its own; ``worth``: records whose surrogate may change with the answer."""

    kind: str
    left: Side
    right: Side
    match_weight: float
    match_probability: float
    reason: str
    worth: float
    levels: dict[str, str]
    words: dict[str, str] = field(default_factory=dict)

    def comparison(self, name: str) -> str:
        """How the two compare in one field, in both languages; empty where nothing was compared."""
        return self.words.get(name) or level_title(self.levels.get(name, ""))

    @property
    def pair(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.kind, self.left.record_id, self.right.record_id

    @property
    def joined(self) -> bool:
        """Whether the two are one at the moment."""
        return self.left.entity_id == self.right.entity_id


def field_title(kind: str, name: str) -> str:
    """The title of a compared or shown field in both languages."""
    columns = RECORDS[kind].columns
    if name in columns:
        return f"{meta_of(columns[name]).zh} {meta_of(columns[name]).en}"
    return RESPECTS.get(name, name)


def level_title(level: str) -> str:
    """The words for a comparison level in both languages; an unknown level is named as it is."""
    return _words("match_level", "prefix" if level.startswith("prefix_") else level)


def reason_title(reason: str) -> str:
    """Why a person is asked, in both languages."""
    return _words("review_reason", reason)


def judgement_title(judgement: str) -> str:
    """A judgement in both languages."""
    return _words("judgement", judgement)


def _words(name: str, code: str) -> str:
    return " ".join(code_lists()[name].get(code, (code,)))
