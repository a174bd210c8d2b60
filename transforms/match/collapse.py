"""Collapse: records that are equal after normalisation are one node, compared once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Ints, by_first, scramble
from transforms.match.normalise import Normalised


@dataclass(frozen=True, slots=True)
class Collapsed:
    """``node_of``: node of each record (in record order); ``first``: first record of each node; ``sizes``: records."""

    node_of: Ints
    first: Ints
    sizes: Ints
    nodes: Normalised


def collapse(records: Normalised) -> Collapsed:
    """Group records whose codes are equal in every field. Nodes are numbered by their first record."""
    codes = np.stack([c.codes for c in records.columns])
    key = np.zeros(codes.shape[1], dtype=np.uint64)
    for column in codes:
        key = scramble(key ^ scramble(column))
    order = np.argsort(key, kind="stable")
    ordered = codes[:, order]
    is_new = np.append(True, np.any(ordered[:, 1:] != ordered[:, :-1], axis=0)) if len(order) else np.empty(0, bool)
    labels = np.empty(len(order), dtype=np.int64)
    labels[order] = np.cumsum(is_new) - 1
    node_of = by_first(labels)
    _, first = np.unique(node_of, return_index=True)
    sizes = np.bincount(node_of, minlength=len(first)).astype(np.int64)
    return Collapsed(node_of, first.astype(np.int64), sizes, records.at(first.astype(np.int64)))
