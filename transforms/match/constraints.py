"""Constraints: what people have decided about pairs of records, obeyed by every later run.

``same`` is a must-link constraint (:mod:`transforms.match.must_link`): it outweighs all evidence but not what can't be
(two different valid identity numbers). ``different`` is a cannot-link constraint: it keeps two records apart whatever
joins them. ``unsure`` takes the decision away from the engine: the pair itself makes no link.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.errors import ConfigurationError
from transforms.match.arrays import Codes, Flags, Floats, Ints, among, distinct, row_keys
from transforms.match.score import CERTAIN, NEVER, Scored, Scorer, join
from transforms.match.texts import hash_texts

DECISION = ("left_id", "right_id", "judgement")
"""The columns of a table of decisions."""
JUDGEMENTS = ("same", "different", "unsure")
SAME, DIFFERENT, UNSURE = range(3)
DECIDED_SAME = 60.0
"""Match weight (bits) of a pair that a person decided to be one, and that is: more than any evidence."""
DECIDED_DIFFERENT = 2 * NEVER
"""Match weight of a pair that a person decided to be two: below every contradiction that was found."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions on rows of the input (records), or on nodes, in the order in which they were made. ``judgement``: index
    into JUDGEMENTS."""

    left: Codes
    right: Codes
    judgement: NDArray[np.int8]

    @property
    def apart(self) -> tuple[Codes, Codes]:
        """The pairs that must never meet."""
        return self._pairs(self.judgement == DIFFERENT)

    @property
    def together(self) -> tuple[Codes, Codes]:
        """The pairs that are one."""
        return self._pairs(self.judgement == SAME)

    def _pairs(self, rows: Flags) -> tuple[Codes, Codes]:
        return self.left[rows], self.right[rows]

    def where(self, rows: Flags) -> Decided:
        """A choice of decisions."""
        return Decided(self.left[rows], self.right[rows], self.judgement[rows])

    def at(self, numbers: Codes) -> Decided:
        """The same on other numbers (records -> nodes), the smaller one left."""
        left, right = numbers[self.left], numbers[self.right]
        return Decided(np.minimum(left, right), np.maximum(left, right), self.judgement)


NOTHING = Decided(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int8))


def read_constraints(table: pa.Table | None, record_keys: Ints) -> Decided:
    """Decisions (columns left_id, right_id, judgement) on the records that are there; others wait for theirs.

    ``record_keys``: :func:`transforms.match.normalise.record_keys` of the input. Raises ConfigurationError for a
    judgement that is none of JUDGEMENTS.
    """
    if table is None or not table.num_rows or not len(record_keys):
        return NOTHING
    judgement = pc.index_in(table.column("judgement"), pa.array(JUDGEMENTS))
    if judgement.null_count:
        unknown = pc.unique(table.column("judgement").filter(judgement.is_null())).to_pylist()
        raise ConfigurationError(
            "no such judgement", where="constraints", expected=", ".join(JUDGEMENTS), found=str(unknown[:3])
        )
    order = np.argsort(record_keys)
    sides = [_rows(table.column(name), record_keys, order) for name in ("left_id", "right_id")]
    kept = (sides[0] >= 0) & (sides[1] >= 0) & (sides[0] != sides[1])
    return Decided(sides[0][kept], sides[1][kept], judgement.to_numpy().astype(np.int8)[kept])


def _rows(ids: pa.ChunkedArray, record_keys: Ints, order: Ints) -> Codes:
    keys = hash_texts(ids.cast(pa.string()).combine_chunks())
    place = np.minimum(np.searchsorted(record_keys, keys, sorter=order), len(order) - 1)
    rows = order[place] if len(order) else np.zeros(len(keys), np.int64)
    return np.where(record_keys[rows] == keys, rows, -1).astype(np.int32)


def no_constraints() -> pa.Table:
    """An empty table of decisions."""
    return pa.table({name: pa.array([], pa.string()) for name in DECISION})


def records_apart(constraints: pa.Table | None, record_keys: Ints) -> Flags | None:
    """Records that a decision is about: however equal they are to others, each is compared as itself.

    A judgement of one record says nothing of its copies: of ten that hold a common name and no more, one may be known.
    """
    if constraints is None or not constraints.num_rows:
        return None
    apart: Flags = np.isin(record_keys, keys_in(constraints))
    return apart


def keys_in(constraints: pa.Table) -> Ints:
    """The keys of all records that decisions are about."""
    return np.concatenate([hash_texts(_texts(constraints, name)) for name in DECISION[:2]])


def _texts(table: pa.Table, name: str) -> pa.Array:
    return table.column(name).cast(pa.string()).combine_chunks()


def keys_decided_anew(before: pa.Table, now: pa.Table) -> Ints:
    """The keys, ascending, of all records that a decision made, changed or withdrawn is about."""
    judged = [row_keys(np.column_stack([hash_texts(_texts(t, n)) for n in DECISION])) for t in (before, now)]
    anew = (t.filter(pa.array(~among(a, b))) for t, a, b in ((before, *judged), (now, *judged[::-1])))
    return distinct(np.concatenate([keys_in(table) for table in anew]))


def obey(scored: Scored, decided: Decided, scorer: Scorer) -> Scored:
    """The scored pairs with those decided to be different, or unsure, at the weight of their decision, missing ones
    added. Those decided to be the same stay as the evidence weighs them."""
    decided = decided.where(decided.judgement != SAME)
    if not len(decided.left):
        return scored
    own = scorer.score(decided.left, decided.right)
    unsure = np.where(own.weight <= NEVER, NEVER, np.minimum(own.weight, scorer.config.link_weight - 1))
    weight = np.where(decided.judgement == DIFFERENT, DECIDED_DIFFERENT, unsure)
    return join([scored.where(~_among(scored, decided, scorer)), _reweighed(own, weight)])


def confirm(pairs: Scored, decided: Decided, clusters: Ints, scorer: Scorer) -> Scored:
    """The pairs with those that were decided to be the same, and are in one cluster, as certain, missing ones added."""
    is_one = (decided.judgement == SAME) & (clusters[decided.left] == clusters[decided.right])
    decided = decided.where(is_one)
    if not len(decided.left):
        return pairs
    own = scorer.score(decided.left, decided.right)
    certain = _reweighed(own, np.full(len(own.weight), DECIDED_SAME))
    return join([pairs.where(~_among(pairs, decided, scorer)), certain])


def _among(pairs: Scored, decided: Decided, scorer: Scorer) -> Flags:
    """Which pairs are decided about."""
    count = np.int64(scorer.nodes.size)
    result: Flags = np.isin(pairs.left * count + pairs.right, decided.left * count + decided.right)
    return result


def _reweighed(pairs: Scored, weight: Floats) -> Scored:
    grade = np.where(weight >= DECIDED_SAME, CERTAIN, np.where(weight <= NEVER, 0, pairs.grade)).astype(np.int8)
    return Scored(pairs.left, pairs.right, pairs.levels, weight, pairs.against, pairs.house, np.minimum(grade, CERTAIN))
