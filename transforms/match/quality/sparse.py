"""Records that say too little: how many of them stand alone only because nothing in them could tell whose they are.

A record's weight with itself says how well it identifies anybody. If records that say little belong to entities that
are recorded as often as others, they should stand alone as often as records that say much; what stands alone beyond
that was missed, by blocking or by a threshold it could not reach. This needs no model of why. It is too high where
records that say little are of entities recorded more seldom (children in registers of adults); half as
often again is tolerated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Flags, Floats, Ints

FEW_SOURCES = 3
TOLERATED = 0.5
"""How much more often records that say little may stand alone for reasons of their own, before they count as missed."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """``records``: records below the median weight with themselves; ``alone``, ``expected``: how many of them stand
    alone, and would if they did so as often as the others; ``missed``: record pairs thereby missed beyond what is
    tolerated, ``most``: with nothing tolerated, and its standard deviation."""

    records: int
    alone: int
    expected: float
    missed: float
    most: float
    deviation: float


def excess_alone(own: Floats, cluster_of: Ints, sources: Ints | None) -> Sparse:
    """Count within each of few sources (one file may repeat entities less often than another) and add up; over many
    sources count at once (what tells them apart then is how they record: a platform that masks every number).

    ``own``: weight of each record with itself; ``cluster_of`` and ``sources``: of each record.
    """
    size = np.bincount(cluster_of)[cluster_of] if len(cluster_of) else np.zeros(0, np.int64)
    is_one = sources is None or int(sources.max(initial=-1)) >= FEW_SOURCES
    group = np.zeros(len(own), np.int64) if sources is None or is_one else sources
    parts = [_of_source(own[rows], size[rows]) for rows in _rows_of(group)]
    variance = sum(p.deviation**2 for p in parts)
    return Sparse(
        sum(p.records for p in parts),
        sum(p.alone for p in parts),
        sum(p.expected for p in parts),
        max(sum(p.missed for p in parts), 0.0),
        max(sum(p.most for p in parts), 0.0),
        float(np.sqrt(variance)),
    )


def _rows_of(group: Ints) -> list[Ints]:
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _of_source(own: Floats, size: Ints) -> Sparse:
    is_sparse: Flags = own < np.median(own) if len(own) else np.zeros(0, bool)
    few, many = int(is_sparse.sum()), int((~is_sparse).sum())
    if few == 0 or many == 0:
        return Sparse(few, 0, 0.0, 0.0, 0.0, 0.0)
    alone, usual = int((size[is_sparse] == 1).sum()), float((size[~is_sparse] == 1).mean())
    mates = float(size[~is_sparse].mean()) - 1
    variance = alone * (1 - alone / few) + few**2 * usual * (1 - usual) / many
    expected, deviation = usual * few, float(np.sqrt(variance)) * mates
    missed, most = (alone - (1 + tolerated) * expected for tolerated in (TOLERATED, 0.0))
    return Sparse(few, alone, expected, missed * mates, most * mates, deviation)
