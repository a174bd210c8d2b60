"""Relations: what two cases are to each other, and the role of each case in its matter."""

from __future__ import annotations

import numpy as np

from transforms.match.arrays import ABSENT, Flags, Ints, mix
from transforms.match.matters import evidence as e
from transforms.match.matters.candidates import Stated
from transforms.match.matters.cases import LINKS, Cases
from transforms.match.matters.compare import Scored
from transforms.match.score import POSSIBLE

DUPLICATE_WORKING_DAYS = 15
"""Two live cases for one item of one applicant or household, about one object, no further apart: a duplicate (CRD)."""
RELATIONS = (
    "same_matter",
    "duplicate",
    "reapplied",
    "parent",
    "transfer",
    "reopen",
    "joint",
    "lawful_sequence",
    "batch",
    "number_reused",
    "other_matter",
)
(SAME_MATTER, DUPLICATE, REAPPLIED, _, _, _, JOINT, LAWFUL_SEQUENCE, BATCH, NUMBER_REUSED, OTHER_MATTER) = range(11)
LINKED = {LINKS.index(name): RELATIONS.index(name) for name in LINKS}

ROLES = ("first", "part", "duplicate", "reopened", "transferred")
FIRST, PART, ROLE_DUPLICATE, REOPENED, TRANSFERRED = range(5)


def relate(cases: Cases, scored: Scored) -> Ints:
    """Index into RELATIONS for each pair. Of a grey pair it says what the two would be if they are one matter."""
    first, later, levels = scored.first, scored.later, scored.levels
    apart = cases.day[later] - cases.day[first]
    same_item, shared = levels[e.ITEM] == e.SAME, levels[e.NUMBER] > 0
    one_object = ~np.isin(levels[e.OBJECT], (e.OTHER_PLACE, e.OTHER_OBJECT))
    known = (cases.day[first] >= 0) & (cases.day[later] >= 0)
    near = known & (apart <= DUPLICATE_WORKING_DAYS) & one_object
    is_apart = scored.grade < POSSIBLE
    is_family = np.isin(levels[e.PERSON], (e.SAME, e.HOUSEHOLD_APPLIES, e.HOUSEHOLD))
    elsewhere = cases.platform[first] != cases.platform[later]
    linked = np.array([LINKED.get(n, OTHER_MATTER) for n in range(-1, len(LINKS))])[scored.link + 1]
    rules = (
        (scored.is_batch, BATCH),
        ((scored.link >= 0) & ~is_apart, linked),
        (is_apart & is_family & (levels[e.ITEM] == e.SEQUENCE), LAWFUL_SEQUENCE),
        (is_apart & shared & (levels[e.PERSON] == e.OTHER_PERSON), NUMBER_REUSED),
        (is_apart, OTHER_MATTER),
        (same_item & ~cases.is_live[first], REAPPLIED),
        (same_item & near & cases.is_live[later], DUPLICATE),
        ((levels[e.NUMBER] == e.SAME_PROJECT) & elsewhere & ~same_item, JOINT),
    )
    result: Ints = np.select([r[0] for r in rules], [r[1] for r in rules], SAME_MATTER)
    return result


def roles(cases: Cases, stated: Stated, matter: Ints) -> Ints:
    """Role of each case: the earliest is first, links name reopened and transferred ones, repeats are duplicates."""
    role = np.full(len(matter), PART, dtype=np.int64)
    followed = (matter[stated.child] == matter[stated.parent]) & ~stated.is_batch
    child, link = stated.child[followed], stated.link[followed]
    repeats = _repeats(cases, matter)
    repeats[child] = False
    role[repeats] = ROLE_DUPLICATE
    role[child[link == LINKS.index("reopen")]] = REOPENED
    role[child[link == LINKS.index("transfer")]] = TRANSFERRED
    order = np.lexsort((cases.second, matter))
    role[order[np.unique(matter[order], return_index=True)[1]]] = FIRST
    return role


def _repeats(cases: Cases, matter: Ints) -> Flags:
    """Cases that ask for the same item and object, in the same matter, within the limit after one that is still
    live."""
    item = mix([matter, cases.item, cases.object + 1])
    last_live = _last_before(item, cases.second, np.flatnonzero(cases.is_live & (item >= 0)))
    near = cases.day - cases.day[last_live] <= DUPLICATE_WORKING_DAYS
    result: Flags = (last_live >= 0) & near & (cases.day >= 0)
    return result


def _last_before(item: Ints, times: Ints, live: Ints) -> Ints:
    """For each row the live row of its item that comes last before it in time (ties: row order); -1 for none."""
    order = np.lexsort((times, item))
    is_live = np.zeros(len(item), dtype=bool)
    is_live[live] = True
    place = np.where(is_live[order], np.arange(len(order)), -1)
    latest = np.maximum.accumulate(np.append(-1, place))[:-1]
    before = np.where(latest >= 0, order[np.maximum(latest, 0)], ABSENT)
    result = np.full(len(item), ABSENT, dtype=np.int64)
    result[order] = np.where((before >= 0) & (item[before] == item[order]), before, ABSENT)
    return result
