"""Where conformed tables rest and how they get there: whole or not at all, flushed before their receipt is written."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

RECEIPT = "conformed.json"
_ROW_GROUP = 131_072
_UNIQUE = ("_id", "_key", "_at", "_no", "_row", "phone", "address", "value", "value_raw", "person_name", "raw_row")
"""Endings of columns whose values hardly repeat: a dictionary would be built only to be thrown away."""


def stream_folder(platform_id: str, batch_id: str, stream: str) -> str:
    """Folder of one stream's conformed tables, relative to the home."""
    return f"conformed/{platform_id}/{batch_id}/{stream}"


def write_table(home: Path, folder: str, name: str, data: pa.Table) -> str:
    """Write one table as Parquet, for its owner's eyes, and flush it to disk; returns its path relative to the home.

    The same rows give the same bytes: row groups, encodings and compression depend on the data alone.
    """
    path = home / folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".parquet.tmp")
    with temporary.open("wb") as handle:
        pq.write_table(
            data,
            handle,
            compression="lz4",
            row_group_size=_ROW_GROUP,
            use_dictionary=[f.name for f in data.schema if _repeats(f)],
            write_statistics=False,
        )
        handle.flush()
        os.fsync(handle.fileno())
    temporary.chmod(0o600)
    temporary.replace(path)
    return str(path.relative_to(home))


def _repeats(field: pa.Field) -> bool:
    return pa.types.is_string(field.type) and (field.name == "platform_id" or not field.name.endswith(_UNIQUE))
