"""Incremental matching: only what changed is compared, against everything; the rest is not even read.

New and changed records become nodes, find their candidates in the blocks of the register, and are weighed with the
model that the last full run learnt. Where a near link, an exclusive number, a lost record or a new decision touches a
component of the register, that component is resolved anew by the same stages as in a full run; all others stay. With
the same model a full run would find the same clusters, as long as no block has outgrown its limit since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from transforms.match.arrays import ABSENT, Codes, Ints, distinct, hash_texts
from transforms.match.collapse import Collapsed, collapse, representatives
from transforms.match.config import MatchConfig
from transforms.match.constraints import no_constraints, read_constraints, records_apart
from transforms.match.engine import Clock, Matched, resolve, worth_keeping
from transforms.match.lookup import candidate_pairs, lookups, settle
from transforms.match.model import Model, pack
from transforms.match.normalise import Normalised, normalise, record_keys
from transforms.match.region import Region, read_region, write_back
from transforms.match.register import (
    as_texts,
    from_texts,
    insert,
    open_register,
    read_model,
    read_sql,
    record_rows,
)
from transforms.match.score import Scorer


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update touched.

    ``found``: the engine's findings about the records of the touched components; ``records``: these records (columns
    record_id, record_key, node, and cluster: the smallest record key of its cluster), in the order of ``found``;
    ``fields``: what a representative of each node of ``found`` states; ``copies``: records elsewhere that are one more
    copy of several (record_id, node, cluster); ``removed``: ids of records that are no more.
    """

    found: Matched
    records: pa.Table
    fields: pa.Table
    copies: pa.Table
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
    with open_register(path) as con:
        return update_in(con, changed, removed, config, constraints)


def update_in(
    con: duckdb.DuckDBPyConnection,
    changed: pa.Table,
    removed: pa.Array | None,
    config: MatchConfig,
    constraints: pa.Table | None = None,
) -> Updated:
    """:func:`update` of a register that is open."""
    clock, constraints = Clock(), constraints if constraints is not None else no_constraints()
    model = read_model(con, config)
    if model is None:
        raise ConfigurationError(
            "the register was made for another configuration or version",
            where="match.duckdb",
            next_step="match everything once: leave out --update",
        )
    with clock.stage("normalise"):
        arriving = _arriving(con, changed, removed, constraints, config)
        gone = _gone(arriving, removed, config)
        touched = _leave(con, gone)
    with clock.stage("collapse"):
        arrived = _settle(con, arriving, constraints, config)
    with clock.stage("block"):
        keys, left, right = _candidates(con, arrived, config)
    with clock.stage("compare"):
        touched = np.concatenate([touched, arrived.touched, _compare(con, keys, left, right, model, config)])
    with clock.stage("region"):
        region = read_region(con, touched, config)
    return _resolve(con, region, model, config, constraints, arrived.copies, removed, clock)


def _arriving(
    con: duckdb.DuckDBPyConnection,
    changed: pa.Table,
    removed: pa.Array | None,
    constraints: pa.Table,
    config: MatchConfig,
) -> pa.Table:
    """Changed records, and those that decisions made or withdrawn since the last run are about; fields as strings."""
    names = [config.record_id, *(f.name for f in config.fields)]
    missing = [name for name in names if name not in changed.column_names]
    if missing:
        raise ConfigurationError("columns are missing", where="match input", expected=", ".join(missing))
    rows = changed.select(names).cast(pa.schema([(name, pa.string()) for name in names]))
    con.register("constraint_now", constraints)
    con.register("changed_now", rows.select([config.record_id]).rename_columns(["record_id"]))
    gone = pa.array([], pa.string()) if removed is None else removed.cast(pa.string())
    con.register("removed_now", pa.table({"record_id": gone}))
    about = con.execute(read_sql("decided_since")).to_arrow_table()
    con.execute("DELETE FROM decision")
    insert(con, "decision", constraints)
    again = from_texts(about.column("texts").combine_chunks(), config)
    again = again.add_column(0, config.record_id, about.column("record_id"))
    return pa.concat_tables([rows, again.cast(rows.schema)]).combine_chunks()


def siblings_of(con: duckdb.DuckDBPyConnection, copies: pa.Table) -> pa.Table:
    """For each cluster that holds equals of ``copies`` (record_id, node) one of them (columns cluster, record_id)."""
    con.register("copies", copies)
    return con.execute(read_sql("siblings")).to_arrow_table()


def _gone(arriving: pa.Table, removed: pa.Array | None, config: MatchConfig) -> pa.Table:
    ids = arriving.column(config.record_id).combine_chunks()
    if removed is not None:
        ids = pa.concat_arrays([ids, removed.cast(pa.string())])
    return pa.table({"record_key": hash_texts(ids)})


