"""Incremental matching: only what changed is compared, against everything; the rest is not even read.

New and changed records become nodes, find their candidates in the blocks of the register, and are weighed with the
model that the last full run learnt. Where a near link, an exclusive number, a lost record or a new decision touches a
component of the register, that component is resolved anew by the same stages as in a full run; all others stay. With
the same model a full run would find the same clusters, as long as no block has outgrown its limit since.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from schemas.errors import ConfigurationError
from transforms.match.arrays import ABSENT, Codes, Ints, distinct, mix
from transforms.match.collapse import Collapsed, collapse, representatives
from transforms.match.config import MatchConfig, Pass
from transforms.match.constraints import no_constraints, read_constraints, records_apart
from transforms.match.engine import Clock, Matched, resolve, worth_keeping
from transforms.match.model import Model, pack
from transforms.match.normalise import Normalised, normalise, record_keys
from transforms.match.register import (
    as_texts,
    block_key,
    from_texts,
    insert,
    node_rows,
    open_register,
    pair_rows,
    read_model,
    record_rows,
)
from transforms.match.score import Scorer

SQL = Path(__file__).with_name("sql")


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update touched.

    ``found``: the engine's findings about the records of the touched components; ``records``: these records (columns
    record_id, record_key, node, and cluster: the smallest record key of its cluster), in the order of ``found``;
    ``fields``: what a representative of each node of ``found`` states; ``removed``: ids of records that are no more.
    """

    found: Matched
    records: pa.Table
    fields: pa.Table
    removed: pa.Array


def update(
    path: Path,
    changed: pa.Table,
    removed: pa.Array | None,
    config: MatchConfig,
    constraints: pa.Table | None = None,
) -> Updated:
    """Match new and changed records against the register at ``path`` and carry it on, in one transaction.

    ``changed``: columns of ``config``; ``removed``: ids of records that are gone; ``constraints``: all decisions in
    force (columns left_id, right_id, judgement).

    Raises ConfigurationError when the register was made for another configuration (a full run is needed).
    """
    clock, constraints = Clock(), constraints if constraints is not None else no_constraints()
    with open_register(path) as con:
        model = read_model(con, config)
        if model is None:
            raise ConfigurationError(
                "the register was made for another configuration or version",
                where=path.name,
                next_step="match everything once: leave out --update",
            )
        with clock.stage("normalise"):
            arriving = _arriving(con, changed, constraints, config)
            gone = _gone(arriving, removed, config)
            touched = _leave(con, gone)
        with clock.stage("collapse"):
            keys = record_keys(arriving, config)
            nodes = collapse(normalise(arriving, config), keys, records_apart(constraints, keys))
            touched = np.concatenate([touched, _settle(con, arriving, keys, nodes, config)])
        with clock.stage("block"):
            left, right = _candidates(con)
        with clock.stage("compare"):
            touched = np.concatenate([touched, _compare(con, left, right, model, config)])
        with clock.stage("region"):
            region = _region(con, touched, config)
        return _resolve(con, region, model, config, constraints, removed, clock)


def _arriving(
    con: duckdb.DuckDBPyConnection, changed: pa.Table, constraints: pa.Table, config: MatchConfig
) -> pa.Table:
    """Changed records, and those that decisions made or withdrawn since the last run are about; fields as strings."""
    names = [config.record_id, *(f.name for f in config.fields)]
    missing = [name for name in names if name not in changed.column_names]
    if missing:
        raise ConfigurationError("columns are missing", where="match input", expected=", ".join(missing))
    rows = changed.select(names).cast(pa.schema([(name, pa.string()) for name in names]))
    con.register("constraint_now", constraints)
    con.register("changed_now", rows.select([config.record_id]).rename_columns(["record_id"]))
    about = con.execute(_sql("decided_since")).to_arrow_table()
    con.execute("DELETE FROM decision")
    insert(con, "decision", constraints)
    again = from_texts(about.column("texts").combine_chunks(), config)
    again = again.add_column(0, config.record_id, about.column("record_id"))
    return pa.concat_tables([rows, again.cast(rows.schema)]).combine_chunks()


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _gone(arriving: pa.Table, removed: pa.Array | None, config: MatchConfig) -> pa.Table:
    ids = arriving.column(config.record_id).combine_chunks()
    if removed is not None:
        ids = pa.concat_arrays([ids, removed.cast(pa.string())])
    return pa.table({"record_id": ids})


