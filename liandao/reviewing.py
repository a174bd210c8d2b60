"""Reviewing: what is left to ask, and answers that are checked before they are kept.

Used by the commands; nothing here talks to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from schemas.decisions import (
    AGAINST_LAW,
    AGAINST_PERSONS,
    CONTRADICTED,
    JUDGEMENTS,
    MATTER,
    PERSON,
    SAME,
    UNDO,
    WITHDRAWN,
    Answer,
    Decision,
    in_force,
)
from schemas.errors import DecisionRefused
from schemas.questions import Question
from warehouse.decisions import Writer, read_decisions, writing
from warehouse.history import LINEAGES
from warehouse.review import entities_of, person_records, read_questions, records_of_persons

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


def open_questions(home: Path, kind: str | None = None) -> list[Question]:
    """The published queue without what has been decided since or can't be, most worthwhile first."""
    decided = in_force(read_decisions(home))
    pairs = {d.pair for d in decided}
    entities = _entities(home, decided)
    between = {frozenset((entities.get(d.left_id), entities.get(d.right_id))) for d in decided}
    asked = [
        q
        for q in read_questions(home)
        if kind in (None, q.kind)
        and q.pair not in pairs
        and (q.joined or frozenset((q.left.entity_id, q.right.entity_id)) not in between)
    ]
    return _answerable(home, asked)


def _answerable(home: Path, questions: Sequence[Question]) -> list[Question]:
    """Those that may be answered either way: not the ones between persons with two valid numbers, who stay two whatever
    is said of the pair."""
    persons = [q for q in questions if q.kind == PERSON and not q.joined]
    numbered = _numbered(home, [(q.left.record_id, q.right.record_id, SAME) for q in persons])
    codes = {entity: code for entity, (_, code) in numbered.items()}

    def is_settled(q: Question) -> bool:
        one, other = codes.get(q.left.entity_id), codes.get(q.right.entity_id)
        return q.kind == PERSON and None not in (one, other) and one != other

    return [q for q in questions if not is_settled(q)]


def _entities(home: Path, decided: Sequence[Decision]) -> dict[str, str]:
    """Record -> its surrogate as published, for the records that were decided about."""
    found: dict[str, str] = {}
    for kind in LINEAGES:
        found |= entities_of(home, kind, [r for d in decided if d.kind == kind for r in (d.left_id, d.right_id)])
    return found


def decide(home: Path, answers: Sequence[Answer], by: str, source: str) -> list[Decision]:
    """Keep answers, all or none. Raises DecisionRefused for the first that can't be, naming what speaks against it."""
    with writing(home) as ledger:
        return decide_in(ledger, home, answers, by, source)


def decide_in(ledger: Writer, home: Path, answers: Sequence[Answer], by: str, source: str) -> list[Decision]:
    """:func:`decide` with the ledger already locked."""
    against = refusals(home, ledger.entries, answers, restores=source == UNDO)
    for answer, refusal in zip(answers, against, strict=True):
        if refusal is not None:
            raise refused(answer, refusal)
    return ledger.append(answers, by, source)


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
        if rows:
            chosen = [answers[i].ordered() for i in rows]
            for i, refusal in zip(rows, _refused_of_kind(home, kind, standing, chosen, restores=restores), strict=True):
                found[i] = refusal
    return found


def _plainly_wrong(answer: Answer) -> Refusal | None:
    if answer.withdraws is not None:
        return None
    if answer.kind not in LINEAGES:
        return Refusal(NO_KIND)
    if answer.judgement not in JUDGEMENTS:
        return Refusal(NO_JUDGEMENT)
    return Refusal(SAME_RECORD, (answer.left_id,)) if answer.left_id == answer.right_id else None


def _refused_of_kind(
    home: Path, kind: str, standing: Sequence[Decision], answers: Sequence[Answer], *, restores: bool
) -> list[Refusal | None]:
    from transforms.match.decisions import first_conflict

    held = [(d.left_id, d.right_id, d.judgement) for d in standing if d.kind == kind]
    new = [(a.left_id, a.right_id, a.judgement) for a in answers]
    named = list(dict.fromkeys(r for left, right, _ in (*held, *new) for r in (left, right)))
    known = entities_of(home, kind, named)
    missing = [tuple(r for r in n[:2] if r not in known) for n in new]
    sound = [n for n, gone in zip(new, missing, strict=True) if not gone]
    conflicts = iter(first_conflict(held, sound, _numbers(home, kind, named)))
    numbered = _numbered(home, new) if kind == PERSON and not restores else {}
    found: list[Refusal | None] = []
    for answer, gone in zip(new, missing, strict=True):
        conflict = None if gone else next(conflicts)
        if gone:
            found.append(Refusal(UNKNOWN_RECORD, gone))
        elif conflict:
            found.append(Refusal(conflict.state, conflict.chain))
        else:
            found.append(_between_persons(answer, known, numbered))
    return found


