"""Landing: what arrived, kept as it arrived. Immutable Parquet, written so that a reader sees a whole batch or none.

``landing/<platform>/<batch>/<stream>.parquet`` are written under a temporary name, flushed to disk and renamed; then
``landed.json`` is written last. A batch without it does not exist, and :func:`sweep` removes what a crash left of it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.receipts import LandedFile

RECEIPT = "landed.json"
_GROUP_ROWS = 65_536


def batch_folder(home: Path, platform_id: str, batch_id: str) -> Path:
    """Where one batch of one platform rests."""
    return home / "landing" / platform_id / batch_id


def sweep(home: Path, platform_id: str) -> list[str]:
    """Remove the platform's batch folders that have no receipt and return their ids.

    The caller holds the home's lock, so none of them is still being written.
    """
    folder = home / "landing" / platform_id
    if not folder.is_dir():
        return []
    broken = [p for p in folder.iterdir() if p.is_dir() and not (p / RECEIPT).exists()]
    for path in broken:
        shutil.rmtree(path)
    return sorted(p.name for p in broken)


class StreamWriter:
    """Writes one stream's units into one Parquet file with lineage columns; see :class:`schemas.receipts.LandedFile`.

    Small units are gathered into row groups of at least 65,536 rows, so that a thousand pages don't become a thousand
    groups.
    """

    def __init__(self, home: Path, folder: Path, stream: str, fields: list[str]) -> None:
        self._home, self._path = home, folder / f"{stream}.parquet"
        self._temporary = self._path.with_suffix(".parquet.tmp")
        self._schema = landing_schema(fields)
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._unit_rows: dict[str, int] = {}
        self.rows = 0

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._writer = pq.ParquetWriter(self._temporary, self._schema, compression="zstd", compression_level=1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is not None:
            self._temporary.unlink(missing_ok=True)

    def write(self, unit: str, rows: pa.Table, is_new: pa.BooleanArray | None = None) -> int:
        """Add the rows of a unit, of which only those marked ``is_new`` (None: all) are kept; returns how many.

        Rows keep their place in the unit. Several calls for one unit go on numbering where the last one ended.
        """
        first = self._unit_rows.get(unit, 0)
        self._unit_rows = {unit: first + rows.num_rows}
        places = pa.table({"_unit_row": pa.arange(first, first + rows.num_rows)})
        if is_new is not None:
            rows, places = rows.filter(is_new), places.filter(is_new)
        count: int = rows.num_rows
        lineage = [pa.arange(self.rows, self.rows + count), pa.repeat(unit, count), places.column("_unit_row")]
        self._waiting.append(pa.Table.from_arrays([*lineage, *rows.columns], schema=self._schema))
        self._waiting_rows += count
        self.rows += count
        if self._waiting_rows >= _GROUP_ROWS:
            self._flush()
        return count

    def finish(self) -> LandedFile | None:
        """Make the file durable and immutable, and say what it is; None, and no file, when no row came."""
        self._flush()
        self._writer.close()
        if self.rows == 0:
            self._temporary.unlink()
            return None
        with self._temporary.open("rb") as handle:
            os.fsync(handle.fileno())
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        self._temporary.chmod(0o400)
        self._temporary.replace(self._path)
        return LandedFile(str(self._path.relative_to(self._home)), self.rows, digest)

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=_GROUP_ROWS * 2)
        self._waiting, self._waiting_rows = [], 0


def landing_schema(fields: list[str]) -> pa.Schema:
    """``_row``, ``_unit``, ``_unit_row``, then the source's fields as text."""
    lineage = [("_row", pa.int64()), ("_unit", pa.string()), ("_unit_row", pa.int64())]
    return pa.schema([*lineage, *((name, pa.string()) for name in fields)])
