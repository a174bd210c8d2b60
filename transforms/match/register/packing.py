"""Packing: rows of several arrays as one short string of bytes each.

Most of what values are compared by is zeros: behind the end of a text, and in the high bytes of its characters. So the
bytes of each array are laid out plane by plane (all first bytes, all second bytes …), and runs of zeros are counted.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.match.arrays import Ints

Arrays = dict[str, NDArray[Any]]
Octets = NDArray[np.uint8]
AT_ONCE = 50_000
"""Rows that are laid out at once: what bounds the memory beside the packed rows."""
MOST, WORTH = 255, 3
"""Longest run of one token, and zeros in a row from which a token (two bytes) is shorter."""


def pack_rows(arrays: Arrays) -> pa.Array:
    """One string of bytes (large_binary) for each row of equally long arrays."""
    count = len(next(iter(arrays.values())))
    parts = [_packed(_planes(arrays, slice(i, i + AT_ONCE))) for i in range(0, count, AT_ONCE)]
    return pa.concat_arrays([pa.array([], pa.large_binary()), *parts])


def unpack_rows(rows: pa.Array, like: Arrays) -> Arrays:
    """The arrays that :func:`pack_rows` packed; ``like``: arrays of the same types and widths, of any length."""
    places = [_places(array.shape[1:], array.dtype.itemsize) for array in like.values()]
    ends = np.cumsum([0, *map(len, places)])
    octets = np.zeros((len(rows), ends[-1]), dtype=np.uint8)
    if len(rows):
        _, bounds, body = rows.buffers()
        starts = np.frombuffer(bounds, np.int64)[rows.offset : rows.offset + len(rows) + 1]
        place = np.concatenate([start + own for start, own in zip(ends, places, strict=False)])
        _fill(np.frombuffer(body, np.uint8), starts, place, octets)
    found = {}
    for (name, array), start, end in zip(like.items(), ends, ends[1:], strict=False):
        numbers = np.ascontiguousarray(octets[:, start:end]).view(array.dtype)
        found[name] = numbers.reshape(len(rows), *array.shape[1:])
    return found


def _places(shape: tuple[int, ...], size: int) -> Ints:
    """Where each byte of a row of an array belongs that was laid out plane by plane."""
    width = int(np.prod(shape, dtype=np.int64))
    return np.arange(width * size).reshape(width, size).T.ravel()


def _planes(arrays: Arrays, rows: slice) -> Octets:
    columns = []
    for array in arrays.values():
        part = np.ascontiguousarray(array[rows])
        octets = part.view(np.uint8).reshape(len(part), -1, array.dtype.itemsize)
        columns.append(octets.transpose(0, 2, 1).reshape(len(part), octets.shape[1] * octets.shape[2]))
    return np.concatenate(columns, axis=1)


def _packed(octets: Octets) -> pa.Array:
    bounds = np.append(0, np.cumsum(_sizes(octets)))
    body = _tokens(octets, bounds)
    return pa.Array.from_buffers(pa.large_binary(), len(octets), [None, pa.py_buffer(bounds), pa.py_buffer(body)])


@numba.njit(cache=True, nogil=True)
def _run(row: Octets, at: int) -> tuple[int, int]:
    """How many zeros come next, and how many bytes after these until as many zeros follow as are worth a token."""
    end = len(row)
    zeros = 0
    while at < end and row[at] == 0 and zeros < MOST:
        zeros += 1
        at += 1
    others = 0
    while at + others < end and others < MOST:
        ahead = 0
        while at + others + ahead < end and ahead < WORTH and row[at + others + ahead] == 0:
            ahead += 1
        if ahead == WORTH or at + others + ahead == end:
            break
        others += max(ahead, 1)
    return zeros, min(others, MOST)


@numba.njit(cache=True, nogil=True)
def _sizes(octets: Octets) -> Ints:
    sizes = np.zeros(len(octets), dtype=np.int64)
    for i in range(len(octets)):
        at = 0
        while at < octets.shape[1]:
            zeros, others = _run(octets[i], at)
            at += zeros + others
            if others or at < octets.shape[1]:  # zeros at the end go without saying
                sizes[i] += 2 + others
    return sizes


@numba.njit(cache=True, nogil=True)
def _tokens(octets: Octets, bounds: Ints) -> Octets:
    body = np.empty(bounds[-1], dtype=np.uint8)
    for i in range(len(octets)):
        at, to = 0, bounds[i]
        while at < octets.shape[1]:
            zeros, others = _run(octets[i], at)
            if others or at + zeros < octets.shape[1]:
                body[to], body[to + 1] = zeros, others
                body[to + 2 : to + 2 + others] = octets[i, at + zeros : at + zeros + others]
                to += 2 + others
            at += zeros + others
    return body


@numba.njit(cache=True, nogil=True)
def _fill(body: Octets, bounds: Ints, place: Ints, octets: Octets) -> None:
    for i in range(len(octets)):
        at, start = np.int64(0), bounds[i]
        while start < bounds[i + 1]:
            at += body[start]
            others = np.int64(body[start + 1])
            for k in range(others):
                octets[i, place[at + k]] = body[start + 2 + k]
            at, start = at + others, start + 2 + others
