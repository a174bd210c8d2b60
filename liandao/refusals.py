"""Refusals: why an answer can't be kept, found before it is.

What speaks against an answer is read from the ledger (the decisions in force) and from what is published (the records,
their persons and numbers), never from how a queue was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.decisions import (
    AGAINST_LAW,
    AGAINST_PERSONS,
    CONTRADICTED,
    DIFFERENT,
    JUDGEMENTS,
    PERSON,
    SAME,
    Answer,
    Decision,
    in_force,
)
from schemas.errors import DecisionRefused
from schemas.questions import Question
from warehouse.history import LINEAGES
from warehouse.review import entities_of, person_records, records_of_persons

if TYPE_CHECKING:
    from transforms.match.decisions import Conflict, Held

Judged = tuple[str, str, str]
"""Left record, right record, judgement."""
UNKNOWN_RECORD, SAME_RECORD, NO_JUDGEMENT, NO_KIND = "unknown_record", "same_record", "no_judgement", "no_kind"
WHY = {
    UNKNOWN_RECORD: ("没有这条记录", "there is no such record"),
    SAME_RECORD: ("左右是同一条记录", "both sides are one record"),
    NO_JUDGEMENT: ("不是可用的判断", "no such judgement"),
    NO_KIND: ("不是可判断的对象", "no such kind of record"),
    AGAINST_LAW: ("两侧有两个不同的有效证件号，不能判为同一人", "two different valid numbers can't be one person"),
    AGAINST_PERSONS: (
        "两条记录所属的人有两个不同的有效证件号",
        "the persons of the two records have two different valid numbers",
    ),
    CONTRADICTED: ("与已有判断矛盾", "contradicts what has been decided"),
}
"""Why an answer can't be kept, in both languages."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one answer can't be kept: a code of :data:`WHY`, and the chain of records that speaks against it."""

    code: str
    chain: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Both languages, with the chain."""
        return " ".join(WHY[self.code]) + (f": {' — '.join(self.chain)}" if self.chain else "")


def refused(answer: Answer, refusal: Refusal) -> DecisionRefused:
    """The error of one answer that can't be kept."""
    steps = {
        UNKNOWN_RECORD: "liandao review list",
        AGAINST_LAW: "ask the platform to correct the number; the pair is matched again when the correction comes",
        AGAINST_PERSONS: "if one record is with the wrong person, part it from them first: liandao review decide "
        "RECORD RECORD_WITH_THE_NUMBER different; the next run moves it",
        CONTRADICTED: "liandao review log; withdraw what is wrong: liandao review withdraw DECISION",
    }
    return DecisionRefused(
        " ".join(WHY[refusal.code]),
        where=f"{answer.kind} {answer.left_id} {answer.right_id}: {answer.judgement}",
        expected="nothing that speaks against it",
        found=" — ".join(refusal.chain),
        next_step=steps.get(refusal.code, "liandao review --help"),
    )


def refusals(
    home: Path, entries: Sequence[Decision], answers: Sequence[Answer], *, restores: bool = False
) -> list[Refusal | None]:
    """What speaks against each answer, given the ledger and the answers before it; None where nothing does.

    ``restores``: they say what was before, so the persons that records belong to now are what they take back.
    """
    found, standing = [_plainly_wrong(a) for a in answers], _standing(entries, answers)
    for kind in LINEAGES:
        rows = [i for i, a in enumerate(answers) if a.kind == kind and found[i] is None and a.withdraws is None]
        ordered = [answers[i].ordered() for i in rows]
        judged = [(a.left_id, a.right_id, a.judgement) for a in ordered]
        facts = read_facts(home, kind, standing, judged)
        for i, refusal in zip(rows, in_turn(facts, judged, restores=restores), strict=True):
            found[i] = refusal
    return found


def answerable(home: Path, kind: str, standing: Sequence[Decision], questions: Sequence[Question]) -> set[Judged]:
    """The pairs (:attr:`schemas.questions.Question.pair`) among some questions of a kind that may be answered either
    way."""
    pairs = [(q.left.record_id, q.right.record_id) for q in questions if q.kind == kind]
    facts = read_facts(home, kind, standing, [(*pair, SAME) for pair in pairs])
    return {(kind, *pair) for pair in either_way(facts, pairs)}


@dataclass(frozen=True, slots=True)
class Facts:
    """What answers are checked against.

    ``held``: the judgements in force; ``entity``: record -> its surrogate, for every record that is named and there is;
    ``numbers``: record -> code of its valid identity number; ``numbered``: person -> a record of theirs with a valid
    number, and that number's code.
    """

    held: Sequence[Judged]
    entity: Mapping[str, str]
    numbers: Mapping[str, int] = field(default_factory=dict)
    numbered: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def read_facts(home: Path, kind: str, standing: Sequence[Decision], answers: Sequence[Judged]) -> Facts:
    """What is published of the records that answers and decisions in force are about."""
    held = [(d.left_id, d.right_id, d.judgement) for d in standing if d.kind == kind]
    if not answers:
        return Facts(held, {})
    named = list(dict.fromkeys(r for left, right, _ in (*held, *answers) for r in (left, right)))
    known = entities_of(home, kind, named)
    if kind != PERSON:
        return Facts(held, known)
    from transforms.match.decisions import valid_numbers

    records = person_records(home, named)
    return Facts(held, known, valid_numbers(records), _numbered(home, answers))


