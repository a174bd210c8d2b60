"""Tickets: calls about one thing that became several tickets (一事多单), on one hotline or on several platforms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from schemas.arrow import arrow_schema
from schemas.tables.link import TICKET_LINK, TICKET_PAIR
from transforms.match.arrays import Flags, Floats, Ints
from transforms.match.identity import Scheme, stable_ids
from transforms.match.matters.candidates import near_pairs
from transforms.match.matters.cases import moments, texts_of, working_days
from transforms.match.matters.evidence import LINK_WEIGHT, POSSIBLE_WEIGHT, PRIOR, Level
from transforms.match.matters.groups import group, read_decisions
from transforms.match.score import CERTAIN, GRADES, NO, POSSIBLE, PROBABLE, probability
from transforms.match.texts import hash_texts

TICKET = Scheme("T", "ticket")
WINDOW_WORKING_DAYS = 15
"""Calls further apart are about another occasion; as for duplicate cases."""
RESPECTS: dict[str, tuple[Level, ...]] = {
    "caller": (Level("same", 0.9, 1.8e-6), Level("same_phone", 0.06, 4e-6), Level("other", 0.04, 0.99)),
    "category": (Level("same", 0.8, 0.3), Level("other", 0.2, 0.7)),
    "text": (
        Level("same", 0.45, 0.01),
        Level("alike", 0.35, 0.08),
        Level("near", 0.15, 0.15),
        Level("unlike", 0.05, 0.76),
    ),
    "days": (Level("same_day", 0.35, 0.01), Level("within_5", 0.4, 0.04), Level("within_window", 0.25, 0.1)),
    "community": (Level("same", 0.9, 0.6), Level("other", 0.1, 0.4)),
}
"""Respect -> levels, best first, as for cases; one caller's calls mostly concern one community, whatever is asked."""
CALLER, CATEGORY, TEXT, DAYS, COMMUNITY = range(5)
SAME, OTHER_CALLER = 1, 3
TEXT_STEPS = (85.0, 55.0, 35.0)
"""Ratios (0 to 100) from which two texts are the same, alike and near."""

ROLES = ("first", "repeat", "asked_again")
FIRST, REPEAT, ASKED_AGAIN = range(3)


@dataclass(frozen=True, slots=True)
class TicketMatch:
    """Tables of ``schemas.tables.link``: link_ticket, link_ticket_pair; and counts."""

    links: pa.Table
    pairs: pa.Table
    report: dict[str, object]


def match_tickets(
    tickets: pa.Table, previous: pa.Table | None, key: bytes, constraints: pa.Table | None = None
) -> TicketMatch:
    """Find which tickets are about one thing.

    ``tickets``: columns of core_ticket and person_id (the caller). ``previous``, ``key``, ``constraints``: as for
    :func:`match_matters`. A ticket that comes while an earlier one of its group is still open repeats it; one that
    comes after the earlier was closed asks again.
    """
    tickets = tickets.take(pc.sort_indices(tickets.column("record_id"))).combine_chunks()
    if not tickets.num_rows:
        return TicketMatch(arrow_schema(TICKET_LINK).empty_table(), arrow_schema(TICKET_PAIR).empty_table(), {})
    record_ids = tickets.column("record_id").combine_chunks()
    decided = read_decisions(constraints, record_ids)
    left, right = _candidates(tickets, (decided.left, decided.right))
    levels = _levels(tickets, left, right)
    weight = _weights(levels)
    joins = weight >= LINK_WEIGHT
    about = group(len(record_ids), left[joins], right[joins], weight[joins], decided)
    judged = decided.judged(left, right, len(record_ids))
    grade = np.where(joins, PROBABLE, np.where(weight >= POSSIBLE_WEIGHT, POSSIBLE, NO))
    grade = np.select((judged == 0, judged == 1, judged == 2), (CERTAIN, NO, POSSIBLE), grade)
    ids = stable_ids(record_ids, about, previous, "ticket_group_id", key, TICKET)
    links, roles = _links(tickets, about, ids)
    kept = np.flatnonzero((grade >= POSSIBLE) | (judged >= 0))
    pairs = _pairs(record_ids, left[kept], right[kept], weight[kept], grade[kept], levels[:, kept])
    counts = np.bincount(roles, minlength=len(ROLES)).tolist()
    return TicketMatch(links, pairs, {"tickets": len(about), **dict(zip(ROLES, counts, strict=True))})


