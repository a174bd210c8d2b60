"""Region: the part of a register that an update touches, read once and written back where it came out differently."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Codes, Ints, among, distinct, find
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.model import Model
from transforms.match.register.store import Register
from transforms.match.register.tables import node_rows, pair_rows, with_values
from transforms.match.register.values import read_values, value_names
from transforms.match.score import Scorer


@dataclass(frozen=True, slots=True)
class Nearby:
    """All nodes of the components that an update may touch, read once.

    ``rows``: columns node (``keys``, ascending), component, is_ambiguous, and the keys of their values; ``scorer``: of
    the same nodes.
    """

    keys: Ints
    rows: pa.Table
    scorer: Scorer

    def numbers(self, nodes: Ints) -> Codes:
        """The rows of nodes, all of which are nearby."""
        return find(nodes, self.keys).astype(np.int32)


def read_nearby(
    register: Register, nodes: Ints, touched: Ints, model: Model, config: MatchConfig
) -> Nearby:
    """The components of some nodes and the ``touched`` ones."""
    theirs = register.node.where("node", nodes, ["component"]).column("component").to_numpy()
    components = distinct(np.concatenate([theirs, touched]))
    columns = ["node", "component", "is_ambiguous", *value_names(config)]
    rows = register.node.where("component", components, columns).sort_by("node")
    read = read_values(register.value, rows, config)
    return Nearby(rows.column("node").to_numpy(), rows, Scorer(read, model, config))


@dataclass(frozen=True, slots=True)
class Region:
    """The nodes that may have changed (``keys``, ascending), with everything known about them.

    ``rows``: their places nearby; ``records``: of these nodes; ``pairs``: among these nodes, that a block brought
    together; ``all_pairs``: keys of these and of those that repair found, which it will find again if it still would.
    """

    keys: Ints
    rows: Ints
    records: pa.Table
    pairs: pa.Table
    all_pairs: Ints

    def places(self, nodes: str) -> Codes:
        """The places of one side of the pairs (left_node, right_node)."""
        return find(self.pairs.column(nodes).to_numpy(), self.keys).astype(np.int32)


def read_region(register: Register, near: Nearby, touched: Ints) -> Region:
    """All nodes of some components, which are nearby, with their records and the pairs among them."""
    rows = np.flatnonzero(among(near.rows.column("component").to_numpy(), touched))
    keys = near.keys[rows]
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(register.record.where, "node", keys)
        pairs = register.pair.where("left_node", keys)
        pairs = pairs.filter(pa.array(among(pairs.column("right_node").to_numpy(), keys)))
        brought = pairs.filter(pc.invert(pairs.column("is_completed")))
        return Region(keys, rows, reading.result(), brought, pairs.column("pair").to_numpy())


def write_back(
    register: Register, near: Nearby, region: Region, records: pa.Table, found: Matched, config: MatchConfig
) -> None:
    """Write down what is another than before: most of a region is as it was."""
    nodes, pairs = node_rows(found, config), pair_rows(found, config)
    other = _differs(nodes, near.rows.take(region.rows), ("component", "is_ambiguous"))
    register.node.put(with_values(nodes.take(other), found.collapsed.nodes.at(other), config))
    register.record.put(records.take(_differs(records, region.records, ("cluster",))))
    now = pairs.column("pair").to_numpy()
    completed = pa.array(~among(now, region.pairs.column("pair").to_numpy()))
    pairs = pairs.set_column(pairs.column_names.index("is_completed"), "is_completed", completed)
    register.pair.remove(region.all_pairs[~among(region.all_pairs, now)])
    register.pair.put(pairs.filter(pa.array(~among(now, region.all_pairs))))


def _differs(rows: pa.Table, before: pa.Table, names: tuple[str, ...]) -> Ints:
    return np.flatnonzero(
        np.any([rows.column(n).to_numpy() != before.column(n).to_numpy() for n in names], axis=0)
    )
