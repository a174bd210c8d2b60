"""Incremental matching: only what changed is compared, against everything; the rest is not even read.

New and changed records become nodes, find their candidates in the blocks of the register, and are weighed with the
model that the last full run learnt. Where a near link, an exclusive number, a lost record or a new decision touches a
component of the register, that component is resolved anew by the same stages as in a full run; all others stay. With
the same model a full run would find the same clusters, as long as no block has outgrown its limit since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from schemas.errors import ConfigurationError
from transforms.match.arrays import Codes, Ints, among, distinct, find
from transforms.match.collapse import Collapsed, as_known, collapse
from transforms.match.config import MatchConfig
from transforms.match.constraints import keys_decided_anew, no_constraints, read_constraints, records_apart
from transforms.match.engine import Clock, Matched, resolve, worth_keeping
from transforms.match.model import pack
from transforms.match.nights.lookup import candidate_pairs, lookups, settle
from transforms.match.nights.region import Nearby, Region, read_nearby, read_region, write_back
from transforms.match.normalise import Normalised, normalise, record_keys
from transforms.match.register.store import Register, open_register
from transforms.match.register.tables import as_worded, pairs_of, record_rows, with_values, wording_rows
from transforms.match.register.values import VALUES, forget_values, keep_values
from transforms.match.texts import hash_texts


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update touched.

    ``found``: the engine's findings about the records of the touched components; ``records``: these records (columns
    record_id, record_key, node, and cluster: the smallest record key of its cluster), in the order of ``found``;
    ``copies``: records elsewhere that are one more copy of several (record_id, node, cluster); ``removed``: ids of
    records that are no more.
    """

    found: Matched
    records: pa.Table
    copies: pa.Table
    removed: pa.Array


def update(
    path: Path,
    changed: pa.Table,
    removed: pa.Array | None,
    config: MatchConfig,
    constraints: pa.Table | None = None,
) -> Updated:
    """Match new and changed records against the register at ``path`` and carry it on, all or nothing.

    ``changed``: columns of ``config``; ``removed``: ids of records that are gone; ``constraints``: all decisions in
    force (columns left_id, right_id, judgement).

    Raises ConfigurationError when the register was made for another configuration (a full run is needed).
    """
    with open_register(path) as register:
        return update_in(register, changed, removed, config, constraints)


def update_in(
    register: Register,
    changed: pa.Table,
    removed: pa.Array | None,
    config: MatchConfig,
    constraints: pa.Table | None = None,
) -> Updated:
    """:func:`update` of a register that is open."""
    clock, constraints = Clock(), constraints if constraints is not None else no_constraints()
    model = register.read_model(config)
    if model is None:
        raise ConfigurationError(
            "the register was made for another configuration or version",
            where=str(register.path),
            next_step="match everything once: leave out --update",
        )
    with clock.stage("normalise"):
        arriving = _arriving(register, changed, removed, constraints, config)
        touched = _leave(register, _gone(arriving, removed, config))
    with clock.stage("collapse"):
        arrived = _settle(register, arriving, constraints, config)
    with clock.stage("block"):
        keys, left, right = _candidates(register, arrived, config)
    with clock.stage("read"):
        touched = np.concatenate([touched, arrived.touched])
        near = read_nearby(register, keys, touched, model, config)
    with clock.stage("compare"):
        at = near.numbers(keys)
        touched = np.concatenate([touched, _compare(register, near, at[left], at[right])])
    with clock.stage("region"):
        region = read_region(register, near, touched)
    updated = _resolve(register, near, region, constraints, arrived.copies, removed, clock)
    if register.value.size > 2 * register.told(VALUES):
        forget_values(register.value, register.node, config)
        register.note(VALUES, register.value.size)
    return updated


