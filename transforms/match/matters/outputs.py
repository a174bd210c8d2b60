"""The findings about cases as the declared tables of ``schemas.tables.link``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.tables.link import MATTER_PAIR, MATTER_REVIEW
from transforms.match.arrays import Floats, Ints
from transforms.match.matters import evidence as e
from transforms.match.matters.compare import Scored
from transforms.match.matters.groups import Judged
from transforms.match.matters.relations import OTHER_MATTER, RELATIONS
from transforms.match.score import CERTAIN, GRADES, NO, POSSIBLE, probability

REASONS = ("weak_evidence", "beyond_window", "household", "other_place", "person_unknown", "two_people")
"""Weakest to strongest: the last that holds is given."""
SHARE = 0.02
"""The queue holds at most this share of cases: the most worthwhile pairs."""


def decide_grades(scored: Scored, judged: Ints) -> Scored:
    """Grades after what people have judged: same is certain, different is no, unsure is possible."""
    grade = np.select((judged == 0, judged == 1, judged == 2), (CERTAIN, NO, POSSIBLE), scored.grade)
    return replace(scored, grade=grade)


def pairs_table(record_ids: pa.Array, scored: Scored, relation: Ints, judged: Ints) -> pa.Table:
    """link_matter_pair: pairs scored possible or better, told apart by name, or judged; ordered by both ids."""
    kept = np.flatnonzero((scored.grade >= POSSIBLE) | (relation != OTHER_MATTER) | (judged >= 0))
    scored, relation = scored.where(kept), relation[kept]
    columns = [
        record_ids.take(pa.array(scored.left)),
        record_ids.take(pa.array(scored.right)),
        record_ids.take(pa.array(scored.first)),
        pa.array(scored.weight),
        pa.array(probability(scored.weight)),
        pa.array(GRADES).take(pa.array(scored.grade)),
        pa.array(RELATIONS).take(pa.array(relation)),
        _levels_texts(scored),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(MATTER_PAIR))


def _levels_texts(scored: Scored) -> pa.Array:
    """The text of each pattern of levels, made once."""
    packed = np.zeros(scored.levels.shape[1], dtype=np.int64)
    for level in scored.levels:
        packed = packed * 8 + level
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    return pa.array(e.describe(scored.levels[:, first]), pa.string()).take(pa.array(inverse))


def review_table(record_ids: pa.Array, scored: Scored, matter: Ints, decided: Judged) -> pa.Table:
    """link_matter_review: of each two matters the grey pair with the most weight, most worthwhile first.

    ``worth``: cases of the smaller matter, times the probability that they belong to the other. Pairs that people have
    judged are not asked again.
    """
    open_ = decided.judged(scored.left, scored.right, len(record_ids)) < 0
    grey = scored.where(np.flatnonzero((scored.grade == POSSIBLE) & open_))
    grey = grey.where(np.flatnonzero(matter[grey.left] != matter[grey.right]))
    grey = grey.where(_best_of_two_matters(grey, matter))
    sizes = np.bincount(matter, minlength=1)
    worth: Floats = np.minimum(sizes[matter[grey.left]], sizes[matter[grey.right]]) * probability(grey.weight)
    order = np.lexsort((grey.right, grey.left, -worth))[: max(int(SHARE * len(record_ids)), 10)]
    grey, worth = grey.where(order), worth[order]
    columns = [
        record_ids.take(pa.array(grey.left)),
        record_ids.take(pa.array(grey.right)),
        pa.array(grey.weight),
        pa.array(probability(grey.weight)),
        pa.array(REASONS).take(pa.array(_reasons(grey))),
        pa.array(worth),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(MATTER_REVIEW))


def _best_of_two_matters(grey: Scored, matter: Ints) -> Ints:
    low, high = (f(matter[grey.left], matter[grey.right]) for f in (np.minimum, np.maximum))
    order: Ints = np.lexsort((grey.right, grey.left, -grey.weight, high, low))
    _, first = np.unique(np.stack([low[order], high[order]]), axis=1, return_index=True)
    best: Ints = order[first]
    return best


def _reasons(grey: Scored) -> Ints:
    person, days = grey.levels[e.PERSON], grey.levels[e.DAYS]
    reason = np.where((days == e.WITHIN_TWO) | (days == e.LATER), REASONS.index("beyond_window"), 0)
    for name, holds in (
        ("household", np.isin(person, (e.HOUSEHOLD, e.HOUSEHOLD_APPLIES))),
        ("other_place", np.isin(grey.levels[e.OBJECT], (e.OTHER_PLACE, e.OTHER_OBJECT))),
        ("person_unknown", person == e.UNKNOWN),
        ("two_people", person == e.OTHER_PERSON),
    ):
        reason = np.where(holds, REASONS.index(name), reason)
    return reason
