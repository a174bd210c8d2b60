"""Compare: the level at which the two cases of each pair agree, respect by respect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from rapidfuzz import fuzz, process

from schemas.matters import matter_rules
from transforms.match.arrays import Flags, Floats, Ints, Levels
from transforms.match.compare import address_zh
from transforms.match.matters import evidence as e
from transforms.match.matters.candidates import Candidates, batches
from transforms.match.matters.cases import Cases
from transforms.match.score import CERTAIN, NO, POSSIBLE, PROBABLE
from transforms.match.texts import hash_texts

ALIKE, UNLIKE = 80.0, 40.0
"""Ratio (0 to 100) from which two titles are alike, and below which they are unlike."""
NEAR_DAYS = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """Scored pairs (``left`` < ``right``). ``first``, ``later``: the two in the order of their applications, or, where
    a link is stated, the case that is named and the one that names it; ``link``: index into LINKS or -1; ``levels``:
    respects x pairs; ``is_batch``: taken in together for different people; ``grade``: index into GRADES."""

    left: Ints
    right: Ints
    first: Ints
    later: Ints
    link: Ints
    is_batch: Flags
    levels: Levels
    weight: Floats
    grade: Ints

    def where(self, rows: Ints | Flags) -> Scored:
        """A choice of pairs."""
        return Scored(
            self.left[rows],
            self.right[rows],
            self.first[rows],
            self.later[rows],
            self.link[rows],
            self.is_batch[rows],
            self.levels[:, rows],
            self.weight[rows],
            self.grade[rows],
        )


def score_pairs(cases: Cases, found: Candidates) -> tuple[Scored, tuple[e.NumberUse, e.NumberUse]]:
    """Levels, match weight and grade of each candidate pair; and how numbers are used."""
    first, later, link, is_here, is_batch = _oriented(cases, found)
    batch = batches(cases)
    levels = np.stack(
        [
            _person(cases, first, later),
            _item(cases, first, later),
            _days(cases, first, later),
            _object(cases, first, later),
            _community(cases, first, later),
            _number(cases, first, later),
            _title(cases, first, later),
            np.where(link < 0, e.UNKNOWN, np.where(is_here, e.HERE, e.ELSEWHERE)),
        ]
    ).astype(np.uint8)
    together = (batch[first] == batch[later]) & (batch[first] >= 0) & (levels[e.PERSON] != e.SAME) & (link < 0)
    is_batch = is_batch | together
    uses = (
        e.number_use(cases.project, cases.person, meant_to_be_shared=True),
        e.number_use(cases.own, cases.person, meant_to_be_shared=False),
    )
    weight = e.match_weights(levels, is_batch, uses)
    return Scored(found.left, found.right, first, later, link, is_batch, levels, weight, _grades(weight, levels)), uses


def _grades(weight: Floats, levels: Levels) -> Ints:
    grade = np.where(weight >= e.POSSIBLE_WEIGHT, POSSIBLE, NO)
    grade = np.where(weight >= e.LINK_WEIGHT, PROBABLE, grade)
    result: Ints = np.where((weight >= e.CERTAIN_WEIGHT) & e.is_proven(levels), CERTAIN, grade)
    return result


def _oriented(cases: Cases, found: Candidates) -> tuple[Ints, Ints, Ints, Flags, Flags]:
    """First and later case of each pair; the link stated between them, whether on one platform, whether of a batch."""
    stated, pairs = found.stated, found.left * len(cases) + found.right
    swap = cases.second[found.left] > cases.second[found.right]
    first, later = np.where(swap, found.right, found.left), np.where(swap, found.left, found.right)
    link, is_here = np.full(len(pairs), -1, dtype=np.int64), np.zeros(len(pairs), dtype=bool)
    is_batch = is_here.copy()
    packed = np.minimum(stated.child, stated.parent) * len(cases) + np.maximum(stated.child, stated.parent)
    row = np.searchsorted(pairs, packed)
    # of two cases that name each other the last one written stands: the later applicant's word
    order = np.argsort(cases.second[stated.child], kind="stable")
    row, child, parent = row[order], stated.child[order], stated.parent[order]
    first[row], later[row], link[row] = parent, child, stated.link[order]
    is_here[row], is_batch[row] = stated.is_here[order], stated.is_batch[order]
    return first, later, link, is_here, is_batch


def _person(cases: Cases, first: Ints, later: Ints) -> Levels:
    """One person, one household, or two."""
    a, b = cases.person[first], cases.person[later]
    home = _equal(cases.household, first, later) | _equal(cases.dwelling, first, later)
    applies = cases.serves_household[first] & (cases.matter_class[first] == cases.matter_class[later])
    level = np.where(home, np.where(applies, e.HOUSEHOLD_APPLIES, e.HOUSEHOLD), e.OTHER_PERSON)
    level = np.where((a < 0) | (b < 0), e.UNKNOWN, level)
    result: Levels = np.where((a == b) & (a >= 0), e.SAME, level).astype(np.uint8)
    return result


def _equal(keys: Ints, first: Ints, later: Ints) -> Flags:
    result: Flags = (keys[first] == keys[later]) & (keys[first] >= 0)
    return result


def _item(cases: Cases, first: Ints, later: Ints) -> Ints:
    level = np.where(_in_sequence(cases, first, later), e.SEQUENCE, e.OTHER_ITEM)
    level = np.where(_equal(cases.matter_class, first, later), e.SAME_CLASS, level)
    level = np.where(_equal(cases.item, first, later), e.SAME, level)
    unknown = (cases.matter_class[first] < 0) | (cases.matter_class[later] < 0)
    return np.where(unknown, e.UNKNOWN, level)


def _in_sequence(cases: Cases, first: Ints, later: Ints) -> Flags:
    """Whether the later case lawfully follows the first, by a declared sequence and in its time."""
    follows = np.zeros(len(first), dtype=bool)
    apart = cases.day[later] - cases.day[first]
    for sequence in matter_rules().sequences.values():
        is_first = np.isin(cases.item, hash_texts(pa.array(sequence.first)))
        is_later = np.isin(cases.item, hash_texts(pa.array(sequence.following)))
        follows |= is_first[first] & is_later[later] & (apart <= sequence.within_working_days)
    return follows


def _days(cases: Cases, first: Ints, later: Ints) -> Ints:
    """Working days between the applications, against the window of the later one's class."""
    apart, window = np.abs(cases.day[later] - cases.day[first]), cases.window[later]
    steps = (apart <= 0, apart <= np.minimum(NEAR_DAYS, window), apart <= window, apart <= 2 * window)
    level = np.select(steps, (e.SAME, e.WITHIN_5, e.WITHIN_WINDOW, e.WITHIN_TWO), e.LATER)
    return np.where((cases.day[first] < 0) | (cases.day[later] < 0), e.UNKNOWN, level)


