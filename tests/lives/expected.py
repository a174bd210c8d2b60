"""What must hold of decisions, said once more and without the program: plain sets, nothing imported.

A partition is a set of frozensets of record ids; a judgement is (left, right, word).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Partition = set[frozenset[str]]
Judged = tuple[str, str, str]


def standing(log: Iterable[tuple[str, Judged | None, str | None]]) -> list[Judged]:
    """The judgements in force of a log of (id, judgement, id of what is withdrawn), the last on each pair."""
    held: dict[frozenset[str], tuple[str, Judged]] = {}
    gone: set[str] = set()
    for number, judged, withdraws in log:
        if judged is None:
            gone.add(str(withdraws))
        else:
            held.pop(frozenset(judged[:2]), None)
            held[frozenset(judged[:2])] = number, judged
    return [judged for number, judged in held.values() if number not in gone]


def consistent(judged: Iterable[Judged], valid: Mapping[str, str], alive: Iterable[str]) -> list[Judged]:
    """Those that can be true beside the ones before them, on the records that there are."""
    there, taken = set(alive), []
    for one in judged:
        if {one[0], one[1]} <= there and _is_possible([*taken, one], valid):
            taken.append(one)
    return taken


def _is_possible(judged: list[Judged], valid: Mapping[str, str]) -> bool:
    groups = _joined([frozenset((r,)) for j in judged for r in j[:2]], [j for j in judged if j[2] == "same"])
    one_number = all(len({valid[r] for r in g if r in valid}) <= 1 for g in groups)
    return one_number and not any({a, b} <= g for a, b, word in judged if word == "different" for g in groups)


def _joined(groups: Iterable[frozenset[str]], same: list[Judged]) -> Partition:
    found = set(groups)
    for left, right, _ in same:
        touched = {g for g in found if left in g or right in g}
        found = (found - touched) | {frozenset().union(*touched)}
    return found


def _clash(one: frozenset[str], other: frozenset[str], valid: Mapping[str, str]) -> bool:
    known, against = ({valid[r] for r in side if r in valid} for side in (one, other))
    return any(a != b for a in known for b in against)


def obeyed(base: Partition, judged: list[Judged], valid: Mapping[str, str], stated: set[str]) -> Partition:
    """The partition when what can be obeyed of *same* is, upon ``base`` (the one without any *same*).

    ``judged``: consistent judgements in order; ``stated``: records that state any number.
    """
    apart = [{a, b} for a, b, word in judged if word == "different"]
    same = [(a, b) for a, b, word in judged if word == "same"]
    of = {record: group for group in base for record in group}

    def may_meet(one: frozenset[str], other: frozenset[str]) -> bool:
        return not _clash(one, other, valid) and not any(pair & one and pair & other for pair in apart)

    def settle(*groups: frozenset[str]) -> None:
        for group in groups:
            of.update(dict.fromkeys(group, group))

    def bound(record: str) -> frozenset[str]:
        here = [frozenset((r,)) for r in of[record]]
        inside = [(a, b, "same") for a, b in same if {a, b} <= of[record]]
        return next(g for g in _joined(here, inside) if record in g)

    changed = True
    while changed:
        changed = False
        for a, b in same:
            if of[a] == of[b]:
                continue
            if may_meet(of[a], of[b]):
                settle(of[a] | of[b])
                changed = True
                continue
            sides = [(bound(a), of[a], of[b]), (bound(b), of[b], of[a])]
            by_number = stated if _clash(of[a], of[b], valid) else set()
            can = [s for s in sides if not s[0] & by_number and may_meet(s[0], s[2])]
            if len(can) == 1:
                moves, home, there = can[0]
                settle(home - moves, there | moves)
                changed = True
    return set(of.values())
