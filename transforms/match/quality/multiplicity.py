"""Precision from multiplicities: how often a record is linked to none, one, two records of another source.

After Blakely and Salmond 2002 (International Journal of Epidemiology 31: 1246), in the Poisson form: a record's one
true match in a source is found with chance pi, and false matches come at a rate lambda, so that
P0 = (1 - pi) exp(-lambda), P1 = (pi + (1 - pi) lambda) exp(-lambda), and precision is pi / (pi + lambda).
It needs no model of the fields, only sources that hold each entity once; where a source repeats entities, the estimate
is too low.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.match.arrays import Floats, Ints, distinct
from transforms.match.quality.intervals import DRAWS, SEED, Estimate, quantiles

STEPS = 60
REPEATED = 0.1
"""Share of linked records with another of their source beside them, from which sources plainly repeat entities."""


@dataclass(frozen=True, slots=True)
class Multiplicity:
    """``counts``: record–source combinations with 0, 1 and more linked records; ``found``: pi, ``false``: lambda."""

    counts: tuple[int, int, int]
    found: float
    false: float
    precision: Estimate

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        shape = dict(zip(("none", "one", "more"), self.counts, strict=True))
        return {"counts": shape, "pi": self.found, "lambda": self.false, "precision": self.precision.to_dict()}


def invert(none: Floats, one: Floats) -> tuple[Floats, Floats]:
    """pi and lambda from the shares of records with none and with one match.

    P0 + P1 = exp(-lambda) + lambda P0 has one root between 0 and -ln P0; it is found by halving.
    """
    none = np.clip(none, 1e-12, 1.0)
    low, high = np.zeros_like(none), -np.log(none)
    for _ in range(STEPS):
        middle = (low + high) / 2
        above = np.exp(-middle) + middle * none > none + one
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return 1 - none * np.exp(low), low


def count_multiplicities(clusters: Ints, sources: Ints) -> tuple[int, int, int]:
    """For each record and each other source: how often none, one, more records of that are in its cluster."""
    many = int(sources.max(initial=-1)) + 1
    packed = np.sort(clusters.astype(np.int64) * many + sources)
    groups = distinct(packed)
    held = np.diff(np.append(np.searchsorted(packed, groups), len(packed)))
    others = np.bincount(clusters)[groups // many] - held
    total = len(clusters) * (many - 1)
    one, more = int(others[held == 1].sum()), int(others[held > 1].sum())
    return total - one - more, one, more


def multiplicity(clusters: Ints, sources: Ints) -> Multiplicity | None:
    """The estimate from clusters of records and the source of each (codes from 0).

    None with fewer than two sources, without any link between sources, or where sources plainly repeat entities.
    Interval: 95 % of the Dirichlet posterior of the three shares (prior 1/2 each), with as many observations as there
    are clusters that span sources, for the records of one cluster err together.
    """
    if int(sources.max(initial=-1)) < 1:
        return None
    counts = count_multiplicities(clusters, sources)
    linked = counts[1] + counts[2]
    if linked == 0 or _repeated(clusters, sources) > REPEATED:
        return None
    shares = np.array(counts) / sum(counts)
    (found,), (false,) = invert(shares[:1], shares[1:2])
    spans = len(distinct(clusters[_spanning(clusters, sources)]))
    generator = np.random.default_rng(SEED)
    drawn = generator.dirichlet(np.array(counts) * (spans / linked) + 0.5, DRAWS)
    pi, rate = invert(drawn[:, 0], drawn[:, 1])
    value = float(found / (found + false)) if found + false > 0 else 1.0
    lower, upper = quantiles(pi / np.maximum(pi + rate, 1e-300))
    method = "Blakely & Salmond 2002, Poisson; Dirichlet posterior, one observation per cluster"
    estimate = Estimate(value, min(lower, value), max(upper, value), method)
    return Multiplicity(counts, float(found), float(false), estimate)


def _repeated(clusters: Ints, sources: Ints) -> float:
    """Share of linked records that share their cluster with a record of their own source."""
    many = int(sources.max(initial=-1)) + 1
    _, place, held = np.unique(clusters.astype(np.int64) * many + sources, return_inverse=True, return_counts=True)
    linked = np.bincount(clusters)[clusters] > 1
    return float(np.mean(held[place][linked] > 1)) if linked.any() else 0.0


def _spanning(clusters: Ints, sources: Ints) -> Ints:
    """Records whose cluster has more than one source."""
    count = int(clusters.max(initial=-1)) + 1
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.full(count, -1)
    np.minimum.at(low, clusters, sources)
    np.maximum.at(high, clusters, sources)
    rows: Ints = np.flatnonzero((low < high)[clusters])
    return rows
