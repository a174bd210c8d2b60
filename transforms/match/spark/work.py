"""The folder in which stages leave their tables for the next ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 (as everybody writes it)

PART_ROWS = 2_000_000
"""Rows of a partition of nodes, or of pairs: some hundred megabytes in a worker."""
BUCKET_NODES = 200_000
"""Nodes that are clustered in one call."""


@dataclass(frozen=True, slots=True)
class Work:
    """``folder``: a path that driver and executors can reach (a local one in local mode)."""

    session: SparkSession
    folder: str

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """Write a table down and go on from there: what came before it is not computed again."""
        frame.write.mode("overwrite").parquet(f"{self.folder}/{name}")
        return self.read(name, frame)

    def read(self, name: str, like: DataFrame | None = None) -> DataFrame:
        """A table that a stage has kept."""
        reader = self.session.read if like is None else self.session.read.schema(like.schema)
        return reader.parquet(f"{self.folder}/{name}")

    def parts(self, rows: int, of: int = PART_ROWS) -> int:
        """How many partitions so many rows are worth."""
        return max(rows // of + 1, int(self.session.sparkContext.defaultParallelism))


def sharing(rows: DataFrame, most: int) -> DataFrame:
    """Pairs (left < right) of the nodes that share a key: ``rows`` (slot, key, node); groups above ``most`` left out.

    Returns slot, left, right; a pair that shares several keys is there several times.
    """
    sizes = rows.groupBy("slot", "key").count().where(F.col("count").between(2, most))
    grouped = rows.join(sizes, ["slot", "key"]).groupBy("slot", "key")
    return pairs_of(grouped.agg(F.sort_array(F.collect_list("node")).alias("nodes")))


def pairs_of(groups: DataFrame) -> DataFrame:
    """All pairs (slot, left, right) of the sorted ``nodes`` of each group."""
    left = groups.select("slot", "nodes", F.posexplode("nodes").alias("at", "left"))
    rest = F.expr("slice(nodes, at + 2, greatest(size(nodes) - at - 1, 0))")
    return left.select("slot", "left", F.explode(rest).alias("right"))


def to_smallest(rows: DataFrame) -> DataFrame:
    """Edges (left, right) from the smallest node of each group of ``rows`` (slot, key, node) to its others."""
    smallest = rows.groupBy("slot", "key").agg(F.min("node").alias("left"), F.count("*").alias("size"))
    joined = rows.join(smallest.where("size > 1"), ["slot", "key"])
    return joined.where("node != left").select("left", F.col("node").alias("right"))


def numbered(work: Work, name: str, rows: DataFrame, by: list[str], parts: int) -> tuple[DataFrame, dict[int, int]]:
    """Rows in order, with the number of their partition and their place in it (part, place); and where each starts.

    The number of a row among all is the start of its partition and its place together.
    """
    ordered = rows.repartitionByRange(parts, *by).sortWithinPartitions(*by)
    types = ", ".join(f"{column} {kind}" for column, kind in rows.dtypes)
    placed = work.keep(name, ordered.mapInArrow(place, f"part int, place bigint, {types}"))
    sizes = sorted((row["part"], row["count"]) for row in placed.groupBy("part").count().collect())
    starts = np.cumsum([0, *(count for _, count in sizes)]).tolist()
    return placed, {part: start for (part, _), start in zip(sizes, starts, strict=False)}


def place(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Add the number of the partition, and the place of each row in it."""
    part, at = TaskContext.get().partitionId(), 0
    for batch in batches:
        places = np.arange(at, at + batch.num_rows)
        at += batch.num_rows
        columns = [pa.array(np.full(batch.num_rows, part, np.int32)), pa.array(places), *batch.columns]
        yield pa.RecordBatch.from_arrays(columns, ["part", "place", *batch.schema.names])


def exploded(nodes: DataFrame, column: str) -> DataFrame:
    """Rows (slot, key, node) of a list of keys of each node, without those that are absent."""
    rows = nodes.select(F.posexplode(column).alias("slot", "key"), "node")
    return rows.where("key >= 0")
