"""Content checksum: the same for the same content, whatever the order of rows, the run, the batches or the engine.

Each row becomes one text (columns in declared order, canonical text of each type), each text a 128-bit hash, and the
hashes are summed modulo 2^128 beside the count. Left out: what a run says about itself (:data:`RUN_METADATA`,
:data:`HISTORY`) and where a row was landed. MD5 serves for speed: this guards against mistakes; against forgery the
ledger and signatures will.

PostgreSQL content is pulled into DuckDB through Arrow and summed by the same statement (``warehouse.postgres``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

import duckdb
from sqlalchemy import Boolean, Column, Date, DateTime, Double, Table

from schemas import catalogue, ddl
from warehouse.queries import guarded, query

LINEAGE = frozenset({"batch_id", "landed_row", "source_unit", "source_unit_row", "run_id", "gate_id"})
"""Where a row was landed and which run moved it: left out of every table."""
RUN_METADATA: dict[str, frozenset[str]] = {
    "ctl_batch": frozenset(
        {"receipt_path", "landed_files", "inserted_rows", "updated_rows", "unchanged_rows", "superseded_rows"}
    ),
    "ctl_platform_state": frozenset({"last_success_at"}),
    "link_person_event": frozenset({"occurred_at"}),
    "link_matter_event": frozenset({"occurred_at"}),
}
"""Further columns that depend on how the runs went. Which batch inserted a row depends on the order of loading."""
SKIPPED = frozenset({"ctl_run", "ctl_run_step"})
HISTORY = frozenset(f"link_{kind}_event{part}" for kind in ("person", "matter") for part in ("", "_record"))
"""The history of surrogates tells by which runs the links came about: the same rows loaded by other runs have another
history. Its tables have checksums of their own, but don't count in that of the generation; the links do."""
MODULUS = 2**128


def table_checksums(con: duckdb.DuckDBPyConnection, tables: Iterable[Table] | None = None) -> dict[str, str]:
    """Checksum of each declared table (``rows:hash``) on a connection with catalogues ``vault`` and ``warehouse``."""
    chosen = catalogue.tables().values() if tables is None else tables
    with guarded("content checksum"):
        return {t.name: _checksum(con, t) for t in chosen if t.name not in SKIPPED}


def overall_checksum(checksums: dict[str, str]) -> str:
    """One checksum for all tables but the history: SHA-256 over the sorted ``table=rows:hash`` lines."""
    lines = "\n".join(f"{name}={value}" for name, value in sorted(checksums.items()) if name not in HISTORY)
    return hashlib.sha256(lines.encode()).hexdigest()


def row_text(tab: Table, only: Collection[str] | None = None) -> str:
    """The canonical text of a row, as SQL; ``only``: of these columns."""
    left_out = LINEAGE | RUN_METADATA.get(tab.name, frozenset())
    texts = [_text(c) for c in tab.columns if c.name not in left_out and (only is None or c.name in only)]
    return f"concat_ws(chr(31), {', '.join(texts)})"


def _checksum(con: duckdb.DuckDBPyConnection, tab: Table) -> str:
    row = con.execute(query("checksum", table=ddl.qualified(tab), row=row_text(tab))).fetchone()
    count, low, high = row or (0, 0, 0)
    return f"{count}:{(low + (high << 64)) % MODULUS:032x}"


def _text(col: Column[object]) -> str:
    """The canonical text of a column; null is a control character that no cleaned text contains.

    Times are microseconds since 1970 (no zone in the text); floating numbers keep eleven digits, because sums made in
    another order differ beyond them.
    """
    name = ddl.identifier(col.name)
    forms: tuple[tuple[type, str], ...] = (
        (DateTime, f"epoch_us({name})::VARCHAR"),
        (Date, f"strftime({name}, '%Y-%m-%d')"),
        (Double, f"format('{{:.10e}}', {name} + 0.0)"),
        (Boolean, f"{name}::INTEGER::VARCHAR"),
    )
    text = next((form for kind, form in forms if isinstance(col.type, kind)), f"{name}::VARCHAR")
    return f"coalesce({text}, chr(30))"
