"""Load: waiting batches merged into the vault's core tables, with every row's fate counted.

Law, per batch and stream: ``accepted = inserted + updated + unchanged + superseded``.

* Rows are versions of a source key. The version to hold is the greatest by time of change, then batch id, then
  landed row; batch ids sort by time, so among versions of one time the last delivery wins, in whatever order batches
  are loaded.
* *unchanged*: same time of change as the version held and equal in every canonical column but batch and landed row.
  Nothing is rewritten except these two, when the delivery is later. (A form's raw spellings are not compared, its
  canonical values are.)
* *superseded*: older than the version held, or than another row of the same load.
* The time of change is content: a row re-sent with a later one is *updated*.
* A batch already in ``ctl_batch`` is left out: landing is immutable, so there is nothing to learn from it.

All batches of one stream kind are merged together, set-based; the number of statements does not grow with platforms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Table

from schemas import ddl
from schemas.columns import table_meta
from schemas.errors import ConfigurationError, Unbalanced
from schemas.receipts import Conformed, ConformedStream, Gated, Landed
from schemas.streams import stream_tables
from schemas.tables import control, intake
from warehouse import ledger
from warehouse.build import Build
from warehouse.ledger import Fates, Loaded
from warehouse.queries import guarded, query

Batch = tuple[Landed, Conformed]
LINEAGE = ("batch_id", "landed_row")
HANGING: dict[str, tuple[str, ...]] = {
    "form": ("vault.core_form", "vault.core_entry_event", "vault.link_person_record"),
    "ticket": ("vault.core_ticket", "vault.link_person_record"),
}
"""Stream -> tables whose rows go when a record is replaced, where more hangs on it than its core table. What the
program reads of a form and of a ticket does; no project adds to it."""


def load_batches(build: Build, batches: Sequence[Batch]) -> Loaded:
    """Merge the accepted rows of batches, write down where every row went, and move the cursors.

    Raises Unbalanced when a file holds other than the rows its receipt says, StoreError when it can't be read, and
    ConfigurationError when the project has declared otherwise since it was conformed.
    """
    held = set(build.con.execute("SELECT DISTINCT platform_id, batch_id FROM warehouse.ctl_batch").fetchall())
    new = [pair for pair in batches if (pair[0].platform_id, pair[0].batch_id) not in held]
    _require_declared(new)
    fates: Fates = defaultdict(dict)
    for stream, table in stream_tables().items():
        parts = [s for _, conformed in new for s in conformed.streams if s.stream == stream]
        with guarded(f"loading {stream}"):
            _merge(build, table, parts, fates)
    _require_balance(new, fates)
    with guarded("control tables"):
        _append_quarantine(build, [s for _, conformed in new for s in conformed.streams])
        return ledger.record(build, new, fates)


def load_gates(build: Build, gates: Sequence[Gated]) -> int:
    """Keep the results of gates (Parquet of ``ctl_quality_result`` rows); a gate loaded again replaces itself."""
    files = [str(build.home / g.results_path) for g in gates]
    if not files:
        return 0
    with guarded("quality results"):
        columns = ddl.column_list(control.QUALITY_RESULT)
        build.con.execute(
            "DELETE FROM warehouse.ctl_quality_result WHERE list_contains($gates, gate_id)",
            {"gates": [g.gate_id for g in gates]},
        )
        _insert(build, "insert_files", files, table="warehouse.ctl_quality_result", columns=columns)
    return len(files)


def _require_declared(batches: Sequence[Batch]) -> None:
    """The project may have changed since rows were conformed; landed they are, so they can be read anew."""
    for part in (p for _, conformed in batches for p in conformed.streams if p.stream not in stream_tables()):
        raise _outdated(part, "a kind that the project declares", f"kind {part.stream}, which it no longer does")


def _require_shape(build: Build, table: Table, parts: list[ConformedStream]) -> None:
    declared = {c.name for c in table.columns}
    for part in (p for p in parts if table.name in p.tables):
        differing = declared ^ set(pq.read_schema(build.home / part.tables[table.name]).names)
        if differing:
            found = f"otherwise: {', '.join(sorted(differing))}"
            raise _outdated(part, f"the columns of {table.name} as declared", found)


def _outdated(part: ConformedStream, expected: str, found: str) -> ConfigurationError:
    folder = f"{part.platform_id}/{part.batch_id}"
    return ConfigurationError(
        "rows that wait to be loaded were conformed under other declarations",
        where=f"{part.platform_id} {part.stream} {part.batch_id}",
        expected=expected,
        found=found,
        next_step=f"remove conformed/{folder} of the home: the next run conforms what was landed again",
    )


def _merge(build: Build, table: Table, parts: list[ConformedStream], fates: Fates) -> None:
    files = _files(build.home, parts, table.name)
    if not files:
        return
    _require_shape(build, table, parts)
    core, stream = ddl.qualified(table), table_meta(table).stream or ""
    build.con.execute(query("judge_versions", core=core), {"files": files})
    if _any(build, "tied"):
        _settle_ties(build, table, files)
    _count(build, stream, fates)
    if _any(build, "updated"):
        for hanging in HANGING.get(stream, (core,)):
            build.con.execute(query("delete_replaced", core=hanging))
    columns, incoming = ddl.column_list(table), ddl.column_list(table, "i.")
    _insert(build, "insert_versions", files, core=core, columns=columns, incoming=incoming)
    if _any(build, "unchanged"):
        build.con.execute(query("refresh_lineage", core=core, name=ddl.identifier(table.name)))
    if stream == "form":
        _insert_entries(build, parts)
    if stream in HANGING:
        build.con.execute(query(f"person_records_{stream}"))


def _files(home: Path, parts: list[ConformedStream], table_name: str) -> list[str]:
    return [str(home / p.tables[table_name]) for p in parts if table_name in p.tables]


def _any(build: Build, verdict: str) -> bool:
    found = build.con.execute("SELECT 1 FROM verdict WHERE verdict = ? LIMIT 1", [verdict]).fetchone()
    return found is not None


def _settle_ties(build: Build, table: Table, files: list[str]) -> None:
    content = [ddl.identifier(c.name) for c in table.columns if c.name not in LINEAGE]
    incoming, held = (", ".join(f"{side}.{c}" for c in content) for side in "ih")
    text = query("settle_ties", core=ddl.qualified(table), incoming=incoming, held=held)
    build.con.execute(text, {"files": files})


def _count(build: Build, stream: str, fates: Fates) -> None:
    rows = build.con.execute("SELECT batch_id, platform_id, verdict, count(*) FROM verdict GROUP BY ALL").fetchall()
    for batch_id, platform_id, verdict, count in rows:
        fates[batch_id, platform_id, stream][verdict] = count


def _insert(build: Build, name: str, files: list[str], /, **identifiers: str) -> None:
    build.con.execute(query(name, **identifiers), {"files": files})


def _insert_entries(build: Build, parts: list[ConformedStream]) -> None:
    table = intake.ENTRY_EVENT
    batch_of = {str(build.home / p.tables[table.name]): p.batch_id for p in parts if table.name in p.tables}
    if not batch_of:
        return
    build.con.register("entry_files", pa.table({"path": list(batch_of), "batch_id": list(batch_of.values())}))
    columns, incoming = ddl.column_list(table), ddl.column_list(table, "i.")
    _insert(build, "insert_entries", list(batch_of), columns=columns, incoming=incoming)
    build.con.unregister("entry_files")


def _append_quarantine(build: Build, parts: list[ConformedStream]) -> None:
    files = [str(build.home / p.quarantine_path) for p in parts if p.quarantined or p.dropped]
    if files:
        columns = ddl.column_list(control.QUARANTINE)
        _insert(build, "insert_files", files, table="vault.ctl_quarantine", columns=columns)


def _require_balance(batches: Sequence[Batch], fates: Fates) -> None:
    """Every accepted row has got one fate; nothing is published otherwise."""
    for _, conformed in batches:
        for part in conformed.streams:
            judged = sum(fates[part.batch_id, part.platform_id, part.stream].values())
            if judged != part.accepted:
                raise Unbalanced(
                    "the conformed file holds other than the rows its receipt says",
                    where=f"{part.platform_id} {part.stream} {part.batch_id}",
                    expected=f"{part.accepted} accepted rows",
                    found=f"{judged} rows",
                    next_step="remove the batch's folder under conformed/ and run again: it is conformed again",
                )