def _arriving(
    register: Register,
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
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = changed.select(names).cast(schema)
    about = keys_decided_anew(register.read("decision"), constraints)
    about = about[~among(about, _gone(rows, removed, config))]
    register.keep("decision", constraints)
    again = register.record.where("record_key", about, ["record_id", "node"])
    fields = as_worded(register.wording.where("node", again.column("node").to_numpy()), config)
    fields = fields.add_column(0, config.record_id, again.column("record_id"))
    return pa.concat_tables([rows, fields.cast(schema)]).combine_chunks()


def siblings_of(register: Register, copies: pa.Table, by: str) -> pa.Table:
    """For each cluster or node (``by``) with records that were there before ``copies`` (record_id, node) and equal one
    of them: the smallest id among these (columns ``by``, record_id)."""
    nodes, came = distinct(copies.column("node").to_numpy()), hash_texts(copies.column("record_id").combine_chunks())
    held = register.record.where("node", nodes)
    held = held.filter(pa.array(~among(held.column("record_key").to_numpy(), came)))
    first = held.group_by(by).aggregate([("record_id", "min")])
    return pa.table({by: first.column(by), "record_id": first.column("record_id_min").cast(pa.string())})


def _gone(arriving: pa.Table, removed: pa.Array | None, config: MatchConfig) -> Ints:
    """Keys of the records that don't stand as they stood: what comes, and what was removed."""
    ids = arriving.column(config.record_id).combine_chunks()
    if removed is not None:
        ids = pa.concat_arrays([ids, removed.cast(pa.string())])
    return distinct(hash_texts(ids))


def _leave(register: Register, gone: Ints) -> Ints:
    """Take records out of the register, with the nodes that held no other; returns the components that they leave."""
    nodes = distinct(register.record.where("record_key", gone, ["node"]).column("node").to_numpy())
    register.record.remove(gone)
    dead = nodes[~among(nodes, register.record.where("node", nodes, ["node"]).column("node").to_numpy())]
    touched = distinct(register.node.where("node", nodes, ["component"]).column("component").to_numpy())
    for side in ("left_node", "right_node"):
        register.pair.remove(register.pair.where(side, dead, ["pair"]).column("pair").to_numpy())
    register.block.remove(dead)
    register.wording.remove(dead)
    register.node.remove(dead)
    return touched


@dataclass(frozen=True, slots=True)
class Arrived:
    """Arriving records as nodes. ``new``: rows of ``nodes`` that the register did not have; ``touched``: components
    that arriving records bring news to; ``copies``: record_id and node of records that are one more copy of several."""

    nodes: Collapsed
    new: Ints
    touched: Ints
    copies: pa.Table


def _settle(register: Register, arriving: pa.Table, constraints: pa.Table, config: MatchConfig) -> Arrived:
    """Write arriving records and their new nodes down."""
    keys = record_keys(arriving, config)
    nodes = collapse(normalise(arriving, config), keys, records_apart(constraints, keys))
    known = _held(register, nodes.keys)
    # A further copy of what was there several times changes nothing but the count, unless it now represents them.
    several = (known.records > 1) & (keys[nodes.first] > known.smallest)
    pile = several & (known.last_cluster > known.cluster)
    of_record, is_copy = nodes.node_of, several[nodes.node_of]
    joined = np.where(pile[of_record] | ~is_copy, keys, known.cluster[of_record])
    ids = arriving.column(config.record_id).combine_chunks()
    columns = {"record_id": ids, "record_key": keys, "node": nodes.keys[of_record], "cluster": joined}
    register.record.put(pa.table(columns))
    new = np.flatnonzero(known.records == 0)
    _write_nodes(register, arriving, nodes, new, config)
    touched = np.concatenate([known.component[(known.records > 0) & ~several], nodes.keys[new]])
    copies = pa.table(columns).select(["record_id", "node", "cluster"]).filter(pa.array(is_copy))
    return Arrived(nodes, new, touched, copies)


@dataclass(frozen=True, slots=True)
class _Held:
    """What the register holds of some nodes: component of each, how many records, the smallest of their keys, and the
    smallest and the largest of their clusters."""

    component: Ints
    records: Ints
    smallest: Ints
    cluster: Ints
    last_cluster: Ints


def _held(register: Register, nodes: Ints) -> _Held:
    """What the register holds of nodes (their keys, ascending); no records of those that it does not have."""
    place, rows = register.record.meet("node", nodes, ["record_key", "cluster"])
    key, cluster = (rows.column(name).to_numpy() for name in ("record_key", "cluster"))
    count, bounds = len(nodes), np.iinfo(np.int64)
    smallest, first, last = np.full(count, bounds.max), np.full(count, bounds.max), np.full(count, bounds.min)
    np.minimum.at(smallest, place, key)
    np.minimum.at(first, place, cluster)
    np.maximum.at(last, place, cluster)
    component = np.zeros(count, dtype=np.int64)
    known, held = register.node.meet("node", nodes, ["component"])
    component[known] = held.column("component").to_numpy()
    return _Held(component, np.bincount(place, minlength=count), smallest, first, last)


def _write_nodes(
    register: Register, arriving: pa.Table, nodes: Collapsed, new: Ints, config: MatchConfig
) -> None:
    keys, stated = nodes.keys[new], nodes.nodes.at(new)
    rows = pa.table({"node": keys, "component": keys, "is_ambiguous": np.zeros(len(keys), dtype=bool)})
    register.node.put(with_values(rows, stated, config))
    register.wording.put(wording_rows(keys, arriving.take(pa.array(nodes.first[new])), config))
    keep_values(register.value, stated)


def _candidates(register: Register, arrived: Arrived, config: MatchConfig) -> tuple[Ints, Codes, Codes]:
    """File the new nodes in their blocks and pair them with all others there; keys of nodes, and pairs of their places.

    Keys ascend, so that left stays left.
    """
    keys = arrived.nodes.keys[arrived.new]
    wanted = lookups(arrived.nodes.nodes.at(arrived.new), config.passes)
    lookup, met = register.block.meet("block", wanted.block, ["node"])
    partner = met.column("node").to_numpy()
    filed = settle(wanted, np.bincount(lookup, minlength=len(wanted.block)))
    register.block.put(pa.table({"block": wanted.block[filed], "node": keys[wanted.node[filed]]}))
    everyone = distinct(np.concatenate([keys, partner]))
    place = np.searchsorted(everyone, keys).astype(np.int32)
    wanted = replace(wanted, node=place[wanted.node])
    partners = find(partner, everyone).astype(np.int32)
    return everyone, *candidate_pairs(wanted, filed, lookup, partners, len(everyone))


def _compare(register: Register, near: Nearby, left: Codes, right: Codes) -> Ints:
    """Weigh candidate pairs, keep those that may be one, and return the components that they touch."""
    scorer, config = near.scorer, near.scorer.config
    parts = worth_keeping(left, right, scorer.patterns(left, right), scorer)
    for part in parts:
        register.pair.put(pairs_of(near.keys[part.left], near.keys[part.right], pack(part.levels)))
    close = parts[0].where(parts[0].weight >= config.link_weight - config.ambiguity_margin)
    same = _same_number(scorer.nodes, left, right, config)
    touched = np.concatenate([close.left, close.right, left[same], right[same]])
    return distinct(near.rows.column("component").to_numpy()[touched])


def _same_number(nodes: Normalised, left: Codes, right: Codes, config: MatchConfig) -> Ints:
    if config.exclusive is None:
        return np.empty(0, dtype=np.int64)
    number = nodes.feature(config.exclusive)
    return np.flatnonzero((number[left] == number[right]) & (number[left] >= 0))


def _resolve(
    register: Register,
    near: Nearby,
    region: Region,
    constraints: pa.Table,
    copies: pa.Table,
    removed: pa.Array | None,
    clock: Clock,
) -> Updated:
    """Resolve the region as a full run would, and write it back."""
    scorer = near.scorer.at(region.rows)
    keys = region.records.column("record_key").to_numpy()
    collapsed = as_known(region.records, region.keys, scorer.nodes)
    decided = read_constraints(constraints, keys).at(collapsed.node_of)
    a, b = (region.places(side) for side in ("left_node", "right_node"))
    scored, against = worth_keeping(a, b, region.pairs.column("pattern").to_numpy(), scorer)
    found = resolve(collapsed, scored, against, decided, scorer, clock)
    with clock.stage("write"):
        records = record_rows(region.records.column("record_id").combine_chunks(), keys, found)
        write_back(register, near, region, records, found, scorer.config)
    gone = removed if removed is not None else pa.array([], pa.string())
    elsewhere = copies.filter(pa.array(~among(copies.column("node").to_numpy(), region.keys)))
    return Updated(found, records, elsewhere, gone)
