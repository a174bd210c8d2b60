"""Stable surrogates: a cluster keeps the id that most of its records had, a new one gets a keyed hash of its anchor."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Ints


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


def stable_ids(
    record_ids: pa.Array, clusters: Ints, previous: pa.Table | None, column: str, key: bytes, scheme: Scheme
) -> pa.Array:
    """The surrogate of each cluster, as an array indexed by cluster.

    ``record_ids`` ascend; ``clusters``: cluster of each record. ``previous``: record_id and ``column`` of the last run.
    Where a cluster and a previous id claim each other by most records (ties: the smaller id, the earlier anchor) it is
    kept; any other cluster gets a new id from its smallest record id, never one that was ever given before.
    """
    count = int(clusters.max(initial=-1)) + 1
    _, anchors = np.unique(clusters, return_index=True)
    names: list[str | None] = [None] * count
    taken: set[str] = set()
    if previous is not None and previous.num_rows:
        old = pc.unique(previous.column(column)).sort()
        taken.update(old.to_pylist())
        for cluster, code in zip(*_mutual_claims(record_ids, clusters, previous, column, old), strict=True):
            names[cluster] = old[code].as_py()
    anchor_ids = record_ids.take(pa.array(anchors)).to_pylist()
    return pa.array(_fill(names, anchor_ids, taken, key, scheme), pa.string())


def _mutual_claims(
    record_ids: pa.Array, clusters: Ints, previous: pa.Table, column: str, old: pa.Array
) -> tuple[list[int], list[int]]:
    """Pairs of cluster and previous id (as codes of ``old``) where each holds most of the other's records."""
    row = pc.index_in(record_ids, previous.column("record_id").combine_chunks())
    known = np.flatnonzero(np.asarray(row.is_valid()))
    ids = previous.column(column).take(row.drop_null())
    codes = (
        pc.index_in(ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids, old).to_numpy().astype(np.int64)
    )
    packed, counts = np.unique(clusters[known] * len(old) + codes, return_counts=True)
    cluster, code = packed // len(old), packed % len(old)
    order = np.lexsort((code, -counts, cluster))
    first = order[np.unique(cluster[order], return_index=True)[1]]
    cluster, code, counts = cluster[first], code[first], counts[first]
    order = np.lexsort((cluster, -counts, code))
    best = order[np.unique(code[order], return_index=True)[1]]
    return cluster[best].tolist(), code[best].tolist()


def _fill(names: Sequence[str | None], anchors: list[str], taken: set[str], key: bytes, scheme: Scheme) -> list[str]:
    filled: list[str] = []
    for name, anchor in zip(names, anchors, strict=True):
        made, attempt = name or scheme.make(key, anchor), 1
        while name is None and made in taken:
            attempt += 1
            made = scheme.make(key, f"{anchor}#{attempt}")
        taken.add(made)
        filled.append(made)
    return filled
