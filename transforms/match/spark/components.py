"""Connected components over a cluster of machines: alternating large and small stars (Kiveris et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import components, distinct
from transforms.match.spark.work import Work

ONE_TASK = 10_000_000
"""Edges that one task takes by itself (some hundred megabytes), which ends the rounds."""
LABELS = "node bigint, root bigint"


def connect(work: Work, name: str, edges: DataFrame, one_task: int = ONE_TASK) -> DataFrame:
    """The smallest node of the component (``root``) of each node that is not its own; ``edges``: left, right."""
    ends = F.least("left", "right").alias("low"), F.greatest("left", "right").alias("high")
    kept = work.keep(f"{name}_0", edges.where("left != right").select(*ends).distinct())
    before, number = _mark(kept), 0
    while before[0] > one_task:
        number += 1
        kept = work.keep(f"{name}_{number % 2}", _small_star(_large_star(kept)))
        now = _mark(kept)
        if now == before:
            return kept.select(F.col("high").alias("node"), F.col("low").alias("root"))
        before = now
    return work.keep(name, kept.repartition(1).mapInArrow(unite, LABELS))


def _mark(edges: DataFrame) -> tuple[int, int]:
    """How many edges there are, and a sum that changes when one of them does."""
    found = edges.agg(F.count("*"), F.bit_xor(F.xxhash64("low", "high"))).first()
    return int(found[0]), int(found[1] or 0)


def _large_star(edges: DataFrame) -> DataFrame:
    """Hang the larger neighbours of each node on the smallest of all its neighbours and itself."""
    both = edges.select(F.col("low").alias("at"), F.col("high").alias("to")).union(
        edges.select(F.col("high").alias("at"), F.col("low").alias("to"))
    )
    smallest = both.groupBy("at").agg(F.least(F.min("to"), F.col("at")).alias("low"))
    hung = both.where("to > at").join(smallest, "at")
    return hung.select("low", F.col("to").alias("high")).distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Hang each node and its smaller neighbours on the smallest of them."""
    smallest = edges.groupBy("high").agg(F.min("low").alias("least"))
    hung = edges.join(smallest, "high").where("low != least")
    moved = hung.select(F.col("least").alias("low"), F.col("low").alias("high"))
    return moved.union(smallest.select(F.col("least").alias("low"), "high")).distinct()


def unite(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Components of all edges of one partition."""
    table = pa.Table.from_batches(list(batches), pa.schema([("low", pa.int64()), ("high", pa.int64())]))
    low, high = (table.column(name).to_numpy() for name in ("low", "high"))
    nodes = distinct(np.concatenate([low, high]))
    labels = components(np.searchsorted(nodes, low), np.searchsorted(nodes, high), len(nodes))
    root = nodes[np.unique(labels, return_index=True)[1]][labels] if len(nodes) else nodes
    moved = root != nodes
    yield pa.RecordBatch.from_arrays([pa.array(nodes[moved]), pa.array(root[moved])], ["node", "root"])
