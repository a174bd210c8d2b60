"""Undo: the decisions that bring back what was before a change, and keep it on every later run.

What a decision brought about is undone by retiring it: matching then finds what it found without it, and the withdrawal
names the ids that its two records had. What evidence brought about, alone or beside a decision, is undone by the fewest
decisions that say what was: within each of the two sides of a merge a chain of ``same``, between them one ``different``
that also names the ids to give back, and a ``different`` to whatever else was merged in at the same moment; between the
parts of a split one ``same``. Decisions that say the contrary are withdrawn in the same act, so the undo is kept whole
or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from liandao.reviewing import decide_in, withdrawal_of
from schemas.decisions import DIFFERENT, SAME, UNDO, Answer, Decision, in_force
from schemas.errors import DecisionRefused
from schemas.tables.identity import MERGED, MOVED, RESTORED, SPLIT
from warehouse.decisions import writing
from warehouse.history import LINEAGES
from warehouse.review import ask

Ask = Callable[..., Any]
"""A statement of the warehouse by its name, with its words, on the tables of one kind; gives a pa.Table."""

Groups = dict[str, list[str]]
"""Surrogate that records had before -> these records, ascending."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change in the life of a surrogate, as published."""

    kind: str
    event_id: str
    generation: int
    event_code: str
    entity_id: str
    other_id: str | None
    decision_id: str | None = None

    @property
    def can_be_undone(self) -> bool:
        """Whether it is a merge or a split, or the move of records that a decision brought about."""
        return self.event_code in (MERGED, SPLIT, RESTORED) or (self.event_code == MOVED and bool(self.decision_id))


def undo(home: Path, target: str, by: str, note: str | None = None) -> tuple[Event, list[Decision]]:
    """Undo a merge, a split, or a move that was decided, named by its event or by the id that it happened to.

    Raises DecisionRefused when there is no such event, more than one, nothing to undo any more, or when decisions in
    force speak against it.
    """
    event = find_event(home, target)
    with writing(home) as ledger:
        answers = plan(partial(ask, home, event.kind), event, ledger.entries, note)
        return event, decide_in(ledger, home, answers, by, UNDO)


def find_event(home: Path, target: str) -> Event:
    """The event that ``target`` means: its own id, the merge that ended a surrogate, the one merge into it, its
    split."""
    events = [_event(kind, row) for kind in LINEAGES for row in ask(home, kind, "entity_events", id=target).to_pylist()]
    named = [e for e in events if e.event_id == target]
    ended = [e for e in events if e.event_code == MERGED and e.entity_id == target][-1:]
    begun = [e for e in events if e.event_code in (SPLIT, RESTORED) and e.entity_id == target][-1:]
    taken = [e for e in events if e.event_code == MERGED and e.other_id == target]
    for found in (named, ended, taken, begun):
        if len(found) == 1 and found[0].can_be_undone:
            return found[0]
    raise DecisionRefused(
        "there is no one merge or split by this name",
        where=target,
        expected="the id of a merge or split, or of a surrogate with one",
        found=", ".join(e.event_id for e in taken[:10]) or "none",
        next_step=f"liandao history {target}",
    )


def _event(kind: str, row: dict[str, Any]) -> Event:
    columns = ("event_id", "generation", "event_code", "entity_id", "other_id", "decision_id")
    return Event(kind, *(row[c] for c in columns))


def plan(asking: Ask, event: Event, entries: Sequence[Decision], note: str | None) -> list[Answer]:
    """The entries that undo an event, given those of the ledger."""
    standing = in_force(entries)
    cause = [d for d in standing if d.decision_id == event.decision_id]
    if cause and (retired := _retire(asking, event, entries, cause[0], note)):
        return retired
    if event.event_code == MERGED:
        return _part(asking, event, standing, cause, note)
    if event.event_code == MOVED:
        raise _nothing_to_undo(event)
    return _join(asking, event, standing, note)


def _retire(asking: Ask, event: Event, entries: Sequence[Decision], cause: Decision, note: str | None) -> list[Answer]:
    """Withdraw what made records leave, every other decision that says the same of them, and the undo that it was part
    of; what it took the place of stands again. The cause names the ids that its records had before.

    Nothing of a merge if the evidence joins what the decision joined: withdrawing it would then change nothing.
    """
    rows, standing = asking("event_records", events=[event.event_id]).to_pylist(), in_force(entries)
    gone, there = event.entity_id, str(event.other_id)
    if event.event_code == MERGED:
        here, back, stays = there, gone, there
        moved = {r["record_id"] for r in rows if r["before_id"] == gone}
        rest = {r["record_id"] for r in rows if r["now_id"] == here} - moved
    else:
        here, back, stays = gone, there, gone if cause.judgement == SAME else there
        moved = {r["record_id"] for r in rows}
        rest = set(_members(asking, stays)) - moved
    left = {r["record_id"] for r in rows if r["now_id"] == here} & moved
    alike = [d for d in standing if d.judgement == cause.judgement and _crosses(d, left, rest)]
    if event.event_code == MERGED and _is_linked(asking, left, rest, alike):
        return []
    alike += [d for d in standing if _is_one_undo(d, cause)]
    answers: dict[tuple[str, str, str], Answer] = {}
    for decision in dict.fromkeys((*alike, cause)):
        answers |= {d.pair: Answer(*d.pair, d.judgement, note) for d in _taken_away(entries, decision)}
        answers.setdefault(decision.pair, withdrawal_of(decision, note))
    one, other = (back if r in moved else stays for r in (cause.left_id, cause.right_id))
    answers[cause.pair] = replace(answers[cause.pair], left_entity_id=one, right_entity_id=other)
    return [replace(a, source_key=event.event_id) for a in answers.values()]


