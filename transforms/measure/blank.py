"""An empty warehouse in memory: every declared warehouse table, no rows. Measures are checked, tested and timed on
it."""

from __future__ import annotations

import duckdb

from schemas.arrow import arrow_schema
from schemas.catalogue import tables_of
from schemas.columns import ZONE, Tier


def blank_warehouse() -> duckdb.DuckDBPyConnection:
    """A new in-memory connection with a catalog ``warehouse`` that holds every declared warehouse table, empty."""
    con = duckdb.connect()
    con.execute(f"SET TimeZone = '{ZONE}'")
    con.execute("ATTACH ':memory:' AS warehouse")
    for table in tables_of(Tier.WAREHOUSE):
        con.register("_empty", arrow_schema(table).empty_table())
        con.execute(f"CREATE TABLE warehouse.{table.name} AS SELECT * FROM _empty")  # noqa: S608 (declared name)
        con.unregister("_empty")
    return con
