"""Collapse: records that are equal after normalisation are one node, compared once."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.match.arrays import Codes, Flags, Ints, find, mix, scramble_one
from transforms.match.normalise import Normalised


@dataclass(frozen=True, slots=True)
class Collapsed:
    """``node_of``: node of each record; ``first``: the record that represents each node; ``sizes``: its records;
    ``keys``: what each node is known by in every run (a hash of its values), ascending."""

    node_of: Codes
    first: Codes
    sizes: Ints
    keys: Ints
    nodes: Normalised


def collapse(records: Normalised, record_keys: Ints, apart: Flags | None = None) -> Collapsed:
    """Group records whose values are equal in every field; ``apart``: records that are a node of their own. So is each
    record of a source that holds every entity once: its copies are as many entities.

    Nodes are numbered by their values and represented by the record with the smallest key, so that the order of rows
    decides nothing.
    """
    keys = node_keys(records, record_keys, apart)
    order = np.argsort(keys)
    ordered = keys[order]
    is_new = np.append(True, ordered[1:] != ordered[:-1]) if len(order) else np.empty(0, bool)
    node_of = np.empty(len(order), dtype=np.int32)
    node_of[order] = np.cumsum(is_new) - 1
    count = int(is_new.sum())
    first = representatives(node_of, record_keys, count)
    sizes = np.bincount(node_of, minlength=count).astype(np.int64)
    return Collapsed(node_of, first, sizes, keys[first], records.at(first))


def as_known(records: pa.Table, keys: Ints, nodes: Normalised) -> Collapsed:
    """Records (columns record_key, node) as the nodes that they were found to be: ``keys``, ascending, of ``nodes``."""
    node_of = find(records.column("node").to_numpy(), keys).astype(np.int32)
    first = representatives(node_of, records.column("record_key").to_numpy(), len(keys))
    return Collapsed(node_of, first, np.bincount(node_of, minlength=len(keys)).astype(np.int64), keys, nodes)


def node_keys(records: Normalised, record_keys: Ints, apart: Flags | None) -> Ints:
    """The key of each record's node: that of its values, and of itself too where it is told apart."""
    keys = content_keys(records)
    alone = records.contradict_themselves()
    if apart is not None:
        alone |= apart
    keys[alone] = mix([keys[alone], record_keys[alone]])
    return keys


def content_keys(records: Normalised) -> Ints:
    """A key (>= 0) for each record that depends on its normalised values alone."""
    key = np.zeros(records.size, dtype=np.uint64)
    for column in records.columns:
        fold(key, column.codes, column.keys)
    return (key >> np.uint64(1)).astype(np.int64)


@numba.njit(cache=True, nogil=True)
def fold(key: NDArray[np.uint64], codes: Codes, keys: Ints) -> None:
    """Mix one more column into the key of each row: the key of its value, or that it has none."""
    for i in range(len(key)):
        key[i] = scramble_one(key[i] ^ scramble_one(keys[codes[i]] if codes[i] >= 0 else -1))


@numba.njit(cache=True, nogil=True)
def representatives(node_of: Codes, record_keys: Ints, count: int) -> Codes:
    """The record with the smallest key of each node."""
    first = np.full(count, -1, dtype=np.int32)
    for i in range(len(node_of)):
        if first[node_of[i]] < 0 or record_keys[i] < record_keys[first[node_of[i]]]:
            first[node_of[i]] = i
    return first