def _object(cases: Cases, first: Ints, later: Ints) -> Ints:
    """One object by its number; else, for a matter about a place, the place by its address."""
    a, b = cases.object[first], cases.object[later]
    level = np.where(cases.is_about_place[first] & cases.is_about_place[later], _place(cases, first, later), e.UNKNOWN)
    return np.where((a < 0) | (b < 0), level, np.where(a == b, e.SAME, e.OTHER_OBJECT))


def _place(cases: Cases, first: Ints, later: Ints) -> Ints:
    a, b = cases.address.codes[first], cases.address.codes[later]
    level = np.full(len(first), e.UNKNOWN, dtype=np.int64)
    both = np.flatnonzero((a >= 0) & (b >= 0))
    low, high = np.minimum(a, b)[both], np.maximum(a, b)[both]
    differ = low != high
    compared = np.full(len(both), address_zh.EQUAL, dtype=np.uint8)
    compared[differ] = address_zh.AddressZh().compare(cases.address, low[differ], high[differ])
    level[both] = np.where(compared <= address_zh.SIMILAR, e.SAME_PLACE, e.OTHER_PLACE)
    return level


def _community(cases: Cases, first: Ints, later: Ints) -> Ints:
    level = np.where(_equal(cases.township, first, later), 2, 3)
    level = np.where(_equal(cases.community, first, later), 1, level)
    return np.where((cases.community[first] < 0) | (cases.community[later] < 0), e.UNKNOWN, level)


def _number(cases: Cases, first: Ints, later: Ints) -> Ints:
    level = np.where(_equal(cases.own, first, later), e.SAME_CASE_NO, e.UNKNOWN)
    return np.where(_equal(cases.project, first, later), e.SAME_PROJECT, level)


def _title(cases: Cases, first: Ints, later: Ints) -> Ints:
    """Titles by RapidFuzz; those that say no more than the item does are given to both alike, so they say nothing."""
    level = np.full(len(first), e.UNKNOWN, dtype=np.int64)
    has = np.asarray([t is not None for t in cases.title], dtype=bool) if len(cases) else np.zeros(0, bool)
    both = np.flatnonzero(has[first] & has[later])
    if len(both):
        ratio = process.cpdist(cases.title[first[both]], cases.title[later[both]], scorer=fuzz.ratio, dtype=np.float32)
        level[both] = np.select((ratio >= ALIKE, ratio < UNLIKE), (1, 2), e.UNKNOWN)
    return level