def _numbered(home: Path, answers: Sequence[Judged]) -> dict[str, tuple[str, int]]:
    from transforms.match.decisions import valid_numbers

    named = [r for left, right, judgement in answers if judgement == SAME for r in (left, right)]
    if not named:
        return {}
    members = records_of_persons(home, named)
    codes = valid_numbers(members) if members.num_rows else {}
    entities = zip(members["entity_id"].to_pylist(), members["record_id"].to_pylist(), strict=True)
    return {entity: (record, codes[record]) for entity, record in entities if record in codes}


def in_turn(facts: Facts, answers: Sequence[Judged], *, restores: bool = False) -> list[Refusal | None]:
    """What speaks against each answer, given those before it. One on a pair that is held takes its place."""
    from transforms.match.decisions import first_conflict, taken

    sound = [a for a in answers if not _missing(facts, a)]
    conflicts = dict(zip(sound, first_conflict(facts.held, sound, facts.numbers), strict=True))
    book = taken(facts.held, facts.numbers)
    return [_against(facts, a, conflicts.get(a), None if restores else book) for a in answers]


def either_way(facts: Facts, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that may be answered with *same* and with *different*, each as if it were the only one."""
    from transforms.match.decisions import taken

    book = taken(facts.held, facts.numbers)

    def is_open(answer: Judged) -> bool:
        return not _missing(facts, answer) and _against(facts, answer, book.conflict(*answer), book) is None

    return [pair for pair in pairs if is_open((*pair, SAME)) and is_open((*pair, DIFFERENT))]


def _missing(facts: Facts, answer: Judged) -> tuple[str, ...]:
    return tuple(r for r in answer[:2] if r not in facts.entity)


def _against(facts: Facts, answer: Judged, conflict: Conflict | None, book: Held | None) -> Refusal | None:
    """``conflict``: among judgements; ``book``: those in force, None where persons are not to be looked at."""
    if gone := _missing(facts, answer):
        return Refusal(UNKNOWN_RECORD, gone)
    if conflict is not None:
        return Refusal(conflict.state, conflict.chain)
    return None if book is None else _between_entities(facts, answer, book)


def _between_entities(facts: Facts, answer: Judged, book: Held) -> Refusal | None:
    """A *same* between two persons (or matters) that can't be one, where nobody has said which of the two records is
    with the wrong one."""
    left, right, judgement = answer
    one, other = facts.entity[left], facts.entity[right]
    if judgement != SAME or one == other:
        return None
    numbers = facts.numbered.get(one), facts.numbered.get(other)
    if numbers[0] is not None and numbers[1] is not None and numbers[0][1] != numbers[1][1]:
        return Refusal(AGAINST_PERSONS, tuple(dict.fromkeys((numbers[0][0], left, right, numbers[1][0]))))
    return _told_apart(facts, answer, (one, other), book)


def _told_apart(facts: Facts, answer: Judged, entities: tuple[str, str], book: Held) -> Refusal | None:
    """Others of the two were told apart: then one of the two records leaves its own, if it is plain which."""
    apart = [h for h in facts.held if h[2] == DIFFERENT and {facts.entity.get(r) for r in h[:2]} == set(entities)]
    if not apart:
        return None
    left, right, _ = answer
    ends = {book.find(r) for h in apart for r in h[:2]}
    is_bound = [book.find(r) in ends for r in (left, right)]
    if is_bound[0] != is_bound[1]:
        return None
    a, b, _ = apart[0] if facts.entity[apart[0][0]] == entities[0] else (apart[0][1], apart[0][0], "")
    return Refusal(CONTRADICTED, tuple(dict.fromkeys((left, a, b, right))))


def _plainly_wrong(answer: Answer) -> Refusal | None:
    if answer.withdraws is not None:
        return None
    if answer.kind not in LINEAGES:
        return Refusal(NO_KIND)
    if answer.judgement not in JUDGEMENTS:
        return Refusal(NO_JUDGEMENT)
    return Refusal(SAME_RECORD, (answer.left_id,)) if answer.left_id == answer.right_id else None


def _standing(entries: Sequence[Decision], answers: Sequence[Answer]) -> list[Decision]:
    """What is in force beside the answers: withdrawals among them count already."""
    gone = {a.withdraws for a in answers}
    return [d for d in in_force(entries) if d.decision_id not in gone]
