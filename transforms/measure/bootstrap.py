"""Ratios with a bootstrap interval clustered by whatever makes the observations hang together (a person, a community).

A cluster is drawn whole: its weight in each draw is Poisson(1), the same for every group it counts in. Weights are
made in blocks of clusters and summed as a product of matrices, so memory does not grow with the number of clusters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.measure.load import Parameters

CELLS = 4_000_000
"""Numbers held at a time in one block, per column."""
ENDS = (0.025, 0.975)
GROUP = ("part", "grain", "grain_key")

Matrix = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


def clustered_ratio(rows: pa.Table, parameters: Parameters) -> pa.Table:
    """Sum of numerators over sum of denominators of each group, with a 95% percentile interval.

    ``rows``: one per group and cluster, in a fixed order: ``grain``, ``grain_key``, optionally ``part``; ``cluster``;
    ``numerator``, ``denominator``; optionally ``numerator_low`` and ``numerator_high``, the least and the most that
    the numerator may really be. ``parameters``: ``draws``, ``seed``. Returns figure columns, one row per group. Where
    low and high are given, the interval runs from the lower end of the one to the upper end of the other (Horowitz
    and Manski 2000), and the part ``sampling`` repeats each figure with the interval of the numerator alone. Groups
    of a single cluster have no interval.
    """
    names = [g for g in GROUP if g in rows.column_names]
    groups, group = _number(rows, names)
    _, cluster = _number(rows, ["cluster"])
    columns = {c: _float(rows, c) for c in rows.column_names if c.startswith(("numerator", "denominator"))}
    sums = {c: np.bincount(group, weights=v, minlength=len(groups)).astype(np.float64) for c, v in columns.items()}
    draws, seed = (int(_number_of(parameters, name)) for name in ("draws", "seed"))
    drawn = _draw(group, cluster, columns, (len(groups), draws), seed)
    alone = np.bincount(group, minlength=len(groups)) < 2
    sampling = _ends(drawn, "numerator", "numerator", alone)
    if "numerator_low" not in columns:
        return _figures(groups, sums, *sampling)
    wide = _ends(drawn, "numerator_low", "numerator_high", alone)
    return pa.concat_tables([_with_part(groups, sums, *wide, ""), _with_part(groups, sums, *sampling, "sampling")])


def _number(rows: pa.Table, names: list[str]) -> tuple[pa.Table, Ints]:
    """Distinct combinations of text columns in sorted order, and the number of each row's."""
    code = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        encoded = rows[name].combine_chunks().dictionary_encode()
        place = pc.rank(encoded.dictionary).to_numpy() - 1
        code = code * max(1, len(place)) + place.astype(np.int64)[encoded.indices.to_numpy()]
    _, first, number = np.unique(code, return_index=True, return_inverse=True)
    return rows.select(names).take(pa.array(first)), number


def _float(rows: pa.Table, name: str) -> Matrix:
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(), dtype=np.float64)


def _number_of(parameters: Parameters, name: str) -> float:
    value = parameters[name]
    if not isinstance(value, int | float):
        raise TypeError(f"parameter {name}: expected a number")
    return value


def _draw(
    group: Ints, cluster: Ints, columns: dict[str, Matrix], shape: tuple[int, int], seed: int
) -> dict[str, Matrix]:
    """Resampled sums: column -> ``shape``, that is (groups, draws). Equal columns are summed once."""
    groups, draws = shape
    clusters = int(cluster.max()) + 1 if len(cluster) else 0
    block = max(1, CELLS // max(groups, draws, 1))
    same = {c: next(o for o in columns if np.array_equal(columns[o], columns[c])) for c in columns}
    totals = {c: np.zeros(shape) for c in set(same.values())}
    rng = np.random.default_rng(seed)
    for start in range(0, clusters, block):
        rows = np.flatnonzero((cluster >= start) & (cluster < start + block))
        weights = rng.poisson(1.0, (min(block, clusters - start), draws)).astype(np.float64)
        for name, total in totals.items():
            counted = np.zeros((groups, len(weights)))
            counted[group[rows], cluster[rows] - start] = columns[name][rows]
            total += counted @ weights
    return {c: totals[same[c]] for c in columns}


def _ends(
    drawn: dict[str, Matrix], low: str, high: str, alone: np.ndarray[Any, np.dtype[np.bool_]]
) -> tuple[Matrix, Matrix]:
    """Lower end from the draws of ``low``, upper end from those of ``high``; NaN where there is nothing to resample."""
    if not len(alone):
        return np.zeros(0), np.zeros(0)
    ends = []
    for name, share in ((low, ENDS[0]), (high, ENDS[1])):
        denominator = drawn["denominator"]
        ratios = np.divide(drawn[name], denominator, out=np.full_like(denominator, np.nan), where=denominator > 0)
        empty = np.isnan(ratios).all(axis=1) | alone
        ratios[empty] = 0.0
        ends.append(np.where(empty, np.nan, _quantile(ratios, share)))
    return ends[0], ends[1]


def _quantile(ratios: Matrix, share: float) -> Matrix:
    """A quantile of each row; draws without a denominator are left out (slowly, so only in rows that have some)."""
    found = np.asarray(np.quantile(ratios, share, axis=1), dtype=np.float64)
    holed = np.isnan(found)
    if holed.any():
        found[holed] = np.nanquantile(ratios[holed], share, axis=1)
    return found


def _with_part(groups: pa.Table, sums: dict[str, Matrix], lower: Matrix, upper: Matrix, part: str) -> pa.Table:
    figures = _figures(groups, sums, lower, upper)
    if "part" in figures.column_names:
        raise ValueError("rows with low and high numerators cannot have parts of their own")
    return figures.append_column("part", pa.array([part] * len(figures), pa.string()))


def _figures(groups: pa.Table, sums: dict[str, Matrix], lower: Matrix, upper: Matrix) -> pa.Table:
    numerator, denominator = sums["numerator"], sums["denominator"]
    value = np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)
    result = groups
    for name, column in (
        ("value", value),
        ("numerator", numerator),
        ("denominator", denominator),
        ("lower", lower),
        ("upper", upper),
    ):
        result = result.append_column(name, pa.array(column, pa.float64(), from_pandas=True))
    return result
