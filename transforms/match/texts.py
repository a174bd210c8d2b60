"""Texts as arrays: keys of what they say, matrices of their characters, codes of distinct values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Ints, scramble_one

WORTH_A_THREAD = 100_000
"""Texts from which hashing them side by side is faster."""


def hash_texts(values: pa.Array) -> Ints:
    """A key (>= 0) for each string that depends on its bytes alone, ABSENT for null or empty.

    Features of values are made of such keys, so that they mean the same in every run and in every partition.
    """
    octets, bounds = octets_of(values)
    keys = np.full(len(values), ABSENT, dtype=np.int64)
    if len(values) < WORTH_A_THREAD:
        _hash_octets(octets, bounds, keys)
    else:
        half = len(values) // 2
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(_hash_octets, octets, bounds[: half + 1], keys[:half])
            _hash_octets(octets, bounds[half:], keys[half:])
            done.result()
    if values.null_count:
        keys[np.asarray(values.is_null())] = ABSENT
    return keys


def octets_of(values: pa.Array) -> tuple[NDArray[np.uint8], Ints]:
    """The UTF-8 bytes of an array of strings, and where each string begins (one bound more than strings)."""
    values = values.cast(pa.large_string())
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1]
    return np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8), bounds


@numba.njit(cache=True, nogil=True)
def _hash_octets(octets: NDArray[np.uint8], bounds: Ints, keys: Ints) -> None:
    """FNV-1a over the bytes of each string (Fowler, Noll, Vo), finished by splitmix64."""
    for i in range(len(keys)):
        if bounds[i + 1] == bounds[i]:
            continue
        z = np.uint64(0xCBF29CE484222325)
        for j in range(bounds[i], bounds[i + 1]):
            z = (z ^ np.uint64(octets[j])) * np.uint64(0x100000001B3)
        keys[i] = np.int64(scramble_one(np.int64(z >> np.uint64(1))) >> np.uint64(1))


def characters(values: pa.Array, width: int) -> tuple[NDArray[np.uint32], Ints]:
    """Strings as a matrix of code points (rows x width, 0 behind the end; longer ones are cut) and their lengths."""
    octets, bounds = octets_of(values)
    matrix = np.zeros((len(values), width), dtype=np.uint32)
    lengths = np.zeros(len(values), dtype=np.int64)
    _decode(octets, bounds, matrix, lengths)
    return matrix, lengths


@numba.njit(cache=True, nogil=True)
def _decode(octets: NDArray[np.uint8], bounds: Ints, matrix: NDArray[np.uint32], lengths: Ints) -> None:
    """Decode UTF-8 (valid by Arrow's contract) into code points."""
    for i in range(len(matrix)):
        at, place = bounds[i], 0
        while at < bounds[i + 1] and place < matrix.shape[1]:
            lead = np.uint32(octets[at])
            more = 0 if lead < 0x80 else 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
            point = lead if more == 0 else lead & np.uint32(0x3F >> more)
            for k in range(1, more + 1):
                point = (point << np.uint32(6)) | (np.uint32(octets[at + k]) & np.uint32(0x3F))
            matrix[i, place] = point
            at += more + 1
            place += 1
        lengths[i] = place


def encode(values: pa.ChunkedArray | pa.Array) -> tuple[Codes, pa.Array]:
    """Dictionary-encode: a code for each row (ABSENT for null, and for empty strings) and the distinct values.

    What is encoded already is taken as it is, as long as it holds no more values than rows: a few rows of a large table
    come with all of its values.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(values.type):
        if len(values.dictionary) <= len(values):
            return values.indices.fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(np.int32), values.dictionary
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, values.type), values)
    coded = values.dictionary_encode()
    return coded.indices.fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(np.int32), coded.dictionary
