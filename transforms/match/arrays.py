"""Array idioms that every stage shares: keys mixed from codes, pairs within groups, strings as matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Levels = NDArray[np.uint8]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ABSENT = -1
"""The code of a value that is not there. Every other code is zero or greater."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def scramble(codes: NDArray[Any]) -> NDArray[np.uint64]:
    """Spread integers over 64 bits (the finaliser of splitmix64, Steele et al. 2014)."""
    z: NDArray[np.uint64] = codes.astype(np.uint64) + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


def mix(columns: Sequence[NDArray[Any]]) -> Ints:
    """One key (>= 0) for each row of equally long code columns; ABSENT where any column is absent."""
    present = np.ones(len(columns[0]), dtype=bool)
    key = np.zeros(len(columns[0]), dtype=np.uint64)
    for codes in columns:
        present &= codes >= 0
        key = scramble(key ^ scramble(codes))
    return np.where(present, (key >> np.uint64(1)).astype(np.int64), ABSENT)


def distinct(values: NDArray[Any]) -> Ints:
    """Distinct integers in ascending order (by sorting: much faster here than numpy's unique, which hashes)."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    result: Ints = ordered[first]
    return result


def dense(keys: NDArray[Any]) -> tuple[Ints, int]:
    """Renumber keys from 0 in ascending order, ABSENT staying ABSENT; also how many there are."""
    present = keys >= 0
    distinct, inverse = np.unique(keys[present], return_inverse=True)
    codes = np.full(len(keys), ABSENT, dtype=np.int64)
    codes[present] = inverse
    return codes, len(distinct)


def group_sizes(keys: Ints) -> Ints:
    """For each row the number of rows with its key; 0 where the key is absent."""
    codes, count = dense(keys)
    sizes = np.append(np.bincount(codes[codes >= 0], minlength=count), 0)
    return sizes[codes].astype(np.int64)


def pairs_within(keys: Ints) -> tuple[Ints, Ints]:
    """All pairs of rows (left < right) whose keys are equal and present."""
    rows = np.flatnonzero(keys >= 0)
    rows = rows[np.argsort(keys[rows], kind="stable")]
    ordered = keys[rows]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(rows) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(rows)))
    ends = np.repeat(starts + sizes, sizes)
    followers = ends - np.arange(len(rows)) - 1
    left = np.repeat(np.arange(len(rows)), followers)
    first = np.cumsum(followers) - followers
    right = left + 1 + np.arange(len(left)) - np.repeat(first, followers)
    return rows[left], rows[right]


def components(left: Ints, right: Ints, count: int) -> Ints:
    """Connected components of an undirected graph of ``count`` nodes, numbered by their smallest node."""
    edges = coo_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(count, count))
    labels: Ints = connected_components(edges, directed=False)[1].astype(np.int64)
    return by_first(labels)


def by_first(labels: Ints) -> Ints:
    """Renumber labels by the row where each is met first."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def characters(values: pa.Array, width: int) -> tuple[NDArray[np.uint32], Ints]:
    """Strings as a matrix of code points (rows x width, 0 behind the end; longer ones are cut) and their lengths."""
    texts = np.array(values.to_pylist(), dtype=f"U{width}")
    matrix = texts.view(np.uint32).reshape(len(texts), width) if len(texts) else np.zeros((0, width), np.uint32)
    return matrix, np.count_nonzero(matrix, axis=1).astype(np.int64)


def hash_texts(values: pa.Array) -> Ints:
    """A key (>= 0) for each string that depends on its bytes alone, ABSENT for null or empty.

    Features of values are made of such keys, so that they mean the same in every run and in every partition.
    """
    values = values.cast(pa.large_string())
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1]
    octets = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    keys = np.full(len(values), ABSENT, dtype=np.int64)
    _hash_octets(octets, bounds, keys)
    keys[np.asarray(values.is_null())] = ABSENT
    return keys


@numba.njit(cache=True, nogil=True)
def _hash_octets(octets: NDArray[np.uint8], bounds: Ints, keys: Ints) -> None:
    """FNV-1a over the bytes of each string (Fowler, Noll, Vo), finished by splitmix64."""
    for i in range(len(keys)):
        if bounds[i + 1] == bounds[i]:
            continue
        z = np.uint64(0xCBF29CE484222325)
        for j in range(bounds[i], bounds[i + 1]):
            z = (z ^ np.uint64(octets[j])) * np.uint64(0x100000001B3)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        keys[i] = np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(1))


def encode(values: pa.ChunkedArray | pa.Array) -> tuple[Ints, pa.Array]:
    """Dictionary-encode strings: a code for each row (ABSENT for null or empty) and the distinct values in order.

    The order of the distinct values depends on the values alone, so codes don't depend on the order of rows.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    coded = values.dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    rank[-1] = ABSENT
    indices = coded.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)
    return rank[indices], coded.dictionary.take(pa.array(order))
