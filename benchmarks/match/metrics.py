"""How good clusters are against the truth: pure functions on labels, one pair of labels for each record.

``found`` and ``true`` are integer labels of one length: the cluster a record was put into, and the entity it
belongs to. Pairwise and B-cubed measures after Menestrina, Whang and Garcia-Molina (2010) and Bagga and Baldwin
(1998); cluster measures count exact clusters, those of one record included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
SIZE_BANDS = ((2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 10**9))


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and their harmonic mean, each between 0 and 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean; 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def readable(self) -> dict[str, float]:
        """The three figures, five decimals."""
        return {"precision": round(self.precision, 5), "recall": round(self.recall, 5), "f1": round(self.f1, 5)}


@dataclass(frozen=True, slots=True)
class Overlap:
    """The contingency table without its zeros: ``found`` and ``true`` label of each cell and its count of records."""

    found: Labels
    true: Labels
    count: Labels
    found_size: Labels
    true_size: Labels


def overlap(found: Labels, true: Labels) -> Overlap:
    """Which cluster holds how many records of which entity. Labels are made dense; raises ValueError on lengths."""
    if len(found) != len(true):
        raise ValueError(f"expected one true label for each record, found {len(found)} and {len(true)}")
    found, true = _dense(found), _dense(true)
    width = int(true.max(initial=0)) + 1
    cells, count = np.unique(found * width + true, return_counts=True)
    return Overlap(cells // width, cells % width, count.astype(np.int64), np.bincount(found), np.bincount(true))


def pairwise(cells: Overlap) -> Rates:
    """Pairs of records that are together in both, of those found (precision) and of those true (recall)."""
    right = int(_pairs(cells.count).sum())
    said, true = int(_pairs(cells.found_size).sum()), int(_pairs(cells.true_size).sum())
    return Rates(right / said if said else 1.0, right / true if true else 1.0)


def exact_clusters(cells: Overlap) -> Rates:
    """Clusters that are an entity, whole and alone, of all clusters (precision) and of all entities (recall)."""
    whole = (cells.count == cells.found_size[cells.found]) & (cells.count == cells.true_size[cells.true])
    right = int(whole.sum())
    return Rates(right / max(len(cells.found_size), 1), right / max(len(cells.true_size), 1))


def b_cubed(cells: Overlap) -> Rates:
    """Mean over records of the share of its cluster that is its entity, and of its entity that is in its cluster."""
    records = max(int(cells.count.sum()), 1)
    square = cells.count.astype(np.float64) ** 2
    precision = float((square / cells.found_size[cells.found]).sum())
    recall = float((square / cells.true_size[cells.true]).sum())
    return Rates(precision / records, recall / records)


def precision_by_size(cells: Overlap) -> list[dict[str, object]]:
    """Per band of cluster sizes: clusters, pairs they say, share of those that are right."""
    right = np.bincount(cells.found, weights=_pairs(cells.count), minlength=len(cells.found_size))
    said = _pairs(cells.found_size)
    rows: list[dict[str, object]] = []
    for low, high in SIZE_BANDS:
        band = (cells.found_size >= low) & (cells.found_size <= high)
        if not band.any():
            continue
        name = str(low) if low == high else f"{low}-{high}" if high < 10**9 else f"{low}+"
        share = round(float(right[band].sum() / said[band].sum()), 5)
        rows.append({"size": name, "clusters": int(band.sum()), "pairs": int(said[band].sum()), "precision": share})
    return rows


def contradictory_clusters(found: Labels, number: Labels) -> int:
    """Clusters with two different valid identity numbers. ``number``: code of each record's number, -1 for none."""
    return len(_clusters_with_two(found, number))


def false_merges(found: Labels, true: Labels, group: Labels) -> int:
    """Clusters that hold two different entities of one ``group`` (twins, namesakes; -1 for none)."""
    found, true, group = found[group >= 0], true[group >= 0], group[group >= 0]
    together = _dense(found) * (int(group.max(initial=0)) + 1) + group
    return len(np.unique(found[np.isin(together, _clusters_with_two(together, true))]))


def judge(found: Labels, true: Labels) -> dict[str, object]:
    """Every measure that needs the two labels only, readable."""
    cells = overlap(found, true)
    sizes = cells.found_size
    return {
        "records": len(found),
        "clusters": len(sizes),
        "entities": len(cells.true_size),
        "largest_cluster": int(sizes.max(initial=0)),
        "pairwise": pairwise(cells).readable(),
        "cluster": exact_clusters(cells).readable(),
        "b_cubed": b_cubed(cells).readable(),
        "by_size": precision_by_size(cells),
    }


def _clusters_with_two(cluster: Labels, value: Labels) -> Labels:
    """Clusters that hold two different values (negative values are none)."""
    cluster, value = cluster[value >= 0], value[value >= 0]
    order = np.lexsort((value, cluster))
    cluster, value = cluster[order], value[order]
    changes = (cluster[1:] == cluster[:-1]) & (value[1:] != value[:-1])
    return np.unique(cluster[1:][changes])


def _dense(labels: Labels) -> Labels:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _pairs(counts: Labels) -> Labels:
    counts = counts.astype(np.int64)
    return counts * (counts - 1) // 2
