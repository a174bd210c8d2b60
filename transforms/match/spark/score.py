"""Score: the few candidate pairs that may be one, or that only two different numbers keep apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import Ints
from transforms.match.bands import HIGHEST, LOWEST, Bands
from transforms.match.config import MatchConfig
from transforms.match.engine import weighed
from transforms.match.model import Model, pack
from transforms.match.score import Scored, Scorer
from transforms.match.spark.batches import Batches, as_matrix, counted_nodes, slots_of
from transforms.match.spark.work import Work

SCORED = "left bigint, right bigint, pattern bigint, weight double, against double, house double, grade tinyint"
KEPT, AGAINST, COUNTED = range(3)
NAMES = ("left", "right", "pattern", "weight", "against", "house", "grade")


def score(work: Work, candidates: DataFrame, held: DataFrame, model: Model, config: MatchConfig) -> DataFrame:
    """Scored pairs (columns of SCORED), and ``what`` each row is: KEPT (it may be one), AGAINST (only two different
    numbers keep it apart) or COUNTED (not a pair: how many of all compared pairs weigh about so much)."""
    pairs = candidates.select("left", "right", "pattern").join(held.withColumnRenamed("node", "left"), "left")
    schema = f"what tinyint, {SCORED}"
    return work.keep("scored", pairs.mapInArrow(lambda b: scored_batches(b, model, config), schema))


def scored_batches(batches: Batches, model: Model, config: MatchConfig) -> Batches:
    """Weigh compared pairs (left, right, pattern, held: how many hold the values of the left node)."""
    width = len(slots_of(config))
    for batch in batches:
        table = pa.Table.from_batches([batch])
        left, right, patterns = (table.column(n).to_numpy() for n in ("left", "right", "pattern"))
        nodes, own = counted_nodes(as_matrix(table.column("held"), width), model, config)
        rows = np.arange(len(left), dtype=np.int32)
        *parts, bands = weighed(rows, rows, patterns, Scorer(nodes, own, config))
        for what, part in zip((KEPT, AGAINST), parts, strict=True):
            yield _rows(what, pair_columns(part, left[part.left], right[part.left]))
        yield _rows(COUNTED, _band_columns(bands))


def _rows(what: int, columns: list[pa.Array]) -> pa.RecordBatch:
    said = pa.array(np.full(len(columns[0]), what, dtype=np.int8))
    return pa.RecordBatch.from_arrays([said, *columns], ["what", *NAMES])


def _band_columns(bands: Bands) -> list[pa.Array]:
    """Bands in the columns of SCORED: ``left`` is the band (-1: contradictions), ``right`` counts its pairs, ``weight``
    is how many of them are expected to match."""
    band = np.append(np.arange(len(bands.pairs)), -1)
    nothing = np.zeros(len(band))
    pairs, expected = np.append(bands.pairs, bands.contradictory), np.append(bands.expected, 0.0)
    columns = band, pairs, nothing.astype(np.int64), expected, nothing, nothing, nothing.astype(np.int8)
    return [pa.array(column) for column in columns]


def count_bands(scored: DataFrame) -> Bands:
    """All compared pairs by weight."""
    counted = scored.where(F.col("what") == COUNTED).groupBy("left").agg(F.sum("right"), F.sum("weight")).collect()
    pairs, expected = np.zeros(HIGHEST - LOWEST, dtype=np.int64), np.zeros(HIGHEST - LOWEST)
    contradictory = 0
    for band, count, matches in counted:
        if band < 0:
            contradictory = int(count)
        else:
            pairs[band], expected[band] = count, matches
    return Bands(pairs, expected, contradictory)


def pair_columns(pairs: Scored, left: Ints, right: Ints) -> list[pa.Array]:
    """Scored pairs as columns, in the order of NAMES; ``left``, ``right``: their nodes."""
    values = [pack(pairs.levels), pairs.weight, pairs.against, pairs.house, pairs.grade.astype(np.int8)]
    return [pa.array(c) for c in (left.astype(np.int64), right.astype(np.int64), *values)]
