"""The independent audit: is every landed row accounted for, once, and is nothing there that was never landed?

It shares no code with conform or load. It starts from what ``ctl_batch`` says was landed, opens these files itself, and
compares their keys with the core tables and the quarantine.

Laws, per batch and stream:

* ``file``       every landed file is there, with the bytes (SHA-256) and the rows of its receipt, or a receipt of
                 retention names it (:mod:`warehouse.retention`)
* ``landed``     extracted = landed = rows of its files = accepted + quarantined + dropped
* ``accepted``   accepted = inserted + updated + unchanged + superseded
* ``set aside``  the quarantine holds as many rows of each disposition as were counted

and per platform and stream:

* ``held``       rows held = rows ever inserted
* ``lost``       every landed row is set aside, or its key is held                        (anti-join, landing -> core)
* ``made up``    every row held was landed: same batch, same row, same key                (anti-join, core -> landing)
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import ddl
from schemas.columns import Tier
from schemas.receipts import LandedFile
from schemas.streams import stream_tables
from warehouse import reader
from warehouse.build import Build
from warehouse.kept import require_kept
from warehouse.queries import guarded, query
from warehouse.retention import expired_files
from warehouse.structure import held_columns


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One broken law. ``expected`` and ``found`` are counts or file states, never values. ``batch`` is empty for
    laws of a whole stream."""

    platform_id: str
    stream: str
    batch: str
    law: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class _File:
    """One landed file as ``ctl_batch`` names it."""

    platform_id: str
    stream: str
    batch_id: str
    key_field: str
    path: str
    rows: int
    sha256: str


_AnyFile = TypeVar("_AnyFile", _File, LandedFile)


def audit(home: Path, build: Build | None = None) -> list[Imbalance]:
    """Check every law on a build, or on the published generation; returns what is broken, empty when all balances.

    Raises StoreError when there is nothing to check or it can't be read, ConfigurationError when the project no longer
    declares what is held (it would look lost).
    """
    with _opened(home, build) as con, guarded("audit"):
        require_kept(con, held_columns(con, Tier.VAULT))
        gone = expired_files(home)
        files = [f for f in _files(con) if gone.get(f.path) != f.sha256 or (home / f.path).exists()]
        unsound = dict(_unsound(home, files))
        broken = [_imbalance(file, "file", *state) for file, state in unsound.items()]
        broken += _found(con, "audit_counters")
        _gather_keys(con, home, [f for f in files if f not in unsound or _is_readable(home / f.path, f.key_field)])
        _gather_core(con)
        con.register("expired_file", pa.table({"path": pa.array(gone, pa.string())}))
        con.execute(query("audit_expired"))
        con.unregister("expired_file")
        for law in ("audit_held", "audit_lost", "audit_made_up"):
            broken += _found(con, law)
        return sorted(broken, key=lambda b: (b.platform_id, b.stream, b.batch, b.law))


def unsound_files(home: Path, files: Iterable[LandedFile]) -> list[LandedFile]:
    """Landed files that are missing or are not as their receipt says."""
    return [file for file, _ in _unsound(home, files)]


def balance_sheet(home_or_build: Path | Build) -> list[dict[str, Any]]:
    """Where every row went, per platform and stream, over all batches: ``platform_id``, ``stream``, ``batches``, and
    rows ``extracted``, ``landed``, ``accepted``, ``quarantined``, ``dropped``, ``inserted``, ``updated``,
    ``unchanged``, ``superseded``."""
    home, build = (home_or_build, None) if isinstance(home_or_build, Path) else (home_or_build.home, home_or_build)
    with _opened(home, build) as con, guarded("balance sheet"):
        cursor = con.execute(query("balance_sheet"))
        names = [d[0] for d in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def _opened(home: Path, build: Build | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that may read landing files: the build's own, or a new one on the published generation."""
    if build is not None:
        yield build.con
        return
    with reader.connect(home, files=True) as con:
        yield con


def _files(con: duckdb.DuckDBPyConnection) -> list[_File]:
    rows = con.execute(
        "SELECT platform_id, stream, batch_id, key_field, landed_files FROM warehouse.ctl_batch ORDER BY ALL"
    ).fetchall()
    return [
        _File(platform, stream, batch, key, f["path"], f["rows"], f["sha256"])
        for platform, stream, batch, key, text in rows
        for f in json.loads(text)
    ]


def _unsound(home: Path, files: Iterable[_AnyFile]) -> Iterator[tuple[_AnyFile, tuple[str, str]]]:
    """Files that are not as their receipt says, with (expected, found)."""
    for file in files:
        path = home / file.path
        if not path.is_file():
            yield file, ("the file", "no file")
        elif _digest(path) != file.sha256:
            yield file, ("the bytes of the receipt", "other bytes")
        elif (rows := pq.read_metadata(path).num_rows) != file.rows:
            yield file, (f"{file.rows} rows", f"{rows} rows")


def _is_readable(path: Path, key_field: str) -> bool:
    """Whether an unsound file still tells its keys: what is missing from it is then found row by row."""
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowInvalid):
        return False
    return {"_row", key_field} <= set(names)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _imbalance(file: _File, law: str, expected: str, found: str) -> Imbalance:
    return Imbalance(file.platform_id, file.stream, file.batch_id, law, expected, found)


def _found(con: duckdb.DuckDBPyConnection, name: str) -> list[Imbalance]:
    """Run one law: a query whose rows are the imbalances."""
    return [Imbalance(*map(str, row)) for row in con.execute(query(name)).fetchall()]


def _gather_keys(con: duckdb.DuckDBPyConnection, home: Path, files: list[_File]) -> None:
    """Key and row number of every landed row, into ``landed_key``. Files that share a key field are read together."""
    con.execute(query("audit_landed_table"))
    by_field: dict[str, list[_File]] = defaultdict(list)
    for file in files:
        by_field[file.key_field].append(file)
    names = ("platform_id", "stream", "batch_id")
    for field, group in by_field.items():
        paths = [str(home / f.path) for f in group]
        columns = {name: [getattr(f, name) for f in group] for name in names}
        con.register("landed_file", pa.table({"path": paths, **columns}))
        con.execute(query("audit_landed_keys", key=ddl.identifier(field)), {"files": paths})
        con.unregister("landed_file")
    _fold_unusual_keys(con)


def _fold_unusual_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Keys are held folded (width, invisible characters, blanks at the ends); the few that need it are folded here
    too."""
    unusual = [key for (key,) in con.execute(query("audit_unusual_keys")).fetchall()]
    if unusual:
        con.register("folded_key", pa.table({"raw": unusual, "folded": [_fold(key) for key in unusual]}))
        con.execute(query("audit_fold_keys"))
        con.unregister("folded_key")


def _fold(key: str) -> str:
    visible = "".join(c for c in key if unicodedata.category(c) not in ("Cc", "Cf") or c.isspace())
    return unicodedata.normalize("NFKC", visible).strip()


def _gather_core(con: duckdb.DuckDBPyConnection) -> None:
    """Identity of every row held, over all streams, into ``held_key``."""
    parts = [
        query("audit_core_part", stream=stream, core=ddl.qualified(table))
        for stream, table in stream_tables().items()
    ]
    con.execute("CREATE OR REPLACE TEMP TABLE held_key AS " + " UNION ALL ".join(parts))
