"""Region: the part of a register that an update touches, read whole and written back where it came out differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from transforms.match.arrays import Ints, distinct
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.register.store import Register
from transforms.match.register.tables import from_texts, node_rows, pair_rows


@dataclass(frozen=True, slots=True)
class Region:
    """The nodes that may have changed, with everything known about them; nodes ascend by key (``nodes``: node,
    component, is_ambiguous)."""

    keys: Ints
    nodes: pa.Table
    fields: pa.Table
    records: pa.Table
    pairs: pa.Table


def read_region(register: Register, touched: Ints, config: MatchConfig) -> Region:
    """All nodes of some components, with their records and the pairs among them."""
    nodes = register.node.where("component", distinct(touched), ["node", "component", "is_ambiguous", "texts"])
    nodes = nodes.sort_by("node")
    keys = nodes.column("node").to_numpy()
    pairs = register.pair.where("left_node", keys)
    return Region(
        keys,
        nodes.drop_columns(["texts"]),
        from_texts(nodes.column("texts"), config),
        register.record.where("node", keys),
        pairs.filter(pa.array(np.isin(pairs.column("right_node").to_numpy(), keys))),
    )


def write_back(register: Register, region: Region, records: pa.Table, found: Matched, config: MatchConfig) -> None:
    """Write down what is another than before: most of a region is as it was."""
    nodes, pairs = node_rows(region.fields, found, config), pair_rows(found)
    register.node.put(nodes.filter(_differs(nodes, region.nodes, ("component", "is_ambiguous"))))
    register.record.put(records.filter(_differs(records, region.records, ("cluster",))))
    keys = [table.column("pair").to_numpy() for table in (pairs, region.pairs)]
    register.pair.remove(keys[1][~np.isin(keys[1], keys[0])])
    register.pair.put(pairs.filter(pa.array(~np.isin(keys[0], keys[1]))))


def _differs(rows: pa.Table, before: pa.Table, names: tuple[str, ...]) -> pa.Array:
    return pa.array(np.any([rows.column(n).to_numpy() != before.column(n).to_numpy() for n in names], axis=0))
