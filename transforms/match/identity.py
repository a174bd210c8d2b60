"""Stable surrogates: which cluster keeps which id, and what id a new one gets.

The rule, in this order:

1. **undo**: where somebody undid a change, each side gets back the id that the decision names, if that takes nothing
   from records which the undo does not name.
2. **most records**: cluster and id that share most records belong together; then the next pair of those that are left,
   and so on. Ties go to the smaller id, then to the cluster with the smaller first record. So at a merge the id with
   most records stays, at a split the largest part keeps it, and a cluster whose records are the same keeps its id
   whatever happens around it.
3. **restored**: a cluster still without an id, that holds most records of an id that was merged away, gets it back.
4. **new**: a keyed hash of the cluster's smallest record id, never one that was ever given.

An id that was retired (no record left) is never given again.
"""

from __future__ import annotations

import hmac
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Flags, Ints, find
from transforms.match.texts import hash_texts


@dataclass(frozen=True, slots=True)
class Scheme:
    """How surrogates of one kind are made: a letter, and the purpose that keeps two kinds from being joined."""

    prefix: str
    purpose: str

    def make(self, key: bytes, anchor: str) -> str:
        """The surrogate of an anchor: prefix and 20 hex digits (80 bits) of HMAC-SM3."""
        return self.prefix + hmac.digest(key, f"{self.purpose}:{anchor}".encode(), "sm3").hex()[:20].upper()


PERSON = Scheme("P", "person")
MATTER = Scheme("M", "matter")

CLAIM = pa.schema([pa.field("record_id", pa.string()), pa.field("entity_id", pa.string())])
"""A claim: a record that an id may be recognised by."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of ids beyond the last generation.

    ``ended``: ids that are no longer given to anybody (pa.string). ``merged`` (:data:`CLAIM`): records of those that
    were merged away, as they were then. ``undone`` (:data:`CLAIM`): records that an undo names, with the id that each
    is to get back.
    """

    ended: pa.Array
    merged: pa.Table
    undone: pa.Table


NO_PAST = Past(pa.array([], pa.string()), CLAIM.empty_table(), CLAIM.empty_table())


def stable_ids(
    record_ids: pa.Array,
    clusters: Ints,
    previous: pa.Table | None,
    column: str,
    key: bytes,
    scheme: Scheme,
    past: Past = NO_PAST,
    elsewhere: pa.ChunkedArray | None = None,
) -> pa.Array:
    """The surrogate of each cluster, as an array indexed by cluster.

    ``record_ids`` ascend; ``clusters``: cluster of each record, 0 to n - 1. ``previous``: record_id and ``column`` of
    the last generation, for these records. ``elsewhere``: ids of the last generation that no new cluster may get,
    where these are not all records.
    """
    before = CLAIM.empty_table() if previous is None else _claims(previous, column)
    ids: pa.Array = pc.unique(pa.chunked_array([before["entity_id"].combine_chunks(), past.ended])).drop_null().sort()
    keys = hash_texts(record_ids)
    claims = [
        (find(hash_texts(told["record_id"].combine_chunks()), keys), told["entity_id"])
        for told in (_due(past.undone, before, keys, clusters, elsewhere), before, past.merged)
        if told.num_rows
    ]
    named = most_shared(clusters, claims, ids)
    return _named(named, ids, record_ids, clusters, key, scheme, elsewhere)


def _due(undone: pa.Table, before: pa.Table, keys: Ints, clusters: Ints, elsewhere: pa.ChunkedArray | None) -> pa.Table:
    """The claims of an undo that take nothing from those whom it does not name.

    Not due is an id whose records did not come together; one that others have, none of whom are with the record; and
    one for a cluster of which most had yet another id. ``before``: records and the ids that they had.
    """
    rows = find(hash_texts(undone["record_id"].combine_chunks()), keys)
    if not (rows >= 0).any():
        return undone.slice(0, 0)
    claims = undone.filter(pa.array(rows >= 0)).append_column("cluster", pa.array(clusters[rows[rows >= 0]]))
    had = find(hash_texts(before["record_id"].combine_chunks()), keys)
    at = np.where(had >= 0, clusters[had], -1)
    near = np.isin(at, claims["cluster"].to_numpy())
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for cluster, entity in zip(at[near].tolist(), before["entity_id"].filter(pa.array(near)).to_pylist(), strict=True):
        held[cluster][entity] += 1
    named, of = set(claims["entity_id"].to_pylist()), defaultdict(set)
    for claim in claims.to_pylist():
        of[claim["entity_id"]].add(claim["cluster"])
    living = already_given(pa.array(sorted(named)), [before["entity_id"], *([] if elsewhere is None else [elsewhere])])

    def is_due(cluster: int, entity: str) -> bool:
        others = sum(count for holder, count in held[cluster].items() if holder not in named)
        is_theirs = entity not in living or entity in held[cluster]
        return len(of[entity]) == 1 and is_theirs and others <= held[cluster].total() - others

    due = [is_due(c["cluster"], c["entity_id"]) for c in claims.to_pylist()]
    return claims.filter(pa.array(due, pa.bool_())).select(CLAIM.names).combine_chunks()


