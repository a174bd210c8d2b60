"""Block: the pairs of all passes by grouping, and how often each met."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.block import PassReport
from transforms.match.config import MatchConfig
from transforms.match.spark.batches import depth_of
from transforms.match.spark.work import pairs_of


def candidates(nodes: DataFrame, config: MatchConfig) -> DataFrame:
    """Pairs (left < right) that share a block, and in which passes (``met``: bit p for pass p)."""
    rows = blocks(nodes, config)
    large = sizes(rows, config).where("is_large")
    key = F.when(F.lit(False), F.col("k0"))
    for depth in range(depth_of(config)):
        found = large.select("slot", F.col("key").alias(f"k{depth}"), F.lit(True).alias(f"large{depth}"))
        rows = rows.join(found, ["slot", f"k{depth}"], "left")
        key = key.when(F.col(f"large{depth}").isNull(), F.col(f"k{depth}"))
    settled = rows.select("slot", "node", key.alias("key")).where("key >= 0")
    groups = settled.groupBy("slot", "key").agg(F.sort_array(F.collect_list("node")).alias("nodes"))
    pairs = pairs_of(groups.where("size(nodes) > 1"))
    return pairs.groupBy("left", "right").agg(F.bit_or(F.expr("shiftleft(1L, slot)")).alias("met"))


def blocks(nodes: DataFrame, config: MatchConfig) -> DataFrame:
    """Rows (slot, node, k0, k1...): the block of each node in each pass (``slot``), at each depth of refining."""
    depth, count = depth_of(config), len(config.passes)
    keys = ", ".join(
        ", ".join([str(p), *(f"chain[{p * depth + d}]" for d in range(depth))]) for p in range(count)
    )
    names = ", ".join(["slot", *(f"k{d}" for d in range(depth))])
    return nodes.select("node", F.expr(f"stack({count}, {keys}) as ({names})")).where("k0 >= 0")


def sizes(rows: DataFrame, config: MatchConfig) -> DataFrame:
    """How many nodes each block of each depth holds (slot, depth, key, count), and whether that is too many."""
    depth = depth_of(config)
    keys = ", ".join(f"{d}, k{d}" for d in range(depth))
    each = rows.select("slot", F.expr(f"stack({depth}, {keys}) as (depth, key)")).where("key >= 0")
    limits = F.array(*(F.lit(rule.max_block) for rule in config.passes))
    counted = each.groupBy("slot", "depth", "key").count()
    return counted.withColumn("is_large", F.col("count") > F.get(limits, F.col("slot")))


def report(rows: DataFrame, pairs: DataFrame, config: MatchConfig) -> list[PassReport]:
    """What each pass did. ``rows``: blocks; ``pairs``: candidates with ``met``."""
    first, large, n = F.col("depth") == 0, F.col("is_large"), F.col("count")
    last = F.col("depth") == F.get(F.array(*(F.lit(len(r.refine)) for r in config.passes)), F.col("slot"))
    found = sizes(rows, config).groupBy("slot").agg(
        F.max(F.when(first, n)).alias("largest"),
        F.sum(F.when(first, n * (n - 1) / 2)).alias("estimated"),
        F.sum(F.when(first & large, n)).alias("refined"),
        F.sum(F.when(last & large, n)).alias("left_out"),
    )  # fmt: skip
    of_pass = {row["slot"]: row for row in found.collect()}
    made = {row["slot"]: row["n"] for row in _made(pairs).collect()}
    reports = []
    for number, rule in enumerate(config.passes):
        row = of_pass.get(number)
        names = ("largest", "estimated", "refined", "left_out")
        largest, estimated, refined, left_out = (int(row[c] or 0) if row else 0 for c in names)
        refined = refined if rule.refine else 0
        reports.append(PassReport(rule.name, largest, estimated, refined, left_out, made.get(number, 0)))
    return reports


def _made(pairs: DataFrame) -> DataFrame:
    """How many pairs each pass made that no earlier one had: those whose lowest bit is its own."""
    lowest = F.expr("bit_count((met & -met) - 1)")
    return pairs.select(lowest.alias("slot")).groupBy("slot").agg(F.count("*").alias("n"))
