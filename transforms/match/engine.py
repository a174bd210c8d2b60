"""The engine: normalise, collapse, block, compare, estimate, score, cluster, repair; for any table with a config."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import pyarrow as pa

from transforms.match.arrays import Flags, Floats, Ints, by_first
from transforms.match.block import block
from transforms.match.cluster import ambiguous_nodes, cluster, exclusive_codes, lent_nodes, link_components
from transforms.match.collapse import Collapsed, collapse
from transforms.match.compare import compare_pairs
from transforms.match.config import MatchConfig
from transforms.match.estimate import estimate
from transforms.match.model import Model
from transforms.match.normalise import normalise
from transforms.match.repair import complete
from transforms.match.score import CHUNK, NEVER, POSSIBLE, Scored, join, probability, score_levels, score_pairs


@dataclass(frozen=True, slots=True)
class Matched:
    """What the engine found.

    ``order``: input row of each record (ascending record id); ``collapsed``: records as nodes; ``cluster_of``: cluster
    of each record; ``node_cluster``: cluster of each node (before weak copies were separated); ``pairs``: scored pairs
    of nodes, possible or better or within a cluster; ``contradictions``: candidate pairs with a hard contradiction;
    ``confidence`` and ``grade``: per record (grade 0: no other record); ``ambiguous``: nodes left alone because two
    clusters fit; ``report``: readable model, passes, counts, seconds.
    """

    order: Ints
    collapsed: Collapsed
    cluster_of: Ints
    node_cluster: Ints
    pairs: Scored
    contradictions: Scored
    confidence: Floats
    grade: Ints
    ambiguous: Ints
    model: Model
    report: dict[str, object]


@dataclass(slots=True)
class Clock:
    """Seconds of each stage, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        started = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - started, 3)


def match(table: pa.Table, config: MatchConfig) -> Matched:
    """Find which records of ``table`` are one entity. Pure; the order of rows changes nothing.

    Raises ConfigurationError (columns, features, record ids) and ContradictoryCluster.
    """
    clock = Clock()
    with clock.stage("normalise"):
        records = normalise(table, config)
    with clock.stage("collapse"):
        collapsed = collapse(records)
        nodes = collapsed.nodes
    with clock.stage("block"):
        candidates = block(nodes, config)
    starts = range(0, max(len(candidates.left), 1), CHUNK)
    spans = [slice(i, i + CHUNK) for i in starts]
    with clock.stage("compare"):
        levels = np.concatenate(
            [compare_pairs(nodes.kinds, nodes.columns, candidates.left[s], candidates.right[s]) for s in spans], axis=1
        )
    with clock.stage("estimate"):
        model = estimate(nodes, candidates, levels, config)
    with clock.stage("score"):
        scored = join(
            [score_levels(nodes, candidates.left[s], candidates.right[s], levels[:, s], model, config) for s in spans]
        )
        contradictions = scored.where(scored.weight <= NEVER)
    with clock.stage("cluster"):
        number = exclusive_codes(nodes.feature(config.exclusive) if config.exclusive else None, len(nodes.order))
        lent = lent_nodes(scored, number, config)
        alone = ambiguous_nodes(scored, number, lent, config)
        labels = link_components(scored, alone, lent, number, config)
    with clock.stage("repair"):
        inner, found = complete(labels, scored, nodes, model, config)
        node_cluster = cluster(labels, inner, number, config)
        everywhere = np.arange(len(nodes.order))
        own = score_pairs(nodes, everywhere, everywhere, model, config)
    pairs = join([scored, found])
    pairs = pairs.where((pairs.grade >= POSSIBLE) | (node_cluster[pairs.left] == node_cluster[pairs.right]))
    confidence, grade, weak = _belonging(collapsed, node_cluster, pairs, own, config)
    cluster_of = _separate(collapsed, node_cluster, weak)
    report = _report(collapsed, candidates.report(), len(candidates.left), len(found.left), cluster_of, model, clock)
    return Matched(
        records.order,
        collapsed,
        cluster_of,
        node_cluster,
        pairs,
        contradictions,
        confidence[collapsed.node_of],
        grade[collapsed.node_of],
        alone,
        model,
        report,
    )


def _belonging(
    collapsed: Collapsed, labels: Ints, pairs: Scored, own: Scored, config: MatchConfig
) -> tuple[Floats, Ints, Flags]:
    """Per node: confidence and grade of its best tie within its cluster, and whether it is a pile of weak copies.

    A node of several equal records that nothing else supports is one entity only if it clearly links with itself.
    """
    inside = labels[pairs.left] == labels[pairs.right]
    best, grade = np.full(len(labels), -np.inf), np.zeros(len(labels), dtype=np.int64)
    for side in (pairs.left, pairs.right):
        np.maximum.at(best, side[inside], pairs.weight[inside])
        np.maximum.at(grade, side[inside], pairs.grade[inside].astype(np.int64))
    alone = np.bincount(labels)[labels] == 1
    several = collapsed.sizes > 1
    weak = alone & several & (own.weight < config.copies_weight)
    firm = several & ~weak
    best[firm] = np.maximum(best[firm], own.weight[firm])
    grade[firm] = np.maximum(grade[firm], own.grade[firm])
    confidence = np.where(np.isfinite(best), probability(best), 1.0)
    return confidence, np.where(weak | (alone & ~several), 0, grade), weak


def _separate(collapsed: Collapsed, labels: Ints, weak: Flags) -> Ints:
    """Cluster of each record: that of its node, but each copy of a weak node is a cluster of its own."""
    of_record = labels[collapsed.node_of]
    apart = weak[collapsed.node_of]
    of_record[apart] = len(labels) + np.flatnonzero(apart)
    return by_first(of_record)


def _report(
    collapsed: Collapsed,
    passes: list[dict[str, object]],
    candidates: int,
    repaired: int,
    clusters: Ints,
    model: Model,
    clock: Clock,
) -> dict[str, object]:
    sizes, counts = np.unique(np.bincount(clusters), return_counts=True)
    return {
        "records": len(collapsed.node_of),
        "nodes": len(collapsed.sizes),
        "candidate_pairs": candidates,
        "pairs_scored_by_repair": repaired,
        "clusters": int(clusters.max(initial=-1)) + 1,
        "cluster_sizes": {int(s): int(c) for s, c in zip(sizes, counts, strict=True)},
        "rough_entities": model.entities,
        "match_share": float(f"{model.match_share:.3g}"),
        "household_share": float(f"{model.house_share:.3g}"),
        "levels": model.readable(),
        "passes": passes,
        "seconds": clock.seconds,
    }
