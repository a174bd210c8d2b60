"""Names of clusters: after the records in them, and kept for as long as an update goes on from the run before."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Ints, find, row_keys
from transforms.match.identity import already_given, most_shared


def named_by(keys: Ints) -> pa.Array:
    """The name that each record key (>= 0) would give a cluster: ``C`` and 16 hex digits."""
    places = keys[:, None] >> np.arange(60, -4, -4) & 15
    digits = np.frombuffer(b"0123456789ABCDEF", np.uint8)[places]
    texts = np.column_stack([np.full(len(keys), ord("C"), np.uint8), digits])
    width = texts.shape[1]
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), len(keys), [None, pa.py_buffer(np.ascontiguousarray(texts))]
    ).cast(pa.binary()).cast(pa.string())


def smallest_keys(keys: Ints, cluster_of: Ints) -> Ints:
    """The smallest record key of each cluster, after which it is named."""
    smallest = np.full(int(cluster_of.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, cluster_of, keys)
    return smallest


def names_as_before(keys: Ints, cluster_of: Ints, before: pa.Table, elsewhere: pa.ChunkedArray) -> pa.Array:
    """The name of each cluster of records (their ``keys``) that an update resolved anew.

    ``before``: key and cluster_id of these records in the run before, and of those that are gone; ``elsewhere``: names
    of the clusters that the update did not touch. Cluster and name that share most records stay together: at a merge
    the larger part's name stays, at a split the larger part keeps it. Other clusters are named after their records.
    """
    names = pc.unique(before.column("cluster_id")).sort()
    rows = find(before.column("key").to_numpy(), keys)
    kept = most_shared(cluster_of, [(rows, before.column("cluster_id"))], names)
    new = np.flatnonzero(kept < 0)
    own = _unused(smallest_keys(keys, cluster_of)[new], [names, elsewhere])
    place = kept.copy()
    place[new] = len(names) + np.arange(len(new))
    return pa.concat_arrays([names.cast(pa.string()), named_by(own)]).take(pa.array(place))


def _unused(keys: Ints, given: list[pa.Array | pa.ChunkedArray]) -> Ints:
    """Keys, each made anew for as long as what it gives as a name is another's, or was a moment ago: that of a cluster
    which the record left behind under its name."""
    keys = keys.copy()
    while True:
        wanted = named_by(keys)
        taken = already_given(wanted, given)
        again = [n for n, name in enumerate(wanted.to_pylist()) if name in taken]
        if not again:
            return keys
        keys[again] = row_keys(np.column_stack([keys[again], np.ones(len(again), np.int64)]))

