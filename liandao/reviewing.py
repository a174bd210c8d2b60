"""Reviewing: what is left to ask, and answers that are checked before they are kept.

Used by the commands; nothing here talks to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from liandao.refusals import answerable, refusals, refused
from schemas.decisions import (
    MATTER,
    PERSON,
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
from warehouse.review import entities_of, person_records, read_questions


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
    either_way = {pair for of in LINEAGES for pair in answerable(home, of, decided, asked)}
    return [q for q in asked if q.pair in either_way]


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
