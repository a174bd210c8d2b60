"""The stages in order, on Spark."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.config import MatchConfig
from transforms.match.engine import Clock, Watch, unwatched
from transforms.match.model import Model
from transforms.match.spark import block
from transforms.match.spark.collapse import collapse, find_decided, key_records, select
from transforms.match.spark.compare import compare, count_patterns
from transforms.match.spark.evidence import estimate
from transforms.match.spark.matched import SparkMatched
from transforms.match.spark.resolve import neighbourhoods, resolve_all
from transforms.match.spark.score import AGAINST, count_bands, score
from transforms.match.spark.session import local_session
from transforms.match.spark.work import Work

INFERENCE = "spark.sql.sources.partitionColumnTypeInference.enabled"
"""Off while reading: a code in the name of a folder is no number (its zeros would be lost)."""


def match_on_spark(
    records: pa.Table | DataFrame | str | Sequence[str],
    config: MatchConfig,
    constraints: pa.Table | None = None,
    session: SparkSession | None = None,
    folder: str | None = None,
    watch: Watch = unwatched,
) -> SparkMatched:
    """Find which records are one entity; the same clusters, pairs and model as :func:`transforms.match.engine.match`.

    ``records``: a table, a frame of ``session``, or paths of (Hive-partitioned) Parquet. ``constraints``: decisions to
    obey (columns left_id, right_id, judgement). ``folder``: where tables are left, reachable for all executors; without
    a session one of this machine is started. ``watch``: told of each stage.

    Raises ConfigurationError (columns, features, record ids, judgements); ContradictoryCluster arrives as an error of
    the worker that found it.
    """
    work = Work(session or local_session(), folder or tempfile.mkdtemp(prefix="liandao-match-"))
    clock = Clock(watch=watch)
    with clock.stage("normalise"):
        keyed = key_records(work, select(read(work, records), config), config, constraints)
    with clock.stage("collapse"):
        nodes = collapse(work, keyed, config)
        decided = find_decided(work, keyed, nodes, constraints)
    with clock.stage("compare"):  # and block: pairs are not written down before they are compared
        pairs = work.keep("candidates", compare(block.candidates(nodes, config), nodes, config))
        passes = block.report(block.blocks(nodes, config), pairs, config)
    with clock.stage("estimate"):
        patterns = count_patterns(pairs, [n for n, rule in enumerate(config.passes) if rule.is_training])
        model, held = estimate(work, nodes, pairs, patterns, config)
    with clock.stage("score"):
        scored = score(work, pairs, held, model, config)
    with clock.stage("cluster"):
        roots = neighbourhoods(work, nodes, scored, decided, config)
        resolved, linked = resolve_all(work, (nodes, held, scored), roots, decided, model, config)
    with clock.stage("write"):
        clusters = work.keep("clusters", clusters_of(keyed, resolved))
        work.keep("pairs", with_passes(with_ids(linked, nodes), pairs))
        against = scored.where(F.col("what") == AGAINST).drop("what")
        work.keep("contradictions", with_ids(against, nodes))
        report = _report(clusters, resolved, model)
    made = sum(p.made for p in passes)
    report.update(candidate_pairs=made, passes=[asdict(p) for p in passes], seconds=clock.seconds)
    return SparkMatched(work, config, model, decided, count_bands(scored), report)


def read(work: Work, records: pa.Table | DataFrame | str | Sequence[str]) -> DataFrame:
    """The input as a frame."""
    if isinstance(records, DataFrame):
        return records
    if isinstance(records, pa.Table):
        plain = [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in records.schema]
        return work.session.createDataFrame(records.cast(pa.schema(plain)))
    inferred = work.session.conf.get(INFERENCE)
    work.session.conf.set(INFERENCE, "false")
    try:
        return work.session.read.parquet(*([records] if isinstance(records, str) else records))
    finally:
        work.session.conf.set(INFERENCE, inferred)


def clusters_of(keyed: DataFrame, resolved: DataFrame) -> DataFrame:
    """Cluster of each record: that of its node, but each copy of a weak node is a cluster of its own."""
    found = keyed.select("record_id", "record_key", "key").join(resolved, "key")
    cluster = F.when(F.col("is_weak"), F.col("record_key")).otherwise(F.col("cluster"))
    grade = F.col("node_grade").alias("grade")
    return found.select("record_id", "record_key", "node", cluster.alias("cluster"), "confidence", grade)


def with_ids(pairs: DataFrame, nodes: DataFrame) -> DataFrame:
    """Pairs of nodes with the records that represent them."""
    for side in ("left", "right"):
        pairs = pairs.join(nodes.select(F.col("node").alias(side), F.col("first_id").alias(f"{side}_id")), side)
    return pairs


def with_passes(pairs: DataFrame, candidates: DataFrame) -> DataFrame:
    """Pairs with the passes that brought them together, as bits (none: repair did)."""
    joined = pairs.join(candidates.select("left", "right", "met"), ["left", "right"], "left")
    return joined.withColumn("met", F.coalesce("met", F.lit(0).cast("bigint")))


def _report(clusters: DataFrame, resolved: DataFrame, model: Model) -> dict[str, object]:
    sizes = clusters.groupBy("cluster").count().groupBy("count").agg(F.count("*").alias("n")).collect()
    by_size = {row["count"]: row["n"] for row in sorted(sizes, key=lambda row: int(row["count"]))}
    nodes, repaired = resolved.agg(F.count("*"), F.sum("repaired")).first()
    return {
        "records": sum(size * n for size, n in by_size.items()),
        "nodes": nodes,
        "pairs_scored_by_repair": repaired or 0,
        "clusters": sum(by_size.values()),
        "cluster_sizes": by_size,
        "rough_entities": model.entities,
        "match_share": float(f"{model.match_share:.3g}"),
        "household_share": float(f"{model.house_share:.3g}"),
        "levels": model.readable(),
    }
