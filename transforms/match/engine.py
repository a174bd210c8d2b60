"""The engine: normalise, collapse, block, compare, estimate, score, cluster, repair; for any table with a config."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.match.arrays import Codes, Flags, Floats, Ints, by_first
from transforms.match.bands import Bands, bands_of
from transforms.match.block import Candidates, block, passes_that_meet
from transforms.match.cluster import (
    ambiguous_nodes,
    check_clusters,
    cluster,
    exclusive_codes,
    lent_nodes,
    link_components,
)
from transforms.match.collapse import Collapsed, collapse
from transforms.match.compare.kind import NULL
from transforms.match.config import MatchConfig
from transforms.match.constraints import Decided, confirm, obey, read_constraints, records_apart
from transforms.match.copies import between_stand_ins, contents, let_go, stand_ins, with_copies
from transforms.match.estimate import estimate
from transforms.match.model import Model, pack
from transforms.match.must_link import joined_by, must_link
from transforms.match.normalise import normalise, record_keys
from transforms.match.repair import complete
from transforms.match.score import (
    CHUNK,
    NEVER,
    POSSIBLE,
    WORKERS,
    Scored,
    Scorer,
    compare_in_chunks,
    join,
    probability,
)
from transforms.match.shelf import IN_MEMORY, Shelf


@dataclass(frozen=True, slots=True)
class Matched:
    """What the engine found.

    ``collapsed``: records as nodes; ``cluster_of``: cluster of each record; ``node_cluster``: cluster of each node
    (before weak copies were separated); ``pairs``: scored pairs of nodes, possible or better or within a cluster;
    ``contradictions``: pairs that only two different numbers keep apart, weighed without them; ``decided``: decisions
    on nodes; ``confidence`` and ``grade``: per record (grade 0: no other record); ``ambiguous``: nodes left alone
    because two clusters fit; ``report``: readable model, passes, counts, seconds. Where all pairs were found in this
    run, ``bands``: all compared pairs by weight; ``met_in``: the passes (the first 64) that brought each of ``pairs``
    together, as bits.
    """

    collapsed: Collapsed
    cluster_of: Ints
    node_cluster: Ints
    pairs: Scored
    contradictions: Scored
    decided: Decided
    confidence: Floats
    grade: Ints
    ambiguous: Ints
    model: Model
    report: dict[str, object]
    bands: Bands | None = None
    met_in: NDArray[np.uint64] | None = None


Watch = Callable[[str, float | None], None]
"""Told of each stage when it starts (None) and when it ends (seconds)."""


def unwatched(stage: str, seconds: float | None) -> None:
    """Nobody is told."""


@dataclass(slots=True)
class Clock:
    """Seconds of each stage, in order."""

    seconds: dict[str, float] = field(default_factory=dict)
    watch: Watch = unwatched

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        started = perf_counter()
        self.watch(name, None)
        yield
        self.seconds[name] = round(perf_counter() - started, 3)
        self.watch(name, self.seconds[name])


def match(
    table: pa.Table,
    config: MatchConfig,
    constraints: pa.Table | None = None,
    model: Model | None = None,
    watch: Watch = unwatched,
    shelf: Shelf = IN_MEMORY,
) -> Matched:
    """Find which records of ``table`` are one entity. Pure; the order of rows changes nothing.

    ``constraints``: decisions to obey (columns left_id, right_id, judgement), earlier ones first. ``model``: applied as
    it is; without one it is learnt from the table. ``watch``: told of each stage. ``shelf``: where what the stages
    leave is kept.

    Raises ConfigurationError (columns, features, record ids, judgements) and ContradictoryCluster.
    """
    clock = Clock(watch=watch)
    with clock.stage("normalise"):
        keys = record_keys(table, config)
        decided = read_constraints(constraints, keys)
        records = normalise(table, config, shelf)
    with clock.stage("collapse"):
        collapsed = shelf.keep(collapse(records, keys, records_apart(constraints, keys)))
        nodes, decided = collapsed.nodes, decided.at(collapsed.node_of)
        del records
    with clock.stage("block"):
        candidates = shelf.keep(block(nodes, config, shelf))
    with clock.stage("compare"):
        patterns = shelf.keep(compare_in_chunks(nodes, candidates.left, candidates.right))
    with clock.stage("estimate"):
        model = model or estimate(nodes, candidates, patterns, config)
        scorer = Scorer(nodes, model, config)
    with clock.stage("score"):
        scored, contradictions, bands = shelf.keep(score_candidates(candidates, patterns, scorer))
    found = resolve(collapsed, scored, contradictions, decided, scorer, clock)
    found.report.update(candidate_pairs=len(candidates.left), passes=candidates.report())
    return replace(found, bands=bands, met_in=passes_that_meet(candidates.keys, found.pairs.left, found.pairs.right))


def resolve(
    collapsed: Collapsed, scored: Scored, contradictions: Scored, decided: Decided, scorer: Scorer, clock: Clock
) -> Matched:
    """Clusters from scored pairs of nodes: obey decisions, link, repair, cluster, and say how sure each record is."""
    nodes, config = collapsed.nodes, scorer.config
    with clock.stage("cluster"):
        scored, content = obey(scored, decided, scorer), contents(nodes, decided)
        if content is None:
            stands, own = np.arange(nodes.size), scored
        else:
            scored, stands = let_go(scored, content, config), stand_ins(content, nodes, decided)
            own = between_stand_ins(scored, stands)
        number = exclusive_codes(nodes.feature(config.exclusive) if config.exclusive else None, nodes.size)
        lent = lent_nodes(own, number, config)
        alone = ambiguous_nodes(own, number, lent, config)
        labels = link_components(own, alone, lent, number, config)
    with clock.stage("repair"):
        joined = joined_by(labels[stands], decided)
        inner, found = complete(joined, scored, scorer)
        if content is None:
            node_cluster = cluster(labels, inner, number, config)
        else:
            inner, found = (let_go(part, content, config) for part in (inner, found))
            own = inner.where(labels[inner.left] == labels[inner.right])
            node_cluster = with_copies(cluster(labels, own, number, config, content), stands, scorer)
        node_cluster = must_link(node_cluster, joined, inner, number, nodes.states(config.exclusive), decided)
        check_clusters(node_cluster, inner, number, decided)
    alone = np.flatnonzero(np.isin(stands, alone))
    pairs = confirm(join([scored, found]), decided, node_cluster, scorer)
    pairs = pairs.where((pairs.grade >= POSSIBLE) | (node_cluster[pairs.left] == node_cluster[pairs.right]))
    confidence, grade, weak = _belonging(collapsed, node_cluster, pairs, scorer)
    cluster_of = _separate(collapsed, node_cluster, weak)
    return Matched(
        collapsed,
        cluster_of,
        node_cluster,
        pairs,
        contradictions,
        decided,
        confidence[collapsed.node_of],
        grade[collapsed.node_of],
        alone,
        scorer.model,
        _report(collapsed, len(found.left), cluster_of, scorer.model, clock),
    )


def score_candidates(candidates: Candidates, patterns: Ints, scorer: Scorer) -> tuple[Scored, Scored, Bands]:
    """The candidate pairs that may be one; those that only two different numbers keep apart, weighed without them; and
    all of them by weight.

    The others (most of them) are forgotten chunk by chunk.
    """
    spans = [slice(i, i + CHUNK) for i in range(0, max(len(patterns), 1), CHUNK)]
    with ThreadPoolExecutor(WORKERS) as pool:
        parts = pool.map(lambda s: weighed(candidates.left[s], candidates.right[s], patterns[s], scorer), spans)
        kept, against, bands = zip(*parts, strict=True)
    return join(list(kept)), join(list(against)), sum(bands[1:], bands[0])


def weighed(left: Codes, right: Codes, patterns: Ints, scorer: Scorer) -> tuple[Scored, Scored, Bands]:
    """What is worth keeping of compared pairs (see worth_keeping), and all of them by weight."""
    scored = scorer.score(left, right, patterns)
    return *_kept(scored, scorer), bands_of(scored.weight)


def worth_keeping(left: Codes, right: Codes, patterns: Ints, scorer: Scorer) -> tuple[Scored, Scored]:
    """Of compared pairs those that may be one, and those that only two different numbers keep apart."""
    return _kept(scorer.score(left, right, patterns), scorer)


def _kept(scored: Scored, scorer: Scorer) -> tuple[Scored, Scored]:
    config = scorer.config
    never = scored.where(scored.weight <= NEVER)
    if scorer.certain >= 0:
        without = never.levels.copy()
        without[scorer.certain] = NULL
        never = replace(scorer.score(never.left, never.right, pack(without)), levels=never.levels)
        never = never.where(never.weight >= config.certain_weight)
    least = min(config.possible_weight, config.link_weight - config.ambiguity_margin)
    return scored.where(scored.weight >= least), never


def _belonging(
    collapsed: Collapsed, labels: Ints, pairs: Scored, scorer: Scorer
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
    several = np.flatnonzero(collapsed.sizes > 1).astype(np.int32)
    own = scorer.score(several, several)
    is_weak = alone[several] & (own.weight < scorer.config.copies_weight)
    weak = np.zeros(len(labels), dtype=bool)
    weak[several[is_weak]] = True
    firm, own = several[~is_weak], own.where(~is_weak)
    best[firm] = np.maximum(best[firm], own.weight)
    grade[firm] = np.maximum(grade[firm], own.grade)
    confidence = np.where(np.isfinite(best), probability(best), 1.0)
    return confidence, np.where(weak | (alone & (collapsed.sizes == 1)), 0, grade), weak


def _separate(collapsed: Collapsed, labels: Ints, weak: Flags) -> Ints:
    """Cluster of each record: that of its node, but each copy of a weak node is a cluster of its own."""
    of_record = labels[collapsed.node_of]
    apart = weak[collapsed.node_of]
    of_record[apart] = len(labels) + np.flatnonzero(apart)
    return by_first(of_record)


def _report(
    collapsed: Collapsed, repaired: int, clusters: Ints, model: Model, clock: Clock
) -> dict[str, object]:
    sizes, counts = np.unique(np.bincount(clusters), return_counts=True)
    return {
        "records": len(collapsed.node_of),
        "nodes": len(collapsed.sizes),
        "pairs_scored_by_repair": repaired,
        "clusters": int(clusters.max(initial=-1)) + 1,
        "cluster_sizes": {int(s): int(c) for s, c in zip(sizes, counts, strict=True)},
        "rough_entities": model.entities,
        "match_share": float(f"{model.match_share:.3g}"),
        "household_share": float(f"{model.house_share:.3g}"),
        "levels": model.readable(),
        "seconds": clock.seconds,
    }