def most_shared(clusters: Ints, claims: Sequence[tuple[Ints, pa.ChunkedArray]], ids: pa.Array) -> Ints:
    """The place among ``ids`` (ascending) of the id that each cluster keeps, -1 for none.

    ``claims``: record (-1: gone) and id of each, those that go before others first.
    """
    named = np.full(int(clusters.max(initial=-1)) + 1, -1, dtype=np.int64)
    free = np.ones(len(ids), dtype=bool)
    for rows, claimed in claims:
        _settle(named, free, clusters, rows, claimed, ids)
    return named


def _claims(previous: pa.Table, column: str) -> pa.Table:
    chosen = previous.select(["record_id", column]).rename_columns(CLAIM.names)
    return chosen.cast(CLAIM).combine_chunks()


def _settle(named: Ints, free: Flags, clusters: Ints, rows: Ints, claimed: pa.ChunkedArray, ids: pa.Array) -> None:
    """Give ids to clusters without one, the pair that shares most records first. Changes ``named`` and ``free``.

    ``rows`` and ``claimed``: record (-1: gone) and id of each claim.
    """
    codes = pc.index_in(claimed, ids).fill_null(-1).to_numpy().astype(np.int64)
    both = (rows >= 0) & (codes >= 0)
    width = max(len(ids), 1)
    packed, shared = np.unique(clusters[rows[both]] * width + codes[both], return_counts=True)
    cluster, code_of = packed // width, packed % width
    while len(cluster):
        open_ = (named[cluster] < 0) & free[code_of]
        cluster, code_of, shared = cluster[open_], code_of[open_], shared[open_]
        mutual = _best(cluster, code_of, shared) & _best(code_of, cluster, shared, other_first=True)
        named[cluster[mutual]] = code_of[mutual]
        free[code_of[mutual]] = False


def _best(side: Ints, other: Ints, shared: Ints, *, other_first: bool = False) -> Flags:
    """Which pair each ``side`` would choose: most records, then the smaller id (a code), then the smaller cluster.

    One order for both sides, so that the best pair that is left is always mutual and the rounds come to an end.
    """
    code, cluster = (side, other) if other_first else (other, side)
    order = np.lexsort((cluster, code, -shared, side))
    chosen = np.zeros(len(side), dtype=bool)
    chosen[order[np.unique(side[order], return_index=True)[1]]] = True
    return chosen


def _named(
    named: Ints,
    ids: pa.Array,
    record_ids: pa.Array,
    clusters: Ints,
    key: bytes,
    scheme: Scheme,
    elsewhere: pa.ChunkedArray | None,
) -> pa.Array:
    """The id of each cluster; those without one get a hash of their first record."""
    nameless = np.flatnonzero(named < 0)
    first = np.unique(clusters, return_index=True)[1][nameless]
    anchors = record_ids.take(pa.array(first)).to_pylist()
    made = [scheme.make(key, anchor) for anchor in anchors]
    given = [ids] if elsewhere is None else [ids, elsewhere]
    taken = already_given(pa.array(made, pa.string()), given)
    for again in [n for n, one in enumerate(made) if one in taken]:
        made[again] = _unused(anchors[again], given, key, scheme)
    place = named.copy()
    place[nameless] = len(ids) + np.arange(len(nameless))
    return pa.concat_arrays([ids.cast(pa.string()), pa.array(made, pa.string())]).take(pa.array(place))


def already_given(wanted: pa.Array, given: list[pa.Array | pa.ChunkedArray]) -> set[str]:
    """Which of the wanted ids were ever given."""
    return {one for ids in given for one in ids.filter(pc.is_in(ids, wanted)).to_pylist()}


def _unused(anchor: str, given: list[pa.Array | pa.ChunkedArray], key: bytes, scheme: Scheme) -> str:
    """An id for an anchor whose own was given before (its first part went to others)."""
    attempt = 2
    while already_given(pa.array([made := scheme.make(key, f"{anchor}#{attempt}")]), given):
        attempt += 1
    return made
