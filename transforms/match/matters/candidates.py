"""Candidate pairs of cases: by person, household, number, object and stated link, never by looking at all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from schemas.matters import matter_rules
from transforms.match.arrays import ABSENT, Flags, Ints, group_sizes, mix, pairs_within
from transforms.match.matters.cases import Cases
from transforms.match.texts import hash_texts

MAX_FOLLOWERS = 60
"""Of one group each case meets at most so many that follow it in time (a chain holds however long it is)."""
MAX_BLOCK = 50
"""A number or object shared by more cases than this says nothing about any two of them."""
WINDOWS_SEEN = 2
"""Cases up to so many windows apart are looked at: what lies beyond one window is for a person to judge."""
MAX_SEQUENCES = 200
"""Somebody with more cases in a sequence than this is an agent: which of them follows which isn't known."""
BATCH_PEOPLE = 3
"""From so many people on, cases under one head or of one moment were taken in as a batch."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Links that cases state themselves. ``child`` names ``parent``; ``link``: index into LINKS; ``is_here``: on its
    own platform; ``is_batch``: the head of a batch is named, which makes no matter of the batch."""

    child: Ints
    parent: Ints
    link: Ints
    is_here: Flags
    is_batch: Flags


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs (left < right), each once, and how many each pass brought that none before it had."""

    left: Ints
    right: Ints
    made: dict[str, int]
    stated: Stated


def find_candidates(cases: Cases, decided: tuple[Ints, Ints]) -> Candidates:
    """Make the candidate pairs of all passes. ``decided``: pairs that people have judged, which are weighed too."""
    stated = stated_links(cases)
    names, parts = zip(*_passes(cases, stated), ("decision", decided), strict=True)
    packed = np.concatenate([np.minimum(a, b) * len(cases) + np.maximum(a, b) for a, b in parts])
    made_by = np.repeat(np.arange(len(parts)), [len(a) for a, _ in parts])
    pairs, first = np.unique(packed, return_index=True)
    own = pairs // len(cases) == pairs % len(cases)
    pairs, first = pairs[~own], first[~own]
    made = np.bincount(made_by[first], minlength=len(parts))
    return Candidates(pairs // len(cases), pairs % len(cases), dict(zip(names, made.tolist(), strict=True)), stated)


def _passes(cases: Cases, stated: Stated) -> Iterator[tuple[str, tuple[Ints, Ints]]]:
    reach = cases.window * WINDOWS_SEEN
    yield "stated link", (stated.child, stated.parent)
    yield "person and class", near_pairs(mix([cases.person, cases.matter_class]), cases.day, cases.second, reach)
    for name, home in (("household", cases.household), ("dwelling", cases.dwelling)):
        group = mix([home, cases.matter_class])
        yield f"{name} and class", near_pairs(group, cases.day, cases.second, cases.window)
    for name, number in (("project number", cases.project), ("case number", cases.own)):
        yield f"{name} and person", _pairs(_small(mix([number, cases.person])))
        yield f"{name} and class", _pairs(_small(mix([number, cases.matter_class]), cases.community))
    yield "object and class", _pairs(_small(mix([cases.object, cases.matter_class])))
    yield "lawful sequence", _sequences(cases)


def _pairs(key: Ints) -> tuple[Ints, Ints]:
    left, right = pairs_within(key)
    return left.astype(np.int64), right.astype(np.int64)


def near_pairs(group: Ints, day: Ints, second: Ints, reach: Ints) -> tuple[Ints, Ints]:
    """Pairs of one group whose days lie no further apart than ``reach`` of the later one. Rows without a day or group
    are left out."""
    group = np.where((day < 0) | (group < 0), ABSENT, group)
    order = np.lexsort((second, group))
    order = order[group[order] >= 0]
    parts: list[tuple[Ints, Ints]] = []
    for lag in range(1, min(MAX_FOLLOWERS, len(order) - 1) + 1):
        before, after = order[:-lag], order[lag:]
        near = (group[before] == group[after]) & (day[after] - day[before] <= reach[after])
        if not near.any():
            break
        parts.append((before[near], after[near]))
    return _concatenate(parts)


def _concatenate(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate([empty, *(a for a, _ in parts)]), np.concatenate([empty, *(b for _, b in parts)])


def _small(key: Ints, refine: Ints | None = None) -> Ints:
    """A key without its large blocks; those are split by ``refine`` first."""
    if refine is not None:
        key = np.where(group_sizes(key) > MAX_BLOCK, mix([key, refine]), key)
    return np.where(group_sizes(key) > MAX_BLOCK, ABSENT, key)


def join_keys(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Positions in ``left`` and ``right`` of equal keys, every combination."""
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    low, high = np.searchsorted(ordered, left, "left"), np.searchsorted(ordered, left, "right")
    count = np.where(left >= 0, high - low, 0)
    rows = np.repeat(np.arange(len(left)), count)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, order[np.repeat(low, count) + offset]