def _leave(con: duckdb.DuckDBPyConnection, gone: pa.Table) -> Ints:
    """Take records out of the register, with the nodes that held no other; returns the components that they leave."""
    con.register("gone", gone)
    con.execute(_sql("left_nodes"))
    con.execute("DELETE FROM record WHERE record_id IN (SELECT record_id FROM gone)")
    con.execute(_sql("dead_nodes"))
    touched = con.execute("SELECT DISTINCT component FROM node WHERE node IN (SELECT node FROM left_node)").fetchnumpy()
    con.execute("DELETE FROM pair WHERE left_node IN (FROM dead_node) OR right_node IN (FROM dead_node)")
    con.execute("DELETE FROM block WHERE node IN (FROM dead_node)")
    con.execute("DELETE FROM node WHERE node IN (FROM dead_node)")
    return np.asarray(touched["component"], dtype=np.int64)


def _settle(
    con: duckdb.DuckDBPyConnection, arriving: pa.Table, keys: Ints, nodes: Collapsed, config: MatchConfig
) -> Ints:
    """Write arriving records and their nodes down; returns the components of nodes that were there before.

    Leaves the blocks of new nodes in ``lookup``: at every depth of refining, for the register knows at which it is.
    """
    ids = arriving.column(config.record_id).combine_chunks()
    of_record = nodes.keys[nodes.node_of]
    insert(con, "record", pa.table({"record_id": ids, "record_key": keys, "node": of_record, "cluster": keys}))
    con.register("arriving_node", pa.table({"node": nodes.keys}))
    known = con.execute("SELECT node, component FROM node WHERE node IN (FROM arriving_node)").fetchnumpy()
    rows = np.flatnonzero(~np.isin(nodes.keys, np.asarray(known["node"], dtype=np.int64)))
    new = Collapsed(nodes.node_of, nodes.first[rows], nodes.sizes[rows], nodes.keys[rows], nodes.nodes.at(rows))
    exclusive = new.nodes.feature(config.exclusive) if config.exclusive else np.full(len(rows), ABSENT, np.int64)
    texts = as_texts(arriving.take(pa.array(new.first)), config)
    insert(
        con, "node", pa.table({"node": new.keys, "component": new.keys, "exclusive": exclusive, "texts": texts})
    )
    lookups = [_lookup(new.nodes, new.keys, rule, number) for number, rule in enumerate(config.passes)]
    con.register("looked_up", pa.concat_tables(lookups))
    con.execute(_sql("lookup"))
    return np.concatenate([np.asarray(known["component"], dtype=np.int64), new.keys])


def _lookup(nodes: Normalised, keys: Ints, rule: Pass, number: int) -> pa.Table:
    """The blocks of new nodes in one pass, unrefined and at each depth of refining."""
    parts, block = [], nodes.key(rule.features)
    for depth, feature in enumerate([None, *rule.refine]):
        block = block if feature is None else mix([block, nodes.feature(feature)])
        rows = np.flatnonzero(block >= 0)
        size = np.full(len(rows), rule.max_block, dtype=np.int64)
        parts.append(
            pa.table(
                {
                    "block": block_key(block[rows], number),
                    "unrefined": block_key(nodes.key(rule.features)[rows], number),
                    "node": keys[rows],
                    "depth": np.full(len(rows), depth, dtype=np.int64),
                    "max_block": size,
                }
            )
        )
    return pa.concat_tables(parts)


def _candidates(con: duckdb.DuckDBPyConnection) -> tuple[Ints, Ints]:
    """Write the blocks of new nodes down, at the depth at which the register has them; pair them with all others."""
    con.execute(_sql("settle_blocks"))
    found = con.execute(_sql("candidates")).fetchnumpy()
    return np.asarray(found["left_node"], dtype=np.int64), np.asarray(found["right_node"], dtype=np.int64)


