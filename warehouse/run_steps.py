"""History of runs: ``ctl_run_step``, kept in each generation and read together with what no generation holds yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.tables import control
from warehouse import places, reader
from warehouse.build import Build
from warehouse.queries import guarded, query

KEPT = timedelta(days=400)
HELD = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'warehouse'"
Row = Mapping[str, Any]
"""One row of ``ctl_run_step``, by column."""


def newest_step(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """When the newest step began that the warehouse holds: what was told before is there."""
    _, rows = reader.fetch(con, "SELECT max(started_at) FROM warehouse.ctl_run_step", 1)
    newest: datetime | None = rows[0][0]
    return newest


def append_steps(build: Build, rows: Sequence[Row]) -> None:
    """Add steps that the build does not hold, and let go of those from before the last 400 days."""
    with guarded("steps of runs"):
        build.con.register("run_step_rows", _table(rows))
        build.con.execute(query("append_run_steps"))
        build.con.unregister("run_step_rows")
        build.con.execute("DELETE FROM warehouse.ctl_run_step WHERE started_at < ?", [build.started_at - KEPT])


@contextmanager
def open_history(home: Path, told: Callable[[datetime | None], Sequence[Row]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Steps of all runs of a home on one connection, as the tables ``run_step`` (as ``ctl_run_step``) and ``run_made``
    (``run_id``, ``generation``).

    ``told``: what events say since a moment (None: since ever), of which what is published already is left out.
    """
    generation = places.current_generation(home)
    con = duckdb.connect(":memory:") if generation is None else reader.connect_generation(home, generation)
    with con, guarded("steps of runs"):
        held = {name for (name,) in con.execute(HELD).fetchall()}  # none of ours in a home of an earlier version
        published = control.RUN_STEP.name in held
        con.register("run_step_rows", _table(told(newest_step(con) if published else None)))
        con.execute("CREATE TEMP TABLE run_step AS FROM run_step_rows LIMIT 0")
        con.execute("CREATE TEMP TABLE run_made (run_id VARCHAR, generation BIGINT)")
        if published:
            con.execute("INSERT INTO run_step BY NAME FROM warehouse.ctl_run_step")
            con.execute("INSERT INTO run_made SELECT run_id, generation FROM warehouse.ctl_run")
        con.execute("INSERT INTO run_step BY NAME FROM run_step_rows ANTI JOIN run_step USING (event_id)")
        yield con


def runs(con: duckdb.DuckDBPyConnection, last: int) -> list[dict[str, Any]]:
    """The last runs, newest first (columns: see ``sql/run_history.sql``)."""
    return _rows(con, query("run_history"), last=last)


def usual_seconds(con: duckdb.DuckDBPyConnection, samples: int) -> list[dict[str, Any]]:
    """How long each step, platform and line usually takes (columns: see ``sql/usual_seconds.sql``)."""
    return _rows(con, query("usual_seconds"), samples=samples)


def steps_of(con: duckdb.DuckDBPyConnection, run_id: str) -> list[dict[str, Any]]:
    """Rows of one run, in order of their beginning."""
    return _rows(con, "SELECT * FROM run_step WHERE run_id = $run_id ORDER BY started_at, event_id", run_id=run_id)


def _rows(con: duckdb.DuckDBPyConnection, text: str, **values: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = con.execute(text, values).to_arrow_table().to_pylist()
    return found


def _table(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(control.RUN_STEP))
