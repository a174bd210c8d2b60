"""Estimate: the evidence gathered by grouping and joining; what is learnt from it is learnt in the driver."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import Ints, Levels
from transforms.match.config import MatchConfig
from transforms.match.evidence import HOUSEHOLD_BLOCK, Evidence, expected_unseen, random_pairs
from transforms.match.model import Frequency, unpack
from transforms.match.spark.batches import slots_of
from transforms.match.spark.compare import compare
from transforms.match.spark.components import connect
from transforms.match.spark.work import Work, exploded, sharing, to_smallest


def gather(work: Work, nodes: DataFrame, patterns: dict[int, tuple[Ints, Ints]], config: MatchConfig) -> Evidence:
    """The evidence of ``nodes`` and of the ``patterns`` of their candidate pairs (pass -> patterns, times).

    Leaves the tables ``entities`` (node, entity) and ``holders`` (slot, value, holders) behind.
    """
    entities = work.keep("entities", rough_entities(work, nodes))
    sizes = entities.where("entity >= 0").groupBy("entity").count()
    found = sizes.agg(F.count("*"), F.sum(F.col("count") * (F.col("count") - 1) / 2)).first()
    count, housemates, fields = int(found[0]), at_home(work, nodes, entities, config), len(config.fields)
    return Evidence(
        nodes=entities.count(),
        entities=count,
        pairs_of_one=int(found[1] or 0),
        strangers=strangers(work, nodes, entities, config),
        housemates=housemates[0],
        pairs_at_home=housemates[1],
        frequencies=frequencies(work, nodes, entities, count, config),
        training={n: (unpack(found, fields), times) for n, (found, times) in patterns.items() if n >= 0},
    )


def rough_entities(work: Work, nodes: DataFrame) -> DataFrame:
    """Entity (node, entity) of each node by the configured anchors, -1 where no anchor can tell it from others."""
    rows = exploded(nodes, "anchor")
    roots = connect(work, "anchored", to_smallest(rows))
    known = F.exists("anchor", lambda key: key >= 0)
    return nodes.select("node", known.alias("known")).join(roots, "node", "left").select(
        "node", F.when(F.col("known"), F.coalesce("root", "node")).otherwise(F.lit(-1)).alias("entity")
    )  # fmt: skip


def _with_entities(pairs: DataFrame, entities: DataFrame) -> DataFrame:
    for side in ("left", "right"):
        pairs = pairs.join(entities.select(F.col("node").alias(side), F.col("entity").alias(f"{side}_entity")), side)
    return pairs


def _levels(pairs: DataFrame, nodes: DataFrame, config: MatchConfig) -> Levels:
    """Levels (fields x pairs) of a bounded number of pairs."""
    patterns = compare(pairs.select("left", "right"), nodes, config).groupBy("pattern").count().toArrow()
    each, times = (patterns.column(name).to_numpy() for name in ("pattern", "count"))
    return unpack(np.repeat(each, times), len(config.fields))


def strangers(work: Work, nodes: DataFrame, entities: DataFrame, config: MatchConfig) -> Levels:
    """Levels of random pairs of different entities: the same pairs as on one machine."""
    left, right = random_pairs(entities.count(), config)
    pairs = _with_entities(work.session.createDataFrame(pa.table({"left": left, "right": right})), entities)
    apart = "left_entity != right_entity or (left_entity < 0 and left != right)"
    return _levels(pairs.where(apart), nodes, config)


def at_home(work: Work, nodes: DataFrame, entities: DataFrame, config: MatchConfig) -> tuple[Levels, int]:
    """Levels of pairs that share a household feature and are known to be two (a sample), and how many there are."""
    if config.household is None:
        return np.empty((len(config.fields), 0), dtype=np.uint8), 0
    pairs = sharing(exploded(nodes, "home"), HOUSEHOLD_BLOCK * 4).select("left", "right").distinct()
    apart = "left_entity != right_entity and left_entity >= 0 and right_entity >= 0"
    known = nodes.select("node", F.get("number", F.lit(0)).alias("number")).join(entities, "node")
    for side in ("left", "right"):
        about = known.toDF(side, f"{side}_number", f"{side}_entity")
        pairs = pairs.join(about, side)
    pairs = work.keep("housemates", pairs.where(apart))
    count = pairs.count()
    if config.exclusive is not None:
        pairs = pairs.where("left_number >= 0 and right_number >= 0 and left_number != right_number")
    return _levels(pairs.orderBy("left", "right").limit(config.sample_pairs), nodes, config), count


def frequencies(
    work: Work, nodes: DataFrame, entities: DataFrame, count: int, config: MatchConfig
) -> tuple[dict[int, Frequency], ...]:
    """How often values are held, but for the values themselves: these stay in the table ``holders``."""
    rows = exploded(nodes, "counted").join(entities.where("entity >= 0"), "node")
    holders = rows.select("slot", F.col("key").alias("value"), "entity").distinct().groupBy("slot", "value").count()
    kept = work.keep("holders", holders.withColumnRenamed("count", "holders"))
    few = kept.where("holders <= 2").groupBy("slot", "holders").count().collect()
    times = {(row["slot"], row["holders"]): row["count"] for row in few}
    found: tuple[dict[int, Frequency], ...] = tuple({} for _ in config.fields)
    nothing = np.empty(0, dtype=np.int64)
    for number, slot in enumerate(slots_of(config)):
        unseen = expected_unseen(times.get((number, 1), 0), times.get((number, 2), 0))
        for level in slot.levels:
            found[slot.field][level] = Frequency(slot.feature, nothing, nothing, unseen, count)
    return found


def count_holders(work: Work, nodes: DataFrame, config: MatchConfig) -> DataFrame:
    """How many entities hold each value of a node (node, held: one number for each slot, 0 for none)."""
    rows = exploded(nodes, "counted").join(work.read("holders").withColumnRenamed("value", "key"), ["slot", "key"])
    each = [
        F.coalesce(F.max(F.when(F.col("slot") == number, F.col("holders"))), F.lit(0).cast("bigint"))
        for number in range(len(slots_of(config)))
    ]
    held = rows.groupBy("node").agg(F.array(*each).alias("held"))
    nothing = F.array(*(F.lit(0).cast("bigint") for _ in each))
    every = nodes.select("node").join(held, "node", "left")
    return work.keep("held", every.select("node", F.coalesce("held", nothing).alias("held")))
