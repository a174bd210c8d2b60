"""Index: where the rows with a key lie, found without reading the others.

Keys are hashes, spread over 0 … 2^63 (the smallest of a group leans low, which does no harm): the first bits of a key
name its bucket, and a bucket holds a few rows, each beside the last bits of its key, so that hardly any other row's key
is looked at: most of looking up is waiting for memory. Making an index takes two passes over the keys and no sorting.
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
MOST = int(np.iinfo(np.int32).max)
FILL = 4
"""Rows of a bucket, about."""
WORKERS = 2
WORTH_A_THREAD = 20_000
"""Keys from which looking up side by side is faster."""
ROW_BITS, LAST_BITS = 31, (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Index:
    """``entries``: bucket by bucket, the last 32 bits of a key and, in the lowest 31 bits, its row; ``bounds``: where
    each bucket begins (one more than buckets)."""

    bounds: Codes
    entries: Ints

    @classmethod
    def of(cls, keys: Ints) -> Index:
        """The index of a column of keys; an absent key (below 0) is found by nobody.

        Raises StoreError for more rows than 31 bits can number.
        """
        if len(keys) > MOST:
            raise StoreError("a table of the register is too long", where="match", expected=f"up to {MOST:,} rows")
        bits = max(len(keys) // FILL, 1).bit_length() - 1
        return cls(*map(as_mapped, _fill(keys, bits)))

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
            return [(wanted, kernel(self.bounds, self.entries, keys, wanted, bits))]
        with ThreadPoolExecutor(WORKERS) as pool:
            found = pool.map(lambda span: kernel(self.bounds, self.entries, keys, span, bits), spans)
            return list(zip(spans, found, strict=True))


def as_mapped(numbers: Any) -> Any:
    """An array that can't be written to, as those of mapped files: kernels are compiled for one sort of array only."""
    same = numbers.view()
    same.flags.writeable = False
    return same


@numba.njit(cache=True, nogil=True)
def _fill(keys: NDArray[np.int64], bits: int) -> tuple[Codes, Ints]:
    shift = KEY_BITS - bits
    bounds = np.zeros((1 << bits) + 1, dtype=np.int32)
    for key in keys:
        if key >= 0:
            bounds[(key >> shift) + 1] += 1
    for b in range(1 << bits):
        bounds[b + 1] += bounds[b]
    entries, free = np.empty(bounds[-1], dtype=np.int64), bounds.copy()
    for i in range(len(keys)):
        if keys[i] >= 0:
            entries[free[keys[i] >> shift]] = (keys[i] & LAST_BITS) << ROW_BITS | i
            free[keys[i] >> shift] += 1
    return bounds, entries


@numba.njit(cache=True, nogil=True)
def _meet(bounds: Codes, entries: Ints, keys: Ints, wanted: Ints, bits: int) -> tuple[Ints, Ints]:
    shift, found = KEY_BITS - bits, 0
    places, met = np.empty(len(wanted) + 16, dtype=np.int64), np.empty(len(wanted) + 16, dtype=np.int64)
    for w in range(len(wanted)):
        if wanted[w] < 0:
            continue
        bucket, last = wanted[w] >> shift, wanted[w] & LAST_BITS
        for at in range(bounds[bucket], bounds[bucket + 1]):
            row = entries[at] & MOST
            if entries[at] >> ROW_BITS != last or keys[row] != wanted[w]:
                continue
            if found == len(places):
                places = np.concatenate((places, np.empty(found, dtype=np.int64)))
                met = np.concatenate((met, np.empty(found, dtype=np.int64)))
            places[found], met[found] = w, row
            found += 1
    return places[:found], met[:found]


@numba.njit(cache=True, nogil=True)
def _holds(bounds: Codes, entries: Ints, keys: Ints, wanted: Ints, bits: int) -> Flags:
    shift, found = KEY_BITS - bits, np.zeros(len(wanted), dtype=np.bool_)
    for w in range(len(wanted)):
        if wanted[w] < 0:
            continue
        bucket, last = wanted[w] >> shift, wanted[w] & LAST_BITS
        for at in range(bounds[bucket], bounds[bucket + 1]):
            if entries[at] >> ROW_BITS == last and keys[entries[at] & MOST] == wanted[w]:
                found[w] = True
                break
    return found
