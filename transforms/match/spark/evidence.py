"""Estimate: the evidence gathered by grouping and joining; what is learnt from it is learnt in the driver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import Flags, Ints, Levels
from transforms.match.config import MatchConfig
from transforms.match.estimate import is_much_missed, learn
from transforms.match.evidence import HOUSEHOLD_BLOCK, Evidence, expected_unseen, random_pairs, sampling_step
from transforms.match.model import Frequency, Model, unpack
from transforms.match.spark.batches import kinds_of, slots_of
from transforms.match.spark.compare import compare
from transforms.match.spark.components import connect
from transforms.match.spark.score import KEPT, score
from transforms.match.spark.work import Work, exploded, numbered, sharing, to_smallest

Patterns = dict[int, tuple[Ints, Ints]]


def estimate(
    work: Work, nodes: DataFrame, candidates: DataFrame, patterns: Patterns, config: MatchConfig
) -> tuple[Model, DataFrame]:
    """The model, and how many entities hold the values of each node (node, held), as in the engine's ``estimate``.

    ``patterns``: of the candidate pairs, all (-1) and those of each training pass: distinct ones and times.
    """
    names, kinds = tuple(f.name for f in config.fields), kinds_of(config)
    entities = work.keep("entities", rough_entities(work, nodes))
    evidence = gather(work, nodes, entities, patterns, config)
    model, held = learn(evidence, names, kinds, config), count_holders(work, nodes, config)
    if not is_much_missed(evidence, model, config):
        return model, held
    links = score(work, candidates, held, model, replace(config, possible_weight=min(config.possible_weight, 0.0)))
    anew = counted_anew(work, entities, links.where(F.col("what") == KEPT).where("weight >= 0"))
    evidence = gather(work, nodes, work.keep("entities_anew", anew), patterns, config)
    return learn(evidence, names, kinds, config), count_holders(work, nodes, config)


def gather(work: Work, nodes: DataFrame, entities: DataFrame, patterns: Patterns, config: MatchConfig) -> Evidence:
    """The evidence of ``nodes`` and of their ``entities`` (node, entity); leaves ``holders`` (slot, value, holders)."""
    sizes = entities.where("entity >= 0").groupBy("entity").count()
    found = sizes.agg(F.count("*"), F.sum(F.col("count") * (F.col("count") - 1) / 2)).first()
    count, fields = int(found[0]), len(config.fields)
    housemates, known, every = at_home(work, nodes, entities, config)
    levels = {number: (unpack(each, fields), times) for number, (each, times) in patterns.items()}
    return Evidence(
        nodes=entities.count(),
        entities=count,
        pairs_of_one=int(found[1] or 0),
        strangers=strangers(work, nodes, entities, config),
        housemates=housemates,
        known_housemates=known,
        every=every,
        frequencies=frequencies(work, nodes, entities, count, config),
        patterns=levels.pop(-1),
        training=levels,
    )


def rough_entities(work: Work, nodes: DataFrame) -> DataFrame:
    """Entity (node, entity) of each node by the configured anchors, -1 where no anchor can tell it from others."""
    rows = exploded(nodes, "anchor")
    roots = connect(work, "anchored", to_smallest(rows))
    known = F.exists("anchor", lambda key: key >= 0)
    return nodes.select("node", known.alias("known")).join(roots, "node", "left").select(
        "node", F.when(F.col("known"), F.coalesce("root", "node")).otherwise(F.lit(-1)).alias("entity")
    )  # fmt: skip


def counted_anew(work: Work, entities: DataFrame, links: DataFrame) -> DataFrame:
    """Rough entities joined by links (left, right) of a first model."""
    ends = links.select(F.explode(F.array("left", "right")).alias("node")).distinct()
    linked = ends.withColumn("linked", F.lit(True))
    tied = entities.where("entity >= 0").select(F.col("entity").alias("left"), F.col("node").alias("right"))
    roots = connect(work, "anew", links.select("left", "right").union(tied))
    whole = entities.join(linked, "node", "left").join(roots, "node", "left")
    known = (F.col("entity") >= 0) | F.col("linked").isNotNull()
    return whole.select("node", F.when(known, F.coalesce("root", "node")).otherwise(F.lit(-1)).alias("entity"))


def _with_entities(pairs: DataFrame, entities: DataFrame) -> DataFrame:
    for side in ("left", "right"):
        pairs = pairs.join(entities.toDF(side, f"{side}_entity"), side)
    return pairs


def _counted(pairs: DataFrame, nodes: DataFrame, config: MatchConfig) -> tuple[Levels, Flags]:
    """Levels (fields x pairs) of a bounded number of pairs (left, right, known), and which are known."""
    kept = pairs.select("left", "right", F.col("known").cast("bigint").alias("known"))
    found = compare(kept, nodes, config).groupBy("pattern", "known").count().toArrow()
    each, known, times = (found.column(name).to_numpy() for name in ("pattern", "known", "count"))
    return unpack(np.repeat(each, times), len(config.fields)), np.repeat(known, times) > 0


def strangers(work: Work, nodes: DataFrame, entities: DataFrame, config: MatchConfig) -> Levels:
    """Levels of random pairs of different entities: the same pairs as on one machine."""
    left, right = random_pairs(entities.count(), config)
    pairs = _with_entities(work.session.createDataFrame(pa.table({"left": left, "right": right})), entities)
    apart = "left_entity != right_entity or (left_entity < 0 and left != right)"
    return _counted(pairs.where(apart).withColumn("known", F.lit(True)), nodes, config)[0]


def at_home(
    work: Work, nodes: DataFrame, entities: DataFrame, config: MatchConfig
) -> tuple[Levels, Flags, int]:
    """Levels of pairs that share a household feature, which are known to be two, and of how many each is one."""
    if config.household is None:
        return np.empty((len(config.fields), 0), dtype=np.uint8), np.empty(0, dtype=bool), 1
    pairs = sharing(exploded(nodes, "home"), HOUSEHOLD_BLOCK).select("left", "right").distinct()
    pairs = work.keep("housemates", pairs)
    step = sampling_step(pairs.count(), config)
    known = "left_entity != right_entity and left_entity >= 0 and right_entity >= 0"
    if config.exclusive is not None:
        known += " and left_number >= 0 and right_number >= 0 and left_number != right_number"
    about = nodes.select("node", F.get("number", F.lit(0)).alias("number")).join(entities, "node")
    sample = _every(work, pairs, step)
    for side in ("left", "right"):
        sample = sample.join(about.toDF(side, f"{side}_number", f"{side}_entity"), side)
    return *_counted(sample.withColumn("known", F.expr(known)), nodes, config), step


def _every(work: Work, pairs: DataFrame, step: int) -> DataFrame:
    """One of so many pairs, counted in the order of their nodes."""
    if step == 1:
        return pairs
    placed, starts = numbered(work, "ordered_housemates", pairs, ["left", "right"], work.parts(pairs.count()))
    rows = [(part, start) for part, start in starts.items()]
    of_part = work.session.createDataFrame(rows, "part int, start bigint")
    chosen = placed.join(F.broadcast(of_part), "part").where((F.col("start") + F.col("place")) % step == 0)
    return chosen.select("left", "right")


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
