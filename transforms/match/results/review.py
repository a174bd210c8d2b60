"""Review: the grey pairs, each with the reason a person is asked and what the answer is worth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.tables.link import REVIEW
from transforms.match.arrays import Floats, Ints
from transforms.match.compare.kind import NULL
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.results.outputs import representatives
from transforms.match.results.worth import asked_already, by_worth, kept_apart, weak_links, worth_apart
from transforms.match.score import Scored, is_masked, join, probability

REASONS = (
    "weak_link",
    "weak_evidence",
    "no_number",
    "household",
    "masked",
    "number_shared",
    "ambiguous",
)
"""Weakest to strongest: the last that holds is given. ``weak_link``: joined, but by little; ``number_shared``: one
number under two names; ``household``: relatives explain it as well; ``ambiguous``: fits two."""

SHARE = 0.02
"""The queue holds at most this share of records: the most worthwhile pairs."""


NODES = ("left_node", "right_node")
"""Columns of :func:`questions` beyond the queue: the keys of the nodes that the records stand for."""


def review_table(record_ids: pa.Array, found: Matched, config: MatchConfig, records: int | None = None) -> pa.Table:
    """link_review: the questions most worth asking, the most worthwhile first (:mod:`transforms.match.results.worth`).

    ``records``: of how many records in all, where ``found`` is about a part of them.
    """
    return queue(questions(record_ids, found, config), len(record_ids) if records is None else records)


def queue(asked: pa.Table, records: int) -> pa.Table:
    """link_review from all :func:`questions` about so many ``records``."""
    weight, worth = (asked.column(name).to_numpy() for name in ("match_weight", "worth"))
    left, right = (asked.column(name).to_numpy() for name in NODES)
    order = by_worth(probability(weight), worth, left, right)[: queue_length(records)]
    return asked.drop_columns(list(NODES)).take(pa.array(order)).cast(arrow_schema(REVIEW))


def queue_length(records: int) -> int:
    """How many questions are asked about so many records."""
    return max(int(SHARE * records), 10)


def questions(record_ids: pa.Array, found: Matched, config: MatchConfig) -> pa.Table:
    """Columns of link_review and :data:`NODES`: the best grey pair of each pair of clusters and the weakest link of
    each doubtful cluster. Nobody is asked again about what is decided, or about clusters that can't be one.
    """
    grey, reason = _grey(found, config)
    rows = _best_of_cluster_pair(grey, reason, found)
    grey, reason = grey.where(rows), reason[rows]
    weak, weak_worth = weak_links(found, config)
    reason = np.concatenate([reason, np.full(len(weak.left), REASONS.index("weak_link"))])
    worth = np.concatenate([worth_apart(grey, found), weak_worth])
    grey = join([grey, weak])
    is_open = ~asked_already(grey, found)
    return _as_table(record_ids, grey.where(is_open), reason[is_open], worth[is_open], found)


def _as_table(record_ids: pa.Array, grey: Scored, reason: Ints, worth: Floats, found: Matched) -> pa.Table:
    left, right = representatives(grey, found)
    columns = [
        record_ids.take(pa.array(left)),
        record_ids.take(pa.array(right)),
        pa.array(grey.weight),
        pa.array(grey.probability),
        pa.array(REASONS).take(pa.array(reason)),
        pa.array(worth),
    ]
    asked = pa.Table.from_arrays(columns, schema=arrow_schema(REVIEW))
    nodes = (found.collapsed.keys[side] for side in (grey.left, grey.right))
    for name, keys in zip(NODES, nodes, strict=True):
        asked = asked.append_column(name, pa.array(keys))
    return asked


def _grey(found: Matched, config: MatchConfig) -> tuple[Scored, Ints]:
    """Pairs in different clusters that may be one."""
    count = np.int64(len(found.node_cluster))
    decided = found.decided.left * count + found.decided.right
    asked = ~np.isin(found.pairs.left * count + found.pairs.right, decided)
    grey = found.pairs.where(asked & (found.node_cluster[found.pairs.left] != found.node_cluster[found.pairs.right]))
    grey = grey.where(~kept_apart(grey, found, config))
    return grey, _reasons(grey, found, config)


def _reasons(grey: Scored, found: Matched, config: MatchConfig) -> Ints:
    reason = np.full(len(grey.left), REASONS.index("weak_evidence"))
    if config.certain_field is not None:
        number = grey.levels[config.field_index(config.certain_field)]
        reason[number == NULL] = REASONS.index("no_number")
    reason[grey.house > 0] = REASONS.index("household")
    reason[is_masked(grey.levels, found.model)] = REASONS.index("masked")
    if config.certain_field is not None:
        levels = found.model.kinds[config.field_index(config.certain_field)].levels
        equal = [place for place, level in enumerate(levels, start=1) if level.name.startswith("equal")]
        reason[np.isin(number, equal)] = REASONS.index("number_shared")
    reason[np.isin(grey.left, found.ambiguous) | np.isin(grey.right, found.ambiguous)] = REASONS.index("ambiguous")
    return reason


def _best_of_cluster_pair(grey: Scored, reason: Ints, found: Matched) -> Ints:
    """Rows of the pair with the most weight for each unordered pair of clusters (ties: the first nodes)."""
    a, b = found.node_cluster[grey.left], found.node_cluster[grey.right]
    low, high = np.minimum(a, b), np.maximum(a, b)
    order: Ints = np.lexsort((grey.right, grey.left, -grey.weight, -reason, high, low))
    is_first = np.append(True, (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0))[: len(order)]
    best: Ints = order[is_first]
    return best

