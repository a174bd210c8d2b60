"""Shelf: arrays in mapped files, so that a run may hold more than the memory that it may use.

A mapped file looks like memory. What is in use is in memory, the rest is on disk, and the system moves pages to and
fro: stages stay as they are. Without a folder, a shelf keeps everything where it is.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import ConfigurationError

LEAST = 1 << 20
"""Bytes from which an array is worth a file."""
Kept = TypeVar("Kept")


class Shelf:
    """Arrays go to files in ``folder`` (on a disk, not in memory), which are gone when nobody holds the arrays."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def keep(self, found: Kept) -> Kept:
        """The same with its large arrays in files: an array, or dataclasses, tuples and dictionaries of arrays."""
        return found if self.folder is None else self._kept(found)

    def empty(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """An array to be filled (zeros in a file)."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self.folder is None or size < LEAST:
            return np.empty(shape, dtype)
        with TemporaryFile(dir=self.folder) as file:
            _make_room(file.fileno(), size, self.folder)
            return np.frombuffer(mmap.mmap(file.fileno(), size), dtype).reshape(shape)

    def table(self, table: pa.Table) -> pa.Table:
        """The same table, its columns in a file."""
        if self.folder is None:
            return table
        with TemporaryFile(dir=self.folder) as file:
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0)
        return pa.ipc.open_file(pa.py_buffer(mapped)).read_all().combine_chunks()

    def _kept(self, found: Any) -> Any:
        if isinstance(found, np.ndarray):
            return self._array(found)
        if isinstance(found, tuple):
            return tuple(self._kept(part) for part in found)
        if isinstance(found, dict):
            return {name: self._kept(part) for name, part in found.items()}
        if is_dataclass(found) and not isinstance(found, type):
            return replace(found, **{f.name: self._kept(getattr(found, f.name)) for f in fields(found) if f.init})
        return found

    def _array(self, array: NDArray[Any]) -> NDArray[Any]:
        if array.nbytes < LEAST or array.dtype.hasobject or _is_mapped(array):
            return array
        filled = self.empty(array.shape, array.dtype)
        filled[...] = array
        return filled


def _make_room(file: int, size: int, folder: Path) -> None:
    """Claim the disk now: writing to a mapped file when the disk is full would end the process without a word."""
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        raise ConfigurationError(
            "there is no room for what doesn't fit into memory",
            where=str(folder),
            expected=f"{size / (1 << 30):.2f} GiB more",
            found=str(error.strerror),
            next_step="free some room, or put --out on another disk",
        ) from None


def _is_mapped(array: NDArray[Any]) -> bool:
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap) or (isinstance(base, memoryview) and isinstance(base.obj, mmap.mmap))


IN_MEMORY = Shelf()
"""The shelf of runs that fit: nothing is moved."""
