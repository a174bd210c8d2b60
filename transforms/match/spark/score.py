"""Score: the few candidate pairs that may be one, or that only two different numbers keep apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import Ints
from transforms.match.config import MatchConfig
from transforms.match.engine import worth_keeping
from transforms.match.model import Model, pack
from transforms.match.score import Scored, Scorer
from transforms.match.spark.batches import Batches, as_matrix, counted_nodes, slots_of
from transforms.match.spark.work import Work

SCORED = "left bigint, right bigint, pattern bigint, weight double, against double, house double, grade tinyint"
NAMES = ("left", "right", "pattern", "weight", "against", "house", "grade")


def hopeful(patterns: Ints, model: Model, config: MatchConfig) -> Ints:
    """The patterns of pairs that are worth keeping at least for the rarest of values: the others need no more look."""
    rows = np.arange(len(patterns), dtype=np.int32)
    nodes, rarest = counted_nodes(np.zeros((len(patterns), len(slots_of(config))), np.int64), model, config)
    kept = worth_keeping(rows, rows, patterns, Scorer(nodes, rarest, config))
    found: Ints = patterns[np.union1d(kept[0].left, kept[1].left)]
    return found


def score(
    work: Work, candidates: DataFrame, held: DataFrame, patterns: Ints, model: Model, config: MatchConfig
) -> DataFrame:
    """Pairs that may be one, and (``is_contradiction``) those that only two different numbers keep apart."""
    wanted = work.session.createDataFrame(pa.table({"pattern": hopeful(patterns, model, config)}))
    pairs = candidates.select("left", "right", "pattern").join(F.broadcast(wanted), "pattern")
    pairs = pairs.join(held.withColumnRenamed("node", "left"), "left").select("left", "right", "pattern", "held")
    schema = f"is_contradiction boolean, {SCORED}"
    return work.keep("scored", pairs.mapInArrow(lambda b: scored_batches(b, model, config), schema))


def scored_batches(batches: Batches, model: Model, config: MatchConfig) -> Batches:
    """Weigh compared pairs (left, right, pattern, held: how many hold the values of the left node)."""
    width = len(slots_of(config))
    for batch in batches:
        table = pa.Table.from_batches([batch])
        left, right, patterns = (table.column(n).to_numpy() for n in ("left", "right", "pattern"))
        nodes, own = counted_nodes(as_matrix(table.column("held"), width), model, config)
        rows = np.arange(len(left), dtype=np.int32)
        for is_contradiction, part in enumerate(worth_keeping(rows, rows, patterns, Scorer(nodes, own, config))):
            columns = pair_columns(part, left[part.left], right[part.left])
            said = pa.array(np.full(len(part.left), bool(is_contradiction)))
            yield pa.RecordBatch.from_arrays([said, *columns], ["is_contradiction", *NAMES])


def pair_columns(pairs: Scored, left: Ints, right: Ints) -> list[pa.Array]:
    """Scored pairs as columns, in the order of NAMES; ``left``, ``right``: their nodes."""
    values = [pack(pairs.levels), pairs.weight, pairs.against, pairs.house, pairs.grade.astype(np.int8)]
    return [pa.array(c) for c in (left.astype(np.int64), right.astype(np.int64), *values)]
