"""Compare: pairs joined with what both sides state, levels as packed patterns."""

from __future__ import annotations

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import Ints
from transforms.match.config import MatchConfig
from transforms.match.spark.batches import compared, value_names


def compare(pairs: DataFrame, nodes: DataFrame, config: MatchConfig) -> DataFrame:
    """``pairs`` (left, right, and other columns of whole numbers) with their packed levels as ``pattern``."""
    kept = pairs.columns
    joined = pairs
    for side, prefix in (("left", "l"), ("right", "r")):
        names = zip(value_names(config), value_names(config, prefix), strict=True)
        values = nodes.select(F.col("node").alias(side), *(F.col(name).alias(known) for name, known in names))
        joined = joined.join(values, side)
    schema = ", ".join(f"{name} {kind}" for name, kind in pairs.dtypes)
    return joined.mapInArrow(lambda b: compared(b, config, kept), f"{schema}, pattern bigint")


def count_patterns(pairs: DataFrame, met: list[int]) -> dict[int, tuple[Ints, Ints]]:
    """Distinct patterns (ascending) and how often each occurs, among all pairs (-1) and those met in some passes.

    What comes to the driver is one row for each distinct pattern.
    """
    each = [F.sum(F.getbit("met", F.lit(number)).cast("bigint")).alias(f"n{number}") for number in met]
    found = pairs.groupBy("pattern").agg(F.count("*").alias("n-1"), *each).toArrow().sort_by("pattern")
    patterns = found.column("pattern").to_numpy()
    counted = {}
    for number in (-1, *met):
        times = found.column(f"n{number}").to_numpy()
        counted[number] = patterns[times > 0], np.asarray(times[times > 0], dtype=np.int64)
    return counted