def _is_linked(asking: Ask, one: Collection[str], other: Collection[str], decided: Sequence[Decision]) -> bool:
    """Whether more than decisions joins two groups of records: a published pair across them that is a link."""
    pairs = asking("links_across", one=sorted(one), other=sorted(other)).to_pylist()
    said = {frozenset((d.left_id, d.right_id)) for d in decided}
    return any(frozenset((p["left_id"], p["right_id"])) not in said for p in pairs)


def _is_one_undo(decision: Decision, other: Decision) -> bool:
    return decision.source == other.source == UNDO and decision.at == other.at


def _taken_away(entries: Sequence[Decision], decision: Decision) -> list[Decision]:
    """What stood until a decision was made and said otherwise: on the same pair, or withdrawn in the same undo."""
    act = next(i for i, e in enumerate(entries) if e.decision_id == decision.decision_id or _is_one_undo(e, decision))
    gone = {e.withdraws for e in entries if _is_one_undo(e, decision)}
    before = [d for d in in_force(entries[:act]) if d.pair == decision.pair or d.decision_id in gone]
    return [d for d in before if (d.pair, d.judgement) != (decision.pair, decision.judgement)]


def _part(
    asking: Ask, event: Event, standing: Sequence[Decision], cause: Sequence[Decision], note: str | None
) -> list[Answer]:
    siblings = asking("event_siblings", generation=event.generation, other=event.other_id, event=event.event_id)
    events = [event.event_id, *siblings["event_id"].to_pylist()]
    rows = asking("event_records", events=events).to_pylist()
    groups = _still_together(rows, event)
    mine, other = groups.pop(event.entity_id, []), groups.pop(str(event.other_id), [])
    if not mine or not other:
        raise _nothing_to_undo(event)
    sides = [mine, other, *groups.values()]
    across = [(mine, side) for side in sides[1:]]
    kept = [d for d in standing if d.judgement == SAME and (d in cause or any(_crosses(d, *two) for two in across))]
    told = {"source_key": event.event_id, "note": note}
    chains = [Answer(event.kind, a, b, SAME, **told) for side in (mine, other) for a, b in pairwise(side)]
    ids = {"left_entity_id": event.entity_id, "right_entity_id": event.other_id}
    first = Answer(event.kind, mine[0], other[0], DIFFERENT, **told, **ids)
    rest = [Answer(event.kind, mine[0], side[0], DIFFERENT, **told) for side in groups.values()]
    return _beside(kept, [*chains, first, *rest])


def _still_together(rows: Sequence[dict[str, Any]], event: Event) -> Groups:
    """The records of the two sides (and of what came in with them) that are one surrogate now."""
    ours = Counter(r["now_id"] for r in rows if r["before_id"] == event.entity_id and r["now_id"] is not None)
    if not ours:
        return {}
    now = min(ours, key=lambda e: (-ours[e], e))
    groups: Groups = {}
    for record_id, before in sorted({(r["record_id"], r["before_id"]) for r in rows if r["now_id"] == now}):
        groups.setdefault(before, []).append(record_id)
    return groups


def _join(asking: Ask, event: Event, standing: Sequence[Decision], note: str | None) -> list[Answer]:
    members = {e: _members(asking, str(e)) for e in (event.entity_id, event.other_id)}
    mine, other = members[event.entity_id], members[event.other_id]
    if not mine or not other:
        raise _nothing_to_undo(event)
    kept = [d for d in standing if d.judgement == DIFFERENT and _crosses(d, mine, other)]
    answer = Answer(event.kind, mine[0], other[0], SAME, note=note, source_key=event.event_id)
    return _beside(kept, [answer])


def _beside(contrary: Sequence[Decision], answers: Sequence[Answer]) -> list[Answer]:
    """The answers, and withdrawals of what says the contrary on other pairs (on the same ones it is superseded)."""
    answered = {(a.kind, a.left_id, a.right_id) for a in (b.ordered() for b in answers)}
    return [*(withdrawal_of(d) for d in contrary if d.pair not in answered), *answers]


def _members(asking: Ask, entity_id: str) -> list[str]:
    found: list[str] = asking("entity_records", id=entity_id)["record_id"].to_pylist()
    return found


def _crosses(decision: Decision, one: Collection[str], other: Collection[str]) -> bool:
    left, right = decision.left_id, decision.right_id
    return (left in one and right in other) or (left in other and right in one)


def _nothing_to_undo(event: Event) -> DecisionRefused:
    return DecisionRefused(
        "there is nothing to undo any more",
        where=f"{event.event_id}: {event.event_code} {event.entity_id} {event.other_id or ''}".strip(),
        expected="the two sides as the event left them",
        found="they are apart again, joined again, or have no records",
        next_step=f"liandao history {event.entity_id}",
    )
