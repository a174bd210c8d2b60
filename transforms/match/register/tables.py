"""What a register holds, table by table, and the rows that a run leaves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.match.arrays import ABSENT, Ints, components, mix
from transforms.match.block import PASSES_TOLD, block_key
from transforms.match.config import MatchConfig
from transforms.match.constraints import Decided
from transforms.match.copies import contents
from transforms.match.engine import Matched
from transforms.match.model import pack
from transforms.match.normalise import Normalised
from transforms.match.register.layers import TableKind
from transforms.match.register.values import value_keys, value_names
from transforms.match.score import Scored, join

KEY, TEXT = pa.int64(), pa.large_string()

RECORD = TableKind(
    pa.schema(
        {
            "record_id": TEXT,
            "record_key": KEY,
            "node": KEY,
            "cluster": KEY,  # smallest record key among the records of its cluster
        }
    ),
    "record_key",
    ("record_key", "node", "cluster"),
)
"""One row is one record."""

BLOCK = TableKind(pa.schema({"block": KEY, "node": KEY}), "node", ("block",))
"""One row says that a node lies in a block of a blocking pass (after refining)."""

PAIR = TableKind(
    pa.schema(
        {
            "pair": KEY,  # of both nodes
            "left_node": KEY,
            "right_node": KEY,
            "pattern": KEY,  # comparison levels, packed
            "is_completed": pa.bool_(),  # no block brought it together, but repair, within a cluster
        }
    ),
    "pair",
    ("left_node", "right_node"),
)
"""One row is one scored pair of nodes that may be one entity, or that only two numbers keep apart."""


def node_kind(config: MatchConfig) -> TableKind:
    """One row is one node: records that are equal after normalisation."""
    return TableKind(
        pa.schema(
            {
                "node": KEY,  # content key
                "component": KEY,  # nodes that decisions about one of them may concern: smallest node among them
                "is_ambiguous": pa.bool_(),  # left alone because two clusters fit
                **dict.fromkeys(value_names(config), KEY),  # its value of each field, -1 for none
            }
        ),
        "node",
        ("node", "component"),
    )


def wording_kind(config: MatchConfig) -> TableKind:
    """One row is one node: its fields as one of its records has them, before normalisation."""
    return TableKind(pa.schema({"node": KEY, **dict.fromkeys(_fields(config), TEXT)}), "node", ("node",))


def _fields(config: MatchConfig) -> list[str]:
    return [f"field_{place}" for place in range(len(config.fields))]


def node_rows(found: Matched, config: MatchConfig) -> pa.Table:
    """Rows of ``node`` for the nodes of a run, but for what they state."""
    collapsed, nodes = found.collapsed, found.collapsed.nodes
    exclusive = nodes.feature(config.exclusive) if config.exclusive else np.full(nodes.size, ABSENT, np.int64)
    content = contents(nodes, found.decided)
    labels = affecting(found.pairs, [exclusive, *([] if content is None else [content])], found.decided, config)
    first = np.unique(labels, return_index=True)[1]
    return pa.table(
        {
            "node": collapsed.keys,
            "component": collapsed.keys[first][labels],
            "is_ambiguous": np.isin(np.arange(nodes.size), found.ambiguous),
        }
    )


def affecting(pairs: Scored, shared: list[Ints], decided: Decided, config: MatchConfig) -> Ints:
    """Components within which a change can matter: links, near links, nodes that share a key (an exclusive value, or
    all they state where decisions tell copies apart), and what people decided to be one (though it may wait)."""
    near = pairs.weight >= config.link_weight - config.ambiguity_margin
    one, other = decided.together
    left, right = [pairs.left[near], one], [pairs.right[near], other]
    for keys in shared:
        order = np.argsort(keys)
        same = (keys[order][1:] == keys[order][:-1]) & (keys[order][1:] >= 0)
        left.append(order[:-1][same])
        right.append(order[1:][same])
    return components(np.concatenate(left), np.concatenate(right), len(shared[0]))


def with_values(nodes: pa.Table, stated: Normalised, config: MatchConfig) -> pa.Table:
    """Rows of ``node`` with what the nodes state after normalisation."""
    named = dict(zip(value_names(config), value_keys(stated), strict=True))
    return pa.table({name: nodes.column(name) for name in nodes.column_names} | named)


def wording_rows(nodes: Ints, records: pa.Table, config: MatchConfig) -> pa.Table:
    """Rows of ``wording``; ``records``: one of each node, in their order."""
    fields = [records.column(f.name).cast(TEXT).combine_chunks() for f in config.fields]
    return pa.table([pa.array(nodes), *fields], names=["node", *_fields(config)])


def as_worded(rows: pa.Table, config: MatchConfig) -> pa.Table:
    """The fields of rows of ``wording`` under their names, as strings."""
    columns = [rows.column(name).cast(pa.string()) for name in _fields(config)]
    return pa.table(columns, names=[f.name for f in config.fields])


def record_rows(record_ids: pa.Array, record_keys: Ints, found: Matched) -> pa.Table:
    """Rows of ``record``; ``record_ids`` and their keys in the order of the run's input."""
    count = int(found.cluster_of.max(initial=-1)) + 1
    smallest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, found.cluster_of, record_keys)
    return pa.table(
        {
            "record_id": record_ids.cast(pa.string()),
            "record_key": record_keys,
            "node": found.collapsed.keys[found.collapsed.node_of],
            "cluster": smallest[found.cluster_of],
        }
    )


def block_rows(nodes: Ints, keys: Ints, number: int) -> pa.Table:
    """Rows of ``block``: the nodes that have a key in pass ``number``."""
    rows = np.flatnonzero(keys >= 0)
    return pa.table({"block": block_key(keys[rows], number), "node": nodes[rows]})


def pair_rows(found: Matched, config: MatchConfig) -> pa.Table:
    """Rows of ``pair``: what may be one entity, and what only two numbers keep apart."""
    pairs, keys = join([found.pairs, found.contradictions]), found.collapsed.keys
    rows = pairs_of(keys[pairs.left], keys[pairs.right], pack(pairs.levels))
    if found.met_in is None or len(config.passes) > PASSES_TOLD:
        return rows
    completed = np.append(found.met_in == 0, np.zeros(len(found.contradictions.left), dtype=bool))
    return rows.set_column(rows.column_names.index("is_completed"), "is_completed", pa.array(completed))


def pairs_of(left: Ints, right: Ints, pattern: Ints) -> pa.Table:
    """Rows of ``pair`` of two nodes each, which some block brought together."""
    nodes = {"pair": mix([left, right]), "left_node": left, "right_node": right}
    return pa.table(nodes | {"pattern": pattern, "is_completed": np.zeros(len(left), dtype=bool)})