def _candidates(tickets: pa.Table, decided: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Pairs of one caller or telephone within the window, each once, left before right."""
    stamps = tickets.column("received_at").combine_chunks()
    day, second = working_days(stamps), moments(stamps)
    reach, count = np.full(len(day), WINDOW_WORKING_DAYS), len(day)
    parts = [
        near_pairs(hash_texts(texts_of(tickets, name)), day, second, reach) for name in ("person_id", "caller_phone")
    ]
    packed = [np.minimum(a, b) * count + np.maximum(a, b) for a, b in (*parts, decided)]
    pairs = np.unique(np.concatenate(packed))
    return pairs // count, pairs % count


def _levels(tickets: pa.Table, left: Ints, right: Ints) -> NDArray[np.uint8]:
    keys = {name: hash_texts(texts_of(tickets, name)) for name in
            ("person_id", "caller_phone", "category_code", "community_code")}  # fmt: skip
    day = working_days(tickets.column("received_at").combine_chunks())
    apart = np.abs(day[right] - day[left])
    timed = (day[left] >= 0) & (day[right] >= 0) & (apart <= WINDOW_WORKING_DAYS)
    phone = _agree(keys["caller_phone"], left, right) == SAME
    caller = np.select((_agree(keys["person_id"], left, right) == SAME, phone), (SAME, 2), OTHER_CALLER)
    levels = [
        caller,
        _agree(keys["category_code"], left, right),
        _text(np.array(texts_of(tickets, "content_text").to_pylist(), dtype=object), left, right),
        np.where(timed, np.select((apart == 0, apart <= 5), (1, 2), 3), 0),
        _agree(keys["community_code"], left, right),
    ]
    return np.stack(levels).astype(np.uint8)


def _agree(keys: Ints, left: Ints, right: Ints) -> Ints:
    """1 where both are equal, 2 where they differ, 0 where one is unknown."""
    known = (keys[left] >= 0) & (keys[right] >= 0)
    return np.where(known, np.where(keys[left] == keys[right], 1, 2), 0)


def _text(texts: NDArray[np.object_], left: Ints, right: Ints) -> Ints:
    level = np.zeros(len(left), dtype=np.int64)
    said = np.array([bool(t) for t in texts], dtype=bool)
    both = np.flatnonzero(said[left] & said[right])
    if len(both):
        ratio = process.cpdist(texts[left[both]], texts[right[both]], scorer=fuzz.ratio, dtype=np.float32)
        level[both] = np.select([ratio >= step for step in TEXT_STEPS], (1, 2, 3), 4)
    return level


def _weights(levels: NDArray[np.uint8]) -> Floats:
    """Prior and bits. Without a text, or with another caller, no sum joins two tickets; nor does one without a time."""
    weight = np.full(levels.shape[1], PRIOR)
    for counted, respect in zip(levels, RESPECTS.values(), strict=True):
        weight += np.array([0.0, *(level.bits for level in respect)])[counted]
    lacks: Flags = (levels[TEXT] == 0) | (levels[CALLER] == OTHER_CALLER) | (levels[DAYS] == 0)
    result: Floats = np.where(lacks, np.minimum(weight, LINK_WEIGHT - 1), weight)
    return result


def _links(tickets: pa.Table, about: Ints, ids: pa.Array) -> tuple[pa.Table, Ints]:
    received = moments(tickets.column("received_at").combine_chunks())
    closed = moments(tickets.column("closed_at").combine_chunks())
    closed = np.where(closed < 0, np.iinfo(np.int64).max, closed)
    order = np.lexsort((received, about))
    starts = np.append(True, about[order][1:] != about[order][:-1])
    role = np.full(len(about), ASKED_AGAIN, dtype=np.int64)
    # until when some earlier ticket of the group is open: a running maximum within the group
    group_no = np.cumsum(starts) - 1
    until = _running_maximum(closed[order], group_no)
    role[order[1:][until[:-1] > received[order][1:]]] = REPEAT
    role[order[starts]] = FIRST
    columns = [
        tickets.column("record_id").combine_chunks(),
        ids.take(pa.array(about)),
        texts_of(tickets, "person_id"),
        pa.array(ROLES).take(pa.array(role)),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(TICKET_LINK)), role


def _running_maximum(values: Ints, groups: Ints) -> Ints:
    """Maximum of the values so far, anew in each group (``groups`` ascend)."""
    rank = np.unique(values, return_inverse=True)[1].astype(np.int64)
    running = np.maximum.accumulate(groups * (rank.max(initial=0) + 1) + rank)
    result: Ints = np.unique(values)[running - groups * (rank.max(initial=0) + 1)]
    return result


def _pairs(
    record_ids: pa.Array, left: Ints, right: Ints, weight: Floats, grade: Ints, levels: NDArray[np.uint8]
) -> pa.Table:
    names = [("null", *(level.name for level in respect)) for respect in RESPECTS.values()]
    patterns, inverse = np.unique(levels, axis=1, return_inverse=True)
    texts = [
        " ".join(f"{r}={names[i][v]}" for i, (r, v) in enumerate(zip(RESPECTS, p, strict=True))) for p in patterns.T
    ]
    columns = [
        record_ids.take(pa.array(left)),
        record_ids.take(pa.array(right)),
        pa.array(weight),
        pa.array(probability(weight)),
        pa.array(GRADES).take(pa.array(grade)),
        pa.array(texts, pa.string()).take(pa.array(inverse.reshape(-1))),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(TICKET_PAIR))