def _leave(con: duckdb.DuckDBPyConnection, gone: pa.Table) -> Ints:
    """Take records out of the register, with the nodes that held no other; returns the components that they leave."""
    con.register("gone", gone)
    con.execute(read_sql("left_nodes"))
    con.execute("DELETE FROM record WHERE record_key IN (FROM gone)")
    con.execute(read_sql("dead_nodes"))
    touched = con.execute("SELECT DISTINCT component FROM node WHERE node IN (SELECT node FROM left_node)").fetchnumpy()
    con.execute("DELETE FROM pair WHERE left_node IN (FROM dead_node) OR right_node IN (FROM dead_node)")
    con.execute("DELETE FROM block WHERE node IN (FROM dead_node)")
    con.execute("DELETE FROM node WHERE node IN (FROM dead_node)")
    return np.asarray(touched["component"], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Arriving records as nodes. ``new``: rows of ``nodes`` that the register did not have; ``touched``: components
    that arriving records bring news to; ``copies``: record_id and node of records that are one more copy of several."""

    nodes: Collapsed
    new: Ints
    touched: Ints
    copies: pa.Table


def _settle(
    con: duckdb.DuckDBPyConnection, arriving: pa.Table, constraints: pa.Table, config: MatchConfig
) -> Arrived:
    """Write arriving records and their new nodes down."""
    keys = record_keys(arriving, config)
    nodes = collapse(normalise(arriving, config), keys, records_apart(constraints, keys))
    con.register("arriving_node", pa.table({"node": nodes.keys}))
    held = con.execute(read_sql("known_nodes")).fetchnumpy()
    known = {name: np.asarray(column, dtype=np.int64) for name, column in held.items()}
    row = np.minimum(np.searchsorted(known["node"], nodes.keys), max(len(known["node"]) - 1, 0))
    is_known = known["node"][row] == nodes.keys if len(known["node"]) else np.zeros(len(nodes.keys), bool)
    new = np.flatnonzero(~is_known)
    # A further copy of what was there several times changes nothing but the count, unless it now represents them.
    several = is_known & (np.append(known["records"], 0)[row] > 1)
    several &= keys[nodes.first] > np.append(known["smallest"], 0)[row]
    pile = several & (np.append(known["clusters"], 0)[row] > 1)
    of_record, is_copy = nodes.node_of, several[nodes.node_of]
    joined = np.where(pile[of_record] | ~is_copy, keys, np.append(known["cluster"], 0)[row][of_record])
    ids = arriving.column(config.record_id).combine_chunks()
    columns = {"record_id": ids, "record_key": keys, "node": nodes.keys[of_record], "cluster": joined}
    insert(con, "record", pa.table(columns))
    _write_nodes(con, arriving, nodes, new, config)
    touched = np.concatenate([np.append(known["component"], 0)[row[is_known & ~several]], nodes.keys[new]])
    copies = pa.table(columns).select(["record_id", "node", "cluster"]).filter(pa.array(is_copy))
    return Arrived(nodes, new, touched, copies)


def _write_nodes(
    con: duckdb.DuckDBPyConnection, arriving: pa.Table, nodes: Collapsed, new: Ints, config: MatchConfig
) -> None:
    keys = nodes.keys[new]
    exclusive = nodes.nodes.feature(config.exclusive)[new] if config.exclusive else np.full(len(new), ABSENT, np.int64)
    texts = as_texts(arriving.take(pa.array(nodes.first[new])), config)
    columns = {"node": keys, "component": keys, "exclusive": exclusive, "texts": texts}
    insert(con, "node", pa.table({**columns, "is_ambiguous": np.zeros(len(keys), dtype=bool)}))


def _candidates(con: duckdb.DuckDBPyConnection, arrived: Arrived, config: MatchConfig) -> tuple[Ints, Codes, Codes]:
    """File the new nodes in their blocks and pair them with all others there; keys of nodes, and pairs of their places.

    Keys ascend, so that left stays left.
    """
    keys = arrived.nodes.keys[arrived.new]
    wanted = lookups(arrived.nodes.nodes.at(arrived.new), config.passes)
    con.register("looked_up", pa.table({"lookup": np.arange(len(wanted.block)), "block": wanted.block}))
    met = con.execute(read_sql("candidates")).fetchnumpy()
    lookup, partner = (np.asarray(met[name], dtype=np.int64) for name in ("lookup", "node"))
    filed = settle(wanted, np.bincount(lookup, minlength=len(wanted.block)))
    insert(con, "block", pa.table({"block": wanted.block[filed], "node": keys[wanted.node[filed]]}))
    everyone = distinct(np.concatenate([keys, partner]))
    place = np.searchsorted(everyone, keys).astype(np.int32)
    wanted = replace(wanted, node=place[wanted.node])
    partners = np.searchsorted(everyone, partner).astype(np.int32)
    return everyone, *candidate_pairs(wanted, filed, lookup, partners, len(everyone))


def _compare(
    con: duckdb.DuckDBPyConnection, keys: Ints, left: Codes, right: Codes, model: Model, config: MatchConfig
) -> Ints:
    """Weigh candidate pairs, keep those that may be one, and return the components that they touch."""
    con.register("wanted", pa.table({"node": keys}))
    rows = con.execute(read_sql("nodes_to_compare")).to_arrow_table()
    nodes = normalise(from_texts(rows.column("texts").combine_chunks(), config), config)
    scorer = Scorer(nodes, model, config)
    parts = worth_keeping(left, right, scorer.patterns(left, right), scorer)
    for part in parts:
        pairs = {"left_node": keys[part.left], "right_node": keys[part.right], "pattern": pack(part.levels)}
        insert(con, "pair", pa.table(pairs))
    near = parts[0].where(parts[0].weight >= config.link_weight - config.ambiguity_margin)
    same = _same_number(nodes, left, right, config)
    touched = np.concatenate([near.left, near.right, left[same], right[same]])
    return distinct(rows.column("component").to_numpy()[touched])


def _same_number(nodes: Normalised, left: Codes, right: Codes, config: MatchConfig) -> Ints:
    if config.exclusive is None:
        return np.empty(0, dtype=np.int64)
    number = nodes.feature(config.exclusive)
    return np.flatnonzero((number[left] == number[right]) & (number[left] >= 0))


def _resolve(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    model: Model,
    config: MatchConfig,
    constraints: pa.Table,
    copies: pa.Table,
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
        write_back(con, region, records, found, config)
    gone = removed if removed is not None else pa.array([], pa.string())
    elsewhere = copies.filter(pc.invert(pc.is_in(copies.column("node"), pa.array(region.keys))))
    return Updated(found, records, region.fields, elsewhere, gone)