def _sequences(cases: Cases) -> tuple[Ints, Ints]:
    """Pairs of one person in a declared lawful sequence, the earlier first."""
    parts: list[tuple[Ints, Ints]] = []
    for sequence in matter_rules().sequences.values():
        is_first, is_later = (
            np.isin(cases.item, hash_texts(pa.array(codes))) & (cases.day >= 0)
            for codes in (sequence.first, sequence.following)
        )
        person = np.where(is_first | is_later, cases.person, ABSENT)
        person[group_sizes(person) > MAX_SEQUENCES] = ABSENT
        a, b = join_keys(np.where(is_first, person, ABSENT), np.where(is_later, person, ABSENT))
        apart = cases.day[b] - cases.day[a]
        follows = (cases.second[b] >= cases.second[a]) & (apart <= sequence.within_working_days)
        parts.append((a[follows], b[follows]))
    return _concatenate(parts)


def stated_links(cases: Cases) -> Stated:
    """Links to a case of the same platform; where there is none of that number, to one of another platform, if that
    is the only one or of the same person."""
    naming = np.flatnonzero(cases.link >= 0)
    child, parent = join_keys(cases.named_here[naming], cases.own_here)
    child = naming[child]
    rest = np.setdiff1d(naming, child)
    far_child, far_parent = join_keys(cases.named[rest], _small(cases.own))
    far_child = rest[far_child]
    child, parent = np.concatenate([child, far_child]), np.concatenate([parent, far_parent])
    is_here = np.arange(len(child)) < len(child) - len(far_child)
    clear = is_here | (group_sizes(np.where(is_here, ABSENT, child)) == 1)
    clear |= (cases.person[child] == cases.person[parent]) & (cases.person[child] >= 0)
    apart = clear & (child != parent)
    child, parent, is_here = child[apart], parent[apart], is_here[apart]
    link = cases.link[child]
    return Stated(child, parent, link, is_here, _in_batches(cases, child, parent, link))


def _in_batches(cases: Cases, child: Ints, parent: Ints, link: Ints) -> Flags:
    """Links to a head that many people's cases name as their parent, but for those of its own applicant."""
    is_parent = link == 0
    people = np.where(is_parent, mix([parent, cases.person[child]]), ABSENT)
    _, first = np.unique(people, return_index=True)
    first = first[people[first] >= 0]
    heads, count = np.unique(parent[first], return_counts=True)
    is_own = (cases.person[child] == cases.person[parent]) & (cases.person[child] >= 0)
    result: Flags = is_parent & np.isin(parent, heads[count >= BATCH_PEOPLE]) & ~is_own
    return result


def batches(cases: Cases) -> Ints:
    """The batch of each case: taken in at one moment for one item in one community for several people; else ABSENT."""
    key = mix([cases.platform, cases.community, cases.item, cases.second])
    one = mix([key, cases.person])
    _, first = np.unique(one, return_index=True)
    keys, people = np.unique(key[first[one[first] >= 0]], return_counts=True)
    return np.where(np.isin(key, keys[people >= BATCH_PEOPLE]), key, ABSENT)
