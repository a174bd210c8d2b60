"""Region: the part of a register that an update touches, read whole and written back where it came out differently."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from transforms.match.arrays import Flags, Ints, distinct, row_keys
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.register import from_texts, insert, node_rows, pair_rows, read_sql


@dataclass(frozen=True, slots=True)
class Region:
    """The nodes that may have changed, with everything known about them; nodes ascend by key (``nodes``: node,
    component, is_ambiguous)."""

    keys: Ints
    nodes: pa.Table
    fields: pa.Table
    records: pa.Table
    pairs: dict[str, Ints]


def read_region(con: duckdb.DuckDBPyConnection, touched: Ints, config: MatchConfig) -> Region:
    """All nodes of some components, with their records and the pairs among them."""
    con.register("touched", pa.table({"component": distinct(touched)}))
    con.execute("CREATE OR REPLACE TEMP TABLE region AS SELECT node FROM node WHERE component IN (FROM touched)")
    nodes = con.execute(read_sql("region_nodes")).to_arrow_table()
    records = con.execute(read_sql("region_records")).to_arrow_table()
    pairs = con.execute(read_sql("region_pairs")).fetchnumpy()
    return Region(
        nodes.column("node").to_numpy(),
        nodes.drop_columns(["texts"]),
        from_texts(nodes.column("texts").combine_chunks(), config),
        records,
        {name: np.asarray(values, dtype=np.int64) for name, values in pairs.items()},
    )


def write_back(
    con: duckdb.DuckDBPyConnection, region: Region, records: pa.Table, found: Matched, config: MatchConfig
) -> None:
    """Write down what is another than before: most of a region is as it was."""
    nodes = node_rows(region.fields, found, config)
    _replace(con, "node", "node", nodes, _differs(nodes, region.nodes, ("component", "is_ambiguous")))
    _replace(con, "record", "record_key", records, _differs(records, region.records, ("cluster",)))
    pairs, before = pair_rows(found), pa.table(region.pairs)
    keys = [row_keys(np.column_stack([t.column(name).to_numpy() for name in t.column_names])) for t in (pairs, before)]
    con.register("gone_pair", before.filter(pa.array(~np.isin(keys[1], keys[0]))))
    con.execute("DELETE FROM pair WHERE (left_node, right_node) IN (SELECT left_node, right_node FROM gone_pair)")
    insert(con, "pair", pairs.filter(pa.array(~np.isin(keys[0], keys[1]))))


def _differs(rows: pa.Table, before: pa.Table, names: tuple[str, ...]) -> Flags:
    differs: Flags = np.any([rows.column(n).to_numpy() != before.column(n).to_numpy() for n in names], axis=0)
    return differs


def _replace(con: duckdb.DuckDBPyConnection, name: str, key: str, rows: pa.Table, differs: Flags) -> None:
    """Rows of the register, by their key, in the place of those that were there."""
    fresh = rows.filter(pa.array(differs))
    con.register("fresh", fresh)
    con.execute(f"DELETE FROM {name} WHERE {key} IN (SELECT {key} FROM fresh)")  # noqa: S608 (names from this module)
    insert(con, name, fresh)
