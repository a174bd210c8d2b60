"""What people decided, made ready for matching: is it consistent, which of it is in force, what must matching obey.

Judgements of pairs are taken in the order in which they were made. ``same`` joins two groups of records, ``different``
keeps two groups apart for good, ``unsure`` says nothing about either. One that can't be true beside what is already
held is not taken: two valid identity numbers in one group (the law of matching), or a ``same`` across a ``different``.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.decisions import AGAINST_LAW, CONTRADICTED, DIFFERENT, IN_FORCE, NO_RECORD, SAME
from transforms.match.arrays import Ints
from transforms.match.compare.identity_number import IdentityNumber
from transforms.match.identity import CLAIM

CONSTRAINT = pa.schema([pa.field(name, pa.string()) for name in ("left_id", "right_id", "judgement")])
"""What the engine is told: pairs of record ids with same, different or unsure."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a judgement can't be taken. ``state``: ``no_record``, ``against_law`` or ``contradicted``; ``chain``: the
    records through which the two hang together (their ends carry the two numbers, or are told apart)."""

    state: str
    chain: tuple[str, ...]


@dataclass(slots=True)
class Held:
    """The judgements taken so far. ``numbers``: record id -> code of its valid identity number, where it has one."""

    numbers: Mapping[str, int]
    group: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    same: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    apart: dict[str, dict[str, Pair]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, left: str, right: str, judgement: str) -> Conflict | None:
        """Take one judgement, or say why not."""
        conflict = self.conflict(left, right, judgement)
        one, other = self.find(left), self.find(right)
        if conflict is None and judgement == DIFFERENT:
            self.apart[one].setdefault(other, (left, right))
            self.apart[other].setdefault(one, (right, left))
        elif conflict is None and judgement == SAME and one != other:
            self._merge(left, right, one, other)
        return conflict

    def conflict(self, left: str, right: str, judgement: str) -> Conflict | None:
        """What speaks against one judgement."""
        one, other = self.find(left), self.find(right)
        if judgement == DIFFERENT:
            return Conflict(CONTRADICTED, self._path(left, right)) if one == other else None
        if judgement != SAME or one == other:
            return None
        if other in self.apart[one]:
            a, b = self.apart[one][other]
            return Conflict(CONTRADICTED, (*self._path(a, left), *self._path(right, b)))
        numbered = [next((r for r in self.members[g] if r in self.numbers), None) for g in (one, other)]
        a, b = (n or "" for n in numbered)
        if a and b and self.numbers[a] != self.numbers[b]:
            return Conflict(AGAINST_LAW, (*self._path(a, left), *self._path(right, b)))
        return None

    def _merge(self, left: str, right: str, one: str, other: str) -> None:
        """Hang the smaller group on the larger one, and what it was kept apart from with it."""
        self.same[left].append(right)
        self.same[right].append(left)
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        for record in self.members[other]:
            self.group[record] = one
        self.members[one] += self.members.pop(other)
        for third, (a, b) in self.apart.pop(other, {}).items():
            del self.apart[third][other]
            self.apart[one].setdefault(third, (a, b))
            self.apart[third].setdefault(one, (b, a))

    def find(self, record: str) -> str:
        """The group of a record."""
        if record not in self.group:
            self.group[record] = record
            self.members[record] = [record]
        return self.group[record]

    def _path(self, start: str, end: str) -> tuple[str, ...]:
        """The shortest chain of ``same`` from one record to another of its group."""
        came: dict[str, str | None] = {start: None}
        waiting = deque([start])
        while waiting and end not in came:
            record = waiting.popleft()
            for near in self.same[record]:
                if near not in came:
                    came[near] = record
                    waiting.append(near)
        path, at = [], end if end in came else None
        while at is not None:
            path.append(at)
            at = came[at]
        return tuple(reversed(path))


@dataclass(frozen=True, slots=True)
class Settled:
    """``decisions``: ``link_decision`` with the states as found; ``constraints`` (:data:`CONSTRAINT`): what is in force
    and concerns one kind of record."""

    decisions: pa.Table
    constraints: pa.Table


def settle(decisions: pa.Table, kind: str, record_ids: pa.Array, numbers: Mapping[str, int] | None = None) -> Settled:
    """Find which decisions of ``kind`` can be obeyed on the records there are.

    ``decisions``: ``link_decision`` in the order in which they were made; ``record_ids``: every record of that kind;
    ``numbers``: see :class:`Held`. Decisions of another kind and those not in force stay as they are.
    """
    states: list[str] = decisions["state_code"].to_pylist()
    chosen = pc.and_(pc.equal(decisions["kind_code"], kind), pc.equal(decisions["state_code"], IN_FORCE))
    rows = np.flatnonzero(np.asarray(chosen)).tolist()
    part = decisions.take(pa.array(rows, pa.int64())).select(["left_id", "right_id", "judgement_code"])
    known = pc.and_(*(pc.is_in(part[c], record_ids) for c in ("left_id", "right_id"))).to_pylist()
    held = Held(numbers or {})
    for row, is_known, (left, right, judgement) in zip(rows, known, _tuples(part), strict=True):
        conflict = held.take(left, right, judgement) if is_known else Conflict(NO_RECORD, ())
        states[row] = conflict.state if conflict else IN_FORCE
    taken = [i for i, row in enumerate(rows) if states[row] == IN_FORCE]
    constraints = part.take(pa.array(taken, pa.int64())).rename_columns(CONSTRAINT.names).cast(CONSTRAINT)
    place = decisions.column_names.index("state_code")
    return Settled(decisions.set_column(place, "state_code", pa.array(states, pa.string())), constraints)


def first_conflict(
    held: Iterable[tuple[str, str, str]], new: Sequence[tuple[str, str, str]], numbers: Mapping[str, int]
) -> list[Conflict | None]:
    """What speaks against each new judgement (left, right, judgement), given those held and the new ones before it.

    A judgement on a pair that is already held takes its place.
    """
    replaced = {frozenset(n[:2]) for n in new}
    book = taken((h for h in held if frozenset(h[:2]) not in replaced), numbers)
    return [book.take(*judgement) for judgement in new]


def taken(judgements: Iterable[tuple[str, str, str]], numbers: Mapping[str, int]) -> Held:
    """Judgements taken one after another, as far as they can be."""
    book = Held(numbers)
    for judgement in judgements:
        book.take(*judgement)
    return book


def valid_numbers(records: pa.Table, column: str = "cert_no") -> dict[str, int]:
    """Record id -> code of its valid identity number, for the records of ``records`` that have one.

    ``records``: ``record_id`` and the column of numbers. Two records have one code exactly if their numbers are one.
    """
    read = IdentityNumber().read(records[column])
    codes: Ints = read.feature("valid")
    rows = np.flatnonzero(codes >= 0)
    ids = records["record_id"].take(pa.array(rows)).to_pylist()
    return dict(zip(ids, codes[rows].tolist(), strict=True))


def undone_claims(decisions: pa.Table, before: pa.Table | None, kind: str) -> pa.Table:
    """Records with the ids that an undo gives back to them (:data:`transforms.match.identity.CLAIM`).

    Only of decisions that no generation has obeyed yet, and of those that none has seen withdrawn: an undo names ids
    once, from then on they stay by the rule. ``before``: ``link_decision`` of the last generation.
    """
    of_kind = decisions.filter(pc.equal(decisions["kind_code"], kind))
    made, gone = _unseen(of_kind, before, _in_force), _unseen(of_kind, before, _withdrawn)
    new = pa.concat_tables([made, gone])
    sides = [new.select([f"{s}_id", f"{s}_entity_id"]).rename_columns(CLAIM.names) for s in ("left", "right")]
    claims = pa.concat_tables(sides).cast(CLAIM)
    return claims.filter(claims["entity_id"].is_valid()).combine_chunks()


def _unseen(decisions: pa.Table, before: pa.Table | None, such: Callable[[pa.Table], pa.Array]) -> pa.Table:
    """Decisions that are such now, and were not in the last generation."""
    chosen = decisions.filter(such(decisions))
    if before is None:
        return chosen
    seen = before.filter(such(before))["decision_id"].combine_chunks()
    return chosen.filter(pc.invert(pc.is_in(chosen["decision_id"], seen)))


def _in_force(decisions: pa.Table) -> pa.Array:
    return pc.equal(decisions["state_code"], IN_FORCE)


def _withdrawn(decisions: pa.Table) -> pa.Array:
    return decisions["withdrawn_at"].is_valid()


def _tuples(table: pa.Table) -> list[tuple[str, str, str]]:
    return list(zip(*(column.to_pylist() for column in table), strict=True))
