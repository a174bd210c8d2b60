"""Which two platforms to connect first: greedy ranking of pairs by what each saves on top of the better ones.

A redundant entry is spared once any of its holders is connected to where it was typed, so gains overlap and can't be
added up. Coverage by pairs is monotone and submodular, and the greedy order saves at least 1 - 1/e of the best possible
set of any size (Nemhauser, Wolsey and Fisher 1978).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.measure.load import Parameters

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
PAIR = ["left_platform_id", "right_platform_id"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which pair spares which set of entries: one element of ``pair`` and ``sets`` per pair and set.

    ``names``: the pairs in sorted order; ``entries`` and ``seconds``: what each set holds.
    """

    names: pa.Table
    pair: Ints
    sets: Ints
    entries: Floats
    seconds: Floats


def rank_connections(rows: pa.Table, parameters: Parameters) -> pa.Table:
    """Rank every pair of platforms that would spare something.

    ``rows``: one per set of redundant entries and pair that would spare it: ``set_no``, ``entries``, ``seconds``,
    ``left_platform_id``, ``right_platform_id``; sorted by pair. ``parameters``: ``objective`` (entries or seconds),
    ``ranked`` (how many ranks to fill). Returns the columns of ``mart_connection``. Ties go to the pair sorting first.
    """
    coverage = _coverage(rows)
    weight = coverage.entries if parameters["objective"] == "entries" else coverage.seconds
    chosen, spared_by = _greedy(coverage, weight, int(str(parameters["ranked"])))
    return _connections(coverage, chosen, spared_by)


def _coverage(rows: pa.Table) -> Coverage:
    _, first, sets = np.unique(rows["set_no"].to_numpy(), return_index=True, return_inverse=True)
    left, right = (rows[name].combine_chunks().dictionary_encode() for name in PAIR)
    code = left.indices.to_numpy().astype(np.int64) * (len(right.dictionary) + 1) + right.indices.to_numpy()
    begins = np.concatenate([[True], code[1:] != code[:-1]])[: len(code)]  # sorted by pair: equal pairs are neighbours
    entries, seconds = (np.asarray(rows[name].to_numpy(), dtype=np.float64)[first] for name in ("entries", "seconds"))
    names = rows.select(PAIR).filter(pa.array(begins))
    return Coverage(names, np.cumsum(begins).astype(np.int64) - 1, sets.astype(np.int64), entries, seconds)


def _greedy(coverage: Coverage, weight: Floats, ranked: int) -> tuple[Ints, Ints]:
    """Pairs in greedy order; and the pair that spares each set (-1: none of the ranked).

    A set leaves all gains once it is spared, so the whole ranking touches every element a bounded number of times.
    """
    pairs = len(coverage.names)
    of_pair, of_set = _Index(coverage.pair, pairs), _Index(coverage.sets, len(weight))
    gain = np.bincount(coverage.pair, weights=weight[coverage.sets], minlength=pairs).astype(np.float64)
    spared_by = np.full(len(weight), -1, dtype=np.int64)
    chosen = np.full(min(ranked, pairs), -1, dtype=np.int64)
    for rank in range(len(chosen)):
        best = int(np.argmax(gain))
        chosen[rank] = best
        own = coverage.sets[of_pair.at(np.array([best]))]
        fresh = own[spared_by[own] < 0]
        spared_by[fresh] = best
        touched = of_set.at(fresh)
        np.subtract.at(gain, coverage.pair[touched], weight[coverage.sets[touched]])
        gain[best] = -np.inf
    return chosen, spared_by


class _Index:
    """Where the elements of each key are."""

    def __init__(self, keys: Ints, size: int) -> None:
        self.order = np.argsort(keys, kind="stable")
        self.begins = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=size))])

    def at(self, keys: Ints) -> Ints:
        """Positions of all elements of some keys."""
        counts = self.begins[keys + 1] - self.begins[keys]
        offsets = np.repeat(self.begins[keys] - np.cumsum(counts) + counts, counts)
        return np.asarray(self.order[np.arange(int(counts.sum())) + offsets], dtype=np.int64)


def _connections(coverage: Coverage, chosen: Ints, spared_by: Ints) -> pa.Table:
    pairs, entries, seconds = len(coverage.names), coverage.entries, coverage.seconds
    rank = np.zeros(pairs, dtype=np.int64)
    rank[chosen] = np.arange(1, len(chosen) + 1)
    spared = spared_by >= 0
    marginal = np.bincount(spared_by[spared], weights=entries[spared], minlength=pairs)
    saved = np.bincount(spared_by[spared], weights=seconds[spared], minlength=pairs)
    share = np.zeros(pairs)
    share[chosen] = np.cumsum(marginal[chosen]) / max(1.0, float(entries.sum()))
    unranked = rank == 0
    alone = (np.bincount(coverage.pair, weights=w[coverage.sets], minlength=pairs) for w in (entries, seconds))
    columns = {
        "pair_entries": pa.array(next(alone).astype(np.int64)),
        "pair_hours": pa.array(next(alone) / 3600),
        "rank": pa.array(rank, mask=unranked),
        "marginal_entries": pa.array(marginal.astype(np.int64), mask=unranked),
        "marginal_hours": pa.array(saved / 3600, mask=unranked),
        "cumulative_share": pa.array(share, mask=unranked),
    }
    return pa.table({**{name: coverage.names[name] for name in PAIR}, **columns})