def _between_persons(
    answer: tuple[str, str, str], known: Mapping[str, str], numbered: Mapping[str, tuple[str, int]]
) -> Refusal | None:
    """A *same* between records of two persons who are told apart by valid numbers would tear both records off them."""
    left, right, judgement = answer
    one, other = numbered.get(known[left]), numbered.get(known[right])
    if judgement != SAME or one is None or other is None or one[1] == other[1]:
        return None
    chain = (one[0], left, right, other[0])
    return Refusal(AGAINST_PERSONS, tuple(dict.fromkeys(chain)))


def _numbered(home: Path, answers: Sequence[tuple[str, str, str]]) -> dict[str, tuple[str, int]]:
    """Person -> a record of theirs with a valid number, and that number's code; of persons that are to be joined."""
    from transforms.match.decisions import valid_numbers

    named = [r for left, right, judgement in answers if judgement == SAME for r in (left, right)]
    if not named:
        return {}
    members = records_of_persons(home, named)
    codes = valid_numbers(members) if members.num_rows else {}
    entities = zip(members["entity_id"].to_pylist(), members["record_id"].to_pylist(), strict=True)
    return {entity: (record, codes[record]) for entity, record in entities if record in codes}


def _standing(entries: Sequence[Decision], answers: Sequence[Answer]) -> list[Decision]:
    """What is in force beside the answers: withdrawals among them count already."""
    gone = {a.withdraws for a in answers}
    return [d for d in in_force(entries) if d.decision_id not in gone]


def _numbers(home: Path, kind: str, record_ids: Sequence[str]) -> dict[str, int]:
    """Valid identity numbers of person records (cases have none)."""
    from transforms.match.decisions import valid_numbers

    return valid_numbers(person_records(home, record_ids)) if kind == PERSON and record_ids else {}


def withdraw(home: Path, decision_id: str, by: str, source: str, note: str | None = None) -> Decision:
    """Withdraw a decision: a new entry; the next run matches as if it had not been made. Raises DecisionRefused when
    there is none in force by that id."""
    with writing(home) as ledger:
        for decision in in_force(ledger.entries):
            if decision.decision_id == decision_id:
                return ledger.append([withdrawal_of(decision, note)], by, source)[0]
    raise DecisionRefused(
        "there is no such decision in force",
        where=decision_id,
        expected="the id of a decision in force",
        found="withdrawn, superseded or unknown",
        next_step="liandao review log",
    )


def withdrawal_of(decision: Decision, note: str | None = None) -> Answer:
    """The entry that withdraws a decision."""
    pair = decision.left_id, decision.right_id
    return Answer(decision.kind, *pair, WITHDRAWN, note=note, withdraws=decision.decision_id)


def with_levels(home: Path, questions: Iterable[Question]) -> list[Question]:
    """Questions with their comparison levels; compared anew where the published pairs don't hold them (two numbers)."""
    from transforms.match.persons import PERSONS
    from transforms.match.results.levels import name_levels

    asked = [_in_words(q) for q in questions]
    bare = [i for i, q in enumerate(asked) if q.kind == PERSON and not q.levels]
    if not bare:
        return asked
    pairs = pa.table({s: [getattr(asked[i], s[:-3]).record_id for i in bare] for s in ("left_id", "right_id")})
    records = person_records(home, list({*pairs["left_id"].to_pylist(), *pairs["right_id"].to_pylist()}))
    for i, levels in zip(bare, name_levels(records, pairs, PERSONS), strict=True):
        asked[i] = replace(asked[i], levels=levels)
    return asked


def _in_words(question: Question) -> Question:
    """A question about cases with the words that matching has for their levels."""
    from transforms.match.matters.words import explain_levels

    if question.kind != MATTER:
        return question
    known = " ".join(f"{name}={level}" for name, level in question.levels.items())
    return replace(question, words={r.respect: f"{r.zh} {r.en}" for r in explain_levels(known)})
