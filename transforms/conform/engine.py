"""The DuckDB connection that conform works on: one for each process, with every macro and code list known to it.

There are about 450 streams in a province, most of them small, and planning a statement that cleans thirty columns costs
more than running it. So statements are prepared once a process; what they read is a :class:`Slot` that is filled
anew for each stream.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.codes import code_lists, regions
from schemas.columns import ZONE
from schemas.project import per_project

MACROS = Path(__file__).parent / "macros"
THREADS = 2
_BATCH_ROWS = 16_384


class Slot:
    """A relation whose rows are put in by hand before each scan; DuckDB asks it for a fresh stream every time.

    Its columns never change: a prepared statement keeps to the slot that it was planned with.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.rows = schema.empty_table()

    def __arrow_c_schema__(self) -> object:
        return self.rows.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        batches = self.rows.to_batches(max_chunksize=_BATCH_ROWS)
        return pa.RecordBatchReader.from_batches(self.rows.schema, batches).__arrow_c_stream__(requested_schema)


class Engine:
    """One connection with its slots and prepared statements. Not for use by two threads at once."""

    def __init__(self) -> None:
        self.con = duckdb.connect(config={"threads": THREADS, "autoload_known_extensions": False})
        self.con.execute(f"SET TimeZone = '{ZONE}'")
        self.con.execute("SET enable_progress_bar = false")
        for path in sorted(MACROS.glob("*.sql")):
            self.con.execute(path.read_text(encoding="utf-8"))
        self._slots: dict[str, Slot] = {}
        self._prepared: dict[str, str] = {}
        for name, codes in code_lists().items():
            self._create_enum(f"codes_{name}", list(codes))
        self._create_enum("region_code", list(regions()))

    def run(self, sql: str, slot: str, rows: pa.Table) -> pa.Table:
        """Run a statement that reads relation ``slot``, over these rows; it is planned anew."""
        return self._run(sql, slot, rows)

    def run_prepared(self, sql: str, slot: str, rows: pa.Table) -> pa.Table:
        """The same, planned once a process."""
        name = self._prepared.get(sql)
        if name is None:
            self._fill(slot, rows.schema.empty_table())
            name = f"statement_{len(self._prepared)}"
            self.con.execute(f"PREPARE {name} AS {sql}")
            self._prepared[sql] = name
        return self._run(f"EXECUTE {name}", slot, rows)

    def _run(self, sql: str, slot: str, rows: pa.Table) -> pa.Table:
        self._fill(slot, rows)
        try:
            return self.con.execute(sql).to_arrow_table()
        finally:
            self._slots[slot].rows = rows.schema.empty_table()

    def _fill(self, slot: str, rows: pa.Table) -> None:
        if slot not in self._slots:
            self._slots[slot] = Slot(rows.schema)
            self.con.register(slot, self._slots[slot])
        if self._slots[slot].rows.schema != rows.schema:
            raise ValueError(f"relation {slot} has other columns: {self._slots[slot].rows.schema.names}")
        self._slots[slot].rows = rows

    def _create_enum(self, name: str, values: list[str]) -> None:
        """A list as an enum: a cast to it is one look-up a row, where a join would be built for each stream."""
        self._fill("listed", pa.table({"value": pa.array(values, pa.string())}))
        self.con.execute(f'CREATE TYPE "{name}" AS ENUM (SELECT value FROM listed)')  # noqa: S608 (names of our lists)


def engine() -> Engine:
    """This process's engine (a forked child gets its own). Beijing time, at most two threads."""
    return _engine(os.getpid())


@per_project
def _engine(_pid: int) -> Engine:
    return Engine()
