"""Which two platforms to connect first: greedy ranking of pairs by what each saves on top of the better ones.

A redundant entry is spared once any of its holders is connected to where it was typed, so gains overlap and can't be added up.
Coverage by pairs is monotone and submodular, and the greedy order saves at least 1 - 1/e of the best possible set of any
size (Nemhauser, Wolsey and Fisher 1978).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from transforms.measure.load import Parameters

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def rank_connections(rows: pa.Table, parameters: Parameters) -> pa.Table:
    """Rank every pair of platforms that would spare something.

    ``rows``: one per set of redundant entries and pair that would spare it: ``set_no``, ``entries``, ``seconds``,
    ``left_platform_id``, ``right_platform_id``; sorted by the pair. ``parameters``: ``objective`` (entries or seconds), ``ranked`` (how many
    ranks to fill). Returns the columns of ``mart_connection``. Ties go to the pair that sorts first.
    """
    pairs, pair = _pairs(rows)
    _, sets = np.unique(rows["set_no"].to_numpy(), return_inverse=True)
    entries, seconds = _column(rows, "entries"), _column(rows, "seconds")
    weight = entries if parameters["objective"] == "entries" else seconds
    ranked = min(int(str(parameters["ranked"])), len(pairs))
    chosen, owner = _greedy(pair, sets, weight, len(pairs), ranked)
    rank = np.full(len(pairs), -1)
    rank[chosen] = np.arange(1, len(chosen) + 1)
    first = owner == pair
    marginal = np.bincount(pair[first], weights=entries[first], minlength=len(pairs))
    hours = np.bincount(pair[first], weights=seconds[first], minlength=len(pairs)) / 3600
    return _table(pairs, pair, entries, seconds, rank, marginal, hours, sets)


def _pairs(rows: pa.Table) -> tuple[pa.Table, Ints]:
    names = ["left_platform_id", "right_platform_id"]
    left, right = (rows[n].combine_chunks().dictionary_encode() for n in names)
    width = len(right.dictionary) + 1
    code = left.indices.to_numpy().astype(np.int64) * width + right.indices.to_numpy()
    _, first, number = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))  # rows are sorted by pair: first occurrence gives the sorted order
    return rows.select(names).take(pa.array(np.sort(first))), order[number].astype(np.int64)


def _column(rows: pa.Table, name: str) -> Floats:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


def _greedy(pair: Ints, sets: Ints, weight: Floats, pairs: int, ranked: int) -> tuple[list[int], Ints]:
    """Pairs in greedy order; and for each row the pair that spares its set (-1: none ranked).

    A set leaves all gains once it is spared, so the whole ranking touches every row a bounded number of times.
    """
    by_pair, by_set = _spans(pair, pairs), _spans(sets, int(sets.max()) + 1 if len(sets) else 0)
    gain = np.bincount(pair, weights=weight, minlength=pairs)
    spared_by = np.full(len(by_set[1]) - 1, -1, dtype=np.int64)
    chosen: list[int] = []
    for _ in range(ranked):
        best = int(np.argmax(gain))
        chosen.append(best)
        own = sets[_rows_of(by_pair, np.array([best]))]
        fresh = own[spared_by[own] < 0]
        spared_by[fresh] = best
        touched = _rows_of(by_set, fresh)
        np.subtract.at(gain, pair[touched], weight[touched])
        gain[best] = -np.inf
    return chosen, spared_by[sets]


def _spans(keys: Ints, size: int) -> tuple[Ints, Ints]:
    """Rows grouped by key: row numbers in order of key, and where each key's rows begin."""
    order = np.argsort(keys, kind="stable")
    begins = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=size))]).astype(np.int64)
    return order, begins


def _rows_of(spans: tuple[Ints, Ints], keys: Ints) -> Ints:
    order, begins = spans
    counts = begins[keys + 1] - begins[keys]
    offsets = np.repeat(begins[keys] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return order[np.arange(int(counts.sum())) + offsets]


def _table(
    pairs: pa.Table, pair: Ints, entries: Floats, seconds: Floats, rank: Ints, marginal: Floats, hours: Floats, sets: Ints
) -> pa.Table:
    alone = np.bincount(pair, weights=entries, minlength=len(pairs))
    alone_hours = np.bincount(pair, weights=seconds, minlength=len(pairs)) / 3600
    _, one_row = np.unique(sets, return_index=True)
    order = np.argsort(np.where(rank > 0, rank, len(pairs) + 1), kind="stable")
    cumulative = np.empty(len(pairs))
    cumulative[order] = np.cumsum(np.where(rank[order] > 0, marginal[order], 0.0))
    unranked = rank < 0
    columns = {
        "pair_entries": pa.array(alone.astype(np.int64)),
        "pair_hours": pa.array(alone_hours),
        "rank": pa.array(rank, mask=unranked),
        "marginal_entries": pa.array(marginal.astype(np.int64), mask=unranked),
        "marginal_hours": pa.array(hours, mask=unranked),
        "cumulative_share": pa.array(cumulative / max(1.0, float(entries[one_row].sum())), mask=unranked),
    }
    return pa.table({**{n: pairs[n] for n in pairs.column_names}, **columns})