def _compare(con: duckdb.DuckDBPyConnection, left: Ints, right: Ints, model: Model, config: MatchConfig) -> Ints:
    """Weigh candidate pairs, keep those that may be one, and return the components that they touch."""
    keys = distinct(np.concatenate([left, right]))
    con.register("wanted", pa.table({"node": keys}))
    rows = con.execute(_sql("nodes_to_compare")).to_arrow_table()
    nodes = normalise(from_texts(rows.column("texts").combine_chunks(), config), config)
    scorer = Scorer(nodes, model, config)
    a, b = (np.searchsorted(keys, side).astype(np.int32) for side in (left, right))
    patterns = scorer.patterns(a, b)
    parts = worth_keeping(a, b, patterns, scorer)
    for part in parts:
        insert(con, "pair", _pairs(part.left, part.right, keys, pack(part.levels)))
    near = parts[0].where(parts[0].weight >= config.link_weight - config.ambiguity_margin)
    same = _same_number(nodes, a, b, config)
    touched = np.concatenate([near.left, near.right, a[same], b[same]])
    components = rows.column("component").to_numpy()
    return distinct(components[touched])


def _pairs(left: Codes, right: Codes, keys: Ints, patterns: Ints) -> pa.Table:
    return pa.table({"left_node": keys[left], "right_node": keys[right], "pattern": patterns})


def _same_number(nodes: Normalised, left: Codes, right: Codes, config: MatchConfig) -> Ints:
    if config.exclusive is None:
        return np.empty(0, dtype=np.int64)
    number = nodes.feature(config.exclusive)
    return np.flatnonzero((number[left] == number[right]) & (number[left] >= 0))


@dataclass(frozen=True, slots=True)
class Region:
    """The nodes that may have changed, with everything known about them; nodes ascend by key."""

    keys: Ints
    fields: pa.Table
    records: pa.Table
    pairs: dict[str, Ints]


def _region(con: duckdb.DuckDBPyConnection, touched: Ints, config: MatchConfig) -> Region:
    con.register("touched", pa.table({"component": distinct(touched)}))
    con.execute("CREATE OR REPLACE TEMP TABLE region AS SELECT node FROM node WHERE component IN (FROM touched)")
    nodes = con.execute("SELECT node, texts FROM node JOIN region USING (node) ORDER BY node").to_arrow_table()
    records = con.execute(_sql("region_records")).to_arrow_table()
    pairs = con.execute(_sql("region_pairs")).fetchnumpy()
    return Region(
        nodes.column("node").to_numpy(),
        from_texts(nodes.column("texts").combine_chunks(), config),
        records,
        {name: np.asarray(values, dtype=np.int64) for name, values in pairs.items()},
    )


def _resolve(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    model: Model,
    config: MatchConfig,
    constraints: pa.Table,
    removed: pa.Array | None,
    clock: Clock,
) -> Updated:
    """Resolve the region as a full run would, and write it back."""
    nodes = normalise(region.fields, config)
    scorer = Scorer(nodes, model, config)
    keys = region.records.column("record_key").to_numpy()
    node_of = np.searchsorted(region.keys, region.records.column("node").to_numpy()).astype(np.int32)
    sizes = np.bincount(node_of, minlength=nodes.size).astype(np.int64)
    collapsed = Collapsed(node_of, representatives(node_of, keys, nodes.size), sizes, region.keys, nodes)
    decided = read_constraints(constraints, keys).at(node_of)
    a, b = (np.searchsorted(region.keys, region.pairs[s]).astype(np.int32) for s in ("left_node", "right_node"))
    scored, against = worth_keeping(a, b, region.pairs["pattern"], scorer)
    found = resolve(collapsed, scored, against, decided, scorer, clock)
    with clock.stage("write"):
        records = record_rows(region.records.column("record_id").combine_chunks(), keys, found)
        con.execute("DELETE FROM node WHERE node IN (FROM region)")
        con.execute("DELETE FROM record WHERE node IN (FROM region)")
        con.execute("DELETE FROM pair WHERE left_node IN (FROM region) AND right_node IN (FROM region)")
        insert(con, "node", node_rows(region.fields, found, config))
        insert(con, "record", records)
        insert(con, "pair", pair_rows(found))
    gone = removed if removed is not None else pa.array([], pa.string())
    return Updated(found, records, region.fields, gone)
