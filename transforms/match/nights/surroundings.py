"""Surroundings: what a changed part of the register and its neighbours look like together.

A pair too weak to join two components still shows in the pairs and may be asked about, so the two tables need what lies
on the other side of every pair of a changed node: its whole cluster, as the register holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from transforms.match.arrays import Codes, Flags, Ints, among, distinct, find
from transforms.match.collapse import Collapsed, as_known
from transforms.match.config import MatchConfig
from transforms.match.constraints import confirm, obey, read_constraints
from transforms.match.copies import contents, let_go
from transforms.match.engine import Matched, worth_keeping
from transforms.match.model import Model
from transforms.match.register.store import Register
from transforms.match.register.values import read_values, value_names
from transforms.match.score import POSSIBLE, Scored, Scorer, join

SIDES = ("left_node", "right_node")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``record_ids``: records of the core, its neighbours and their clusters, ascending; ``found``: the engine's
    findings on them, as far as pairs and questions need them, with all pairs that a node of the core is in."""

    record_ids: pa.Array
    found: Matched

    def pairs_of(self, nodes: Ints) -> Matched:
        """The findings with the pairs of some nodes only."""
        return replace(self.found, pairs=_touching(self.found.pairs, among(self.found.collapsed.keys, nodes)))


def look_around(
    register: Register, core: Ints, model: Model, config: MatchConfig, constraints: pa.Table | None
) -> Surroundings:
    """The surroundings of some nodes (their keys) of a register. ``constraints``: decisions in force."""
    pairs = _pairs_of(register, core)
    near = _around(register, distinct(np.concatenate([core, *(_ints(pairs, name) for name in SIDES)])))
    held = register.node.where("node", near, ["node", "is_ambiguous", *value_names(config)])
    records = register.record.where("node", near).sort_by("record_id")
    collapsed = as_known(records, near, read_values(register.value, held, config))
    scorer = Scorer(collapsed.nodes, model, config)
    found = _as_matched(collapsed, held, records, scorer)
    found = replace(found, decided=read_constraints(constraints, _ints(records, "record_key")).at(collapsed.node_of))
    found = _with_pairs(pairs, found, scorer)
    is_core = among(collapsed.keys, core)
    record_ids = records.column("record_id").cast(pa.string()).combine_chunks()
    return Surroundings(record_ids, replace(found, pairs=_touching(found.pairs, is_core)))


def _pairs_of(register: Register, core: Ints) -> pa.Table:
    """All pairs that a node of the core is in, each once."""
    left, right = (register.pair.where(name, core) for name in SIDES)
    right = right.filter(pa.array(~among(_ints(right, "left_node"), core)))
    return pa.concat_tables([left, right]).sort_by([(name, "ascending") for name in SIDES])


def _around(register: Register, nodes: Ints) -> Ints:
    """These nodes, and all others in a cluster with one of them; ascending."""
    clusters = distinct(_ints(register.record.where("node", nodes, ["cluster"]), "cluster"))
    return distinct(_ints(register.record.where("cluster", clusters, ["node"]), "node"))


def _ints(table: pa.Table, name: str) -> Ints:
    return np.asarray(table.column(name).to_numpy(), dtype=np.int64)


def _node_clusters(node_of: Codes, cluster: Ints) -> Ints:
    """Cluster of each node: that of its records, one of its own where they were separated."""
    count = int(node_of.max(initial=-1)) + 1
    low, high = np.full(count, len(cluster)), np.full(count, -1)
    np.minimum.at(low, node_of, cluster)
    np.maximum.at(high, node_of, cluster)
    labels: Ints = np.unique(np.where(low == high, low, len(cluster) + np.arange(count)), return_inverse=True)[1]
    return labels


def _as_matched(collapsed: Collapsed, held: pa.Table, records: pa.Table, scorer: Scorer) -> Matched:
    cluster_of = np.unique(_ints(records, "cluster"), return_inverse=True)[1].astype(np.int64)
    none = np.empty(0, dtype=np.int32)
    nothing = scorer.score(none, none)
    return Matched(
        collapsed=collapsed,
        cluster_of=cluster_of,
        node_cluster=_node_clusters(collapsed.node_of, cluster_of),
        pairs=nothing,
        contradictions=nothing,
        decided=read_constraints(None, np.empty(0, np.int64)),
        confidence=np.ones(len(collapsed.node_of)),
        grade=np.zeros(len(collapsed.node_of), dtype=np.int64),
        ambiguous=np.flatnonzero(held.column("is_ambiguous").to_numpy(zero_copy_only=False)),
        model=scorer.model,
        report={},
    )


def _with_pairs(rows: pa.Table, found: Matched, scorer: Scorer) -> Matched:
    """Weigh the pairs of the register again, and obey what was decided on them."""
    left, right = (find(_ints(rows, name), found.collapsed.keys).astype(np.int32) for name in SIDES)
    pattern, cluster = _ints(rows, "pattern"), found.node_cluster
    kept, against = worth_keeping(left, right, pattern, scorer)
    inner = scorer.score(left, right, pattern)
    stored = among(_key(inner), np.concatenate([_key(kept), _key(against)]))
    inner = inner.where((cluster[left] == cluster[right]) & ~stored)
    pairs = obey(join([kept, inner]), found.decided, scorer)
    content = contents(scorer.nodes, found.decided)
    pairs = pairs if content is None else let_go(pairs, content, scorer.config)
    pairs = confirm(pairs, found.decided, cluster, scorer)
    pairs = pairs.where((pairs.grade >= POSSIBLE) | (cluster[pairs.left] == cluster[pairs.right]))
    return replace(found, pairs=pairs, contradictions=against)


def _key(pairs: Scored) -> Ints:
    key: Ints = pairs.left.astype(np.int64) << 32 | pairs.right
    return key


def _touching(pairs: Scored, nodes: Flags) -> Scored:
    return pairs.where(nodes[pairs.left] | nodes[pairs.right])
