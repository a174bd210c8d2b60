"""Index: where the rows with a key lie, found without reading the others.

Keys are hashes, spread over 0 … 2^63 (the smallest of a group leans low, which does no harm): the first bits of a key
name its bucket, and a bucket holds a few rows.
Making an index takes two passes over the keys and no sorting; looking up is a constant few steps for each key.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from schemas.errors import StoreError
from transforms.match.arrays import Codes, Flags, Ints

KEY_BITS = 63
MOST = np.iinfo(np.int32).max
FILL = 4
"""Rows of a bucket, about."""
WORKERS = 2
WORTH_A_THREAD = 20_000
"""Keys from which looking up side by side is faster: most of it is waiting for memory."""


@dataclass(frozen=True, slots=True)
class Index:
    """``rows``: row numbers bucket by bucket; ``bounds``: where each bucket begins (one more than buckets)."""

    bounds: Codes
    rows: Codes

    @classmethod
    def of(cls, keys: Ints) -> Index:
        """The index of a column of keys; an absent key (below 0) is found by nobody.

        Raises StoreError for more rows than 32 bits can number.
        """
        if len(keys) > MOST:
            raise StoreError("a table of the register is too long", where="match", expected=f"up to {MOST:,} rows")
        bits = max(len(keys) // FILL, 1).bit_length() - 1
        return cls(*_fill(keys, bits))

    def meet(self, keys: Ints, wanted: Ints) -> tuple[Ints, Ints]:
        """Which of ``wanted`` meets which row of the indexed column ``keys``: places in ``wanted``, and rows."""
        parts = self._side_by_side(_meet, keys, wanted)
        starts = np.cumsum([0, *(len(span) for span, _ in parts)])
        places = [places + start for start, (_, (places, _)) in zip(starts, parts, strict=False)]
        return np.concatenate(places), np.concatenate([rows for _, (_, rows) in parts])

    def holds(self, keys: Ints, wanted: Ints) -> Flags:
        """Whether each of ``wanted`` is in the indexed column ``keys``."""
        return np.concatenate([held for _, held in self._side_by_side(_holds, keys, wanted)])

    def _side_by_side(self, kernel: Any, keys: Ints, wanted: Ints) -> list[tuple[Ints, Any]]:
        """What a kernel finds for each span of ``wanted``, with the span."""
        bits = (len(self.bounds) - 1).bit_length() - 1
        spans = np.array_split(wanted, WORKERS if len(wanted) >= WORTH_A_THREAD else 1)
        if len(spans) == 1:
            return [(wanted, kernel(self.bounds, self.rows, keys, wanted, bits))]
        with ThreadPoolExecutor(WORKERS) as pool:
            found = pool.map(lambda span: kernel(self.bounds, self.rows, keys, span, bits), spans)
            return list(zip(spans, found, strict=True))


@numba.njit(cache=True, nogil=True)
def _fill(keys: NDArray[np.int64], bits: int) -> tuple[Codes, Codes]:
    shift = KEY_BITS - bits
    bounds = np.zeros((1 << bits) + 1, dtype=np.int32)
    for key in keys:
        if key >= 0:
            bounds[(key >> shift) + 1] += 1
    for b in range(1 << bits):
        bounds[b + 1] += bounds[b]
    rows, free = np.empty(bounds[-1], dtype=np.int32), bounds.copy()
    for i in range(len(keys)):
        if keys[i] >= 0:
            rows[free[keys[i] >> shift]] = i
            free[keys[i] >> shift] += 1
    return bounds, rows


@numba.njit(cache=True, nogil=True)
def _meet(bounds: Codes, rows: Codes, keys: Ints, wanted: Ints, bits: int) -> tuple[Ints, Ints]:
    shift, found = KEY_BITS - bits, 0
    places, met = np.empty(len(wanted) + 16, dtype=np.int64), np.empty(len(wanted) + 16, dtype=np.int64)
    for w in range(len(wanted)):
        if wanted[w] < 0:
            continue
        bucket = wanted[w] >> shift
        for at in range(bounds[bucket], bounds[bucket + 1]):
            if keys[rows[at]] != wanted[w]:
                continue
            if found == len(places):
                places = np.concatenate((places, np.empty(found, dtype=np.int64)))
                met = np.concatenate((met, np.empty(found, dtype=np.int64)))
            places[found], met[found] = w, rows[at]
            found += 1
    return places[:found], met[:found]


@numba.njit(cache=True, nogil=True)
def _holds(bounds: Codes, rows: Codes, keys: Ints, wanted: Ints, bits: int) -> Flags:
    shift, found = KEY_BITS - bits, np.zeros(len(wanted), dtype=np.bool_)
    for w in range(len(wanted)):
        if wanted[w] < 0:
            continue
        bucket = wanted[w] >> shift
        for at in range(bounds[bucket], bounds[bucket + 1]):
            if keys[rows[at]] == wanted[w]:
                found[w] = True
                break
    return found
