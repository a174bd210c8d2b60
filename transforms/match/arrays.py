"""Array idioms that every stage shares: stable keys, blocks of equal keys, components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Levels = NDArray[np.uint8]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ABSENT = -1
"""The code of a value that is not there. Every other code is zero or greater."""


@numba.njit(cache=True, nogil=True, inline="always")
def scramble_one(code: Any) -> np.uint64:
    """Spread one integer over 64 bits (the finaliser of splitmix64, Steele et al. 2014)."""
    z = np.uint64(code) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _mix_in(key: NDArray[np.uint64], present: Flags, column: NDArray[Any]) -> None:
    for i in range(len(key)):
        if column[i] < 0:
            present[i] = False
        key[i] = scramble_one(key[i] ^ scramble_one(np.int64(column[i])))


def mix(columns: Sequence[NDArray[Any]]) -> Ints:
    """One key (>= 0) for each row of equally long code columns; ABSENT where any column is absent."""
    present = np.ones(len(columns[0]), dtype=bool)
    key = np.zeros(len(columns[0]), dtype=np.uint64)
    for codes in columns:
        _mix_in(key, present, codes)
    return np.where(present, (key >> np.uint64(1)).astype(np.int64), ABSENT)


@numba.njit(cache=True, nogil=True)
def row_keys(matrix: NDArray[Any]) -> Ints:
    """A key (>= 0) for each row of a matrix of integers (of any sign)."""
    keys = np.empty(len(matrix), dtype=np.int64)
    for i in range(len(matrix)):
        z = np.uint64(0)
        for j in range(matrix.shape[1]):
            z = scramble_one(z ^ scramble_one(np.int64(matrix[i, j])))
        keys[i] = np.int64(z >> np.uint64(1))
    return keys


def distinct(values: NDArray[Any]) -> Ints:
    """Distinct integers in ascending order (by sorting: much faster here than numpy's unique, which hashes)."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    result: Ints = ordered[first]
    return result


@numba.njit(cache=True, nogil=True)
def find(wanted: Ints, keys: Ints) -> Ints:
    """The place of each wanted integer among ``keys`` (the first of equal ones), -1 where it is not.

    By hashing: at half a million of each, three times as fast as sorting, and nine times as fast as numpy's isin.
    """
    size = 16
    while size < 2 * len(keys):
        size *= 2
    slots, found = np.full(size, -1, np.int32), np.full(len(wanted), -1, np.int64)
    for i in range(len(keys)):
        at = np.int64(scramble_one(keys[i]) & np.uint64(size - 1))
        while slots[at] >= 0 and keys[slots[at]] != keys[i]:
            at = (at + 1) & (size - 1)
        if slots[at] < 0:
            slots[at] = i
    for i in range(len(wanted)):
        at = np.int64(scramble_one(wanted[i]) & np.uint64(size - 1))
        while slots[at] >= 0 and keys[slots[at]] != wanted[i]:
            at = (at + 1) & (size - 1)
        found[i] = slots[at]
    return found


def among(values: Ints, keys: Ints) -> Flags:
    """Whether each value is one of ``keys``."""
    found: Flags = find(values, keys) >= 0
    return found


def times(values: Ints, keys: Ints) -> Ints:
    """How often each value occurs among ``keys``; 0 for absent ones."""
    places, counts = _tally(keys)
    found = find(values, keys)
    return np.where((found >= 0) & (values >= 0), np.append(counts, 0)[np.append(places, -1)[found]], 0)


def blocks(keys: NDArray[Any]) -> tuple[Codes, Ints]:
    """Rows grouped by equal key, absent keys left out: the rows, and where each group begins (one bound more)."""
    rows = np.flatnonzero(keys >= 0)
    rows = rows[np.argsort(keys[rows])]
    ordered = keys[rows]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(rows) else np.empty(0, np.int64)
    return rows.astype(np.int32), np.append(starts, len(rows)).astype(np.int64)


def dense(keys: NDArray[Any]) -> tuple[Ints, int]:
    """Renumber keys from 0 in ascending order, ABSENT staying ABSENT; also how many there are."""
    rows, bounds = blocks(keys)
    codes = np.full(len(keys), ABSENT, dtype=np.int64)
    codes[rows] = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return codes, len(bounds) - 1


def group_sizes(keys: Ints) -> Ints:
    """For each row the number of rows with its key; 0 where the key is absent."""
    places, counts = _tally(keys)
    return np.append(counts, 0)[places]


def totals(keys: Ints, amounts: Ints) -> Ints:
    """For each row the sum of ``amounts`` over the rows with its key; 0 where the key is absent."""
    places, counts = _tally(keys)
    sums = np.bincount(places[places >= 0], amounts[places >= 0], len(counts)).astype(np.int64)
    return np.append(sums, 0)[places]


def block_pairs(keys: Ints, largest: int) -> float:
    """Pairs of rows with equal keys, in groups of at most ``largest`` rows."""
    counts = _tally(keys)[1].astype(np.float64)
    counts = counts[counts <= largest]
    return float(np.sum(counts * (counts - 1)) / 2)


@numba.njit(cache=True, nogil=True)
def _tally(keys: Ints) -> tuple[Ints, Ints]:
    """Count equal keys: for each row the place of its count (-1 where the key is absent), and the counts.

    By hashing: what is counted here is small enough for the cache, where that is several times as fast as sorting.
    """
    size = 16
    while size < 2 * len(keys):
        size *= 2
    slots = np.full(size, -1, np.int32)
    places, counts, first = np.empty(len(keys), np.int64), np.zeros(len(keys), np.int64), np.empty(len(keys), np.int64)
    groups = 0
    for i in range(len(keys)):
        places[i] = -1
        if keys[i] < 0:
            continue
        at = np.int64(scramble_one(keys[i]) & np.uint64(size - 1))
        while slots[at] >= 0 and first[slots[at]] != keys[i]:
            at = (at + 1) & (size - 1)
        if slots[at] < 0:
            slots[at], first[groups] = groups, keys[i]
            groups += 1
        places[i] = slots[at]
        counts[slots[at]] += 1
    return places, counts[:groups]


def pairs_within(keys: Ints) -> tuple[Codes, Codes]:
    """All pairs of rows (left < right) whose keys are equal and present."""
    rows, bounds = blocks(keys)
    return pairs_of_blocks(rows, bounds)


@numba.njit(cache=True, nogil=True)
def pairs_of_blocks(rows: Codes, bounds: Ints) -> tuple[Codes, Codes]:
    """All pairs of rows (left < right) of each block; ``bounds``: where blocks begin, one more than blocks."""
    total = 0
    for b in range(len(bounds) - 1):
        total += (bounds[b + 1] - bounds[b]) * (bounds[b + 1] - bounds[b] - 1) // 2
    left, right = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    at = 0
    for b in range(len(bounds) - 1):
        for i in range(bounds[b], bounds[b + 1]):
            for j in range(i + 1, bounds[b + 1]):
                left[at], right[at] = min(rows[i], rows[j]), max(rows[i], rows[j])
                at += 1
    return left, right


@numba.njit(cache=True, nogil=True)
def _find(parent: Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True)
def components(left: NDArray[Any], right: NDArray[Any], count: int) -> Ints:
    """Connected components of an undirected graph of ``count`` nodes, numbered by their smallest node."""
    parent = np.arange(count)
    for e in range(len(left)):
        a, b = _find(parent, left[e]), _find(parent, right[e])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    labels, found = np.empty(count, dtype=np.int64), 0
    for i in range(count):
        root = _find(parent, i)
        if root == i:
            labels[i] = found
            found += 1
        else:
            labels[i] = labels[root]
    return labels


def by_first(labels: Ints) -> Ints:
    """Renumber labels (>= 0, not much larger than their number) by the row where each is met first."""
    number = np.full(int(labels.max(initial=-1)) + 1, ABSENT, dtype=np.int64)
    return _by_first(labels, number)


@numba.njit(cache=True, nogil=True)
def _by_first(labels: Ints, number: Ints) -> Ints:
    renumbered, found = np.empty(len(labels), dtype=np.int64), 0
    for i in range(len(labels)):
        if number[labels[i]] < 0:
            number[labels[i]] = found
            found += 1
        renumbered[i] = number[labels[i]]
    return renumbered
