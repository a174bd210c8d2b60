"""The DuckDB connection that conform works on: one for each process, with every macro and code list known to it.

A connection costs some 60 ms to make ready and nothing to use again; there are about 450 streams in a province.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.codes import code_lists, regions
from schemas.columns import ZONE

MACROS = Path(__file__).parent / "macros"
THREADS = 2
REGION_TYPE = "region_code"


def code_type(codes: str) -> str:
    """Name of the DuckDB enum that holds a code list of ``schemas.codes``."""
    return f"codes_{codes}"


def connection() -> duckdb.DuckDBPyConnection:
    """This process's connection (a forked child gets its own). Beijing time, at most two threads."""
    return _connection(os.getpid())


@cache
def _connection(_pid: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": THREADS, "autoload_known_extensions": False})
    con.execute(f"SET TimeZone = '{ZONE}'")
    for path in sorted(MACROS.glob("*.sql")):
        con.execute(path.read_text(encoding="utf-8"))
    for name, codes in code_lists().items():
        _create_enum(con, code_type(name), list(codes))
    _create_enum(con, REGION_TYPE, list(regions()))
    return con


def _create_enum(con: duckdb.DuckDBPyConnection, name: str, values: list[str]) -> None:
    """A list as an enum: a cast to it is one look-up a row, where a join would be planned and built for each stream."""
    con.register("listed", pa.table({"value": pa.array(values, pa.string())}))
    con.execute(f'CREATE TYPE "{name}" AS ENUM (SELECT value FROM listed)')
    con.unregister("listed")
