"""Cluster and repair: whatever may decide about one another is brought together and resolved as on one machine.

Nodes that are near enough to link, that share an exclusive number, that a person decided about or that are copies told
apart by a decision form a neighbourhood.
Nothing outside of it can change what becomes of it, so each is given whole to the engine's own ``resolve``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.match.arrays import Ints
from transforms.match.collapse import Collapsed, content_keys
from transforms.match.config import MatchConfig
from transforms.match.constraints import Decided
from transforms.match.engine import Clock, Matched, resolve
from transforms.match.model import Model, unpack
from transforms.match.score import Scored, Scorer
from transforms.match.spark.batches import (
    Batches,
    as_codes,
    as_matrix,
    locally_counted,
    read_values,
    slots_of,
    value_names,
)
from transforms.match.spark.components import connect
from transforms.match.spark.score import KEPT, NAMES, SCORED, pair_columns
from transforms.match.spark.work import BUCKET_NODES, Work, exploded, to_smallest

NODE = (
    "node bigint, key bigint, cluster bigint, node_cluster bigint, is_weak boolean, is_ambiguous boolean, "
    "confidence double, node_grade bigint, repaired bigint"
)
NODE_NAMES = tuple(column.split()[0] for column in NODE.split(", "))


def neighbourhoods(
    work: Work, nodes: DataFrame, scored: DataFrame, decided: Decided, config: MatchConfig
) -> DataFrame:
    """The neighbourhood (node, root) of each node: its smallest node."""
    near = config.link_weight - config.ambiguity_margin
    edges = scored.where((F.col("what") == KEPT) & (F.col("weight") >= near)).select("left", "right")
    if config.exclusive is not None:
        edges = edges.union(to_smallest(exploded(nodes, "number")))
    if len(decided.left):
        pairs = {"left": decided.left.astype(np.int64), "right": decided.right.astype(np.int64)}
        edges = edges.union(work.session.createDataFrame(pa.table(pairs)))
        edges = edges.union(to_smallest(_by_content(nodes, config)))
    roots = connect(work, "near", edges)
    return nodes.select("node").join(roots, "node", "left").select("node", F.coalesce("root", "node").alias("root"))


def _by_content(nodes: DataFrame, config: MatchConfig) -> DataFrame:
    """Rows (slot, key, node): the key of what each node states."""
    stated = nodes.select("node", *value_names(config))
    return stated.mapInArrow(lambda b: _content_of(b, config), "slot int, key bigint, node bigint")


def _content_of(batches: Batches, config: MatchConfig) -> Batches:
    for batch in batches:
        keys = content_keys(read_values(pa.Table.from_batches([batch]), config))
        columns = [pa.array(np.zeros(len(keys), np.int32)), pa.array(keys), batch.column("node")]
        yield pa.RecordBatch.from_arrays(columns, ["slot", "key", "node"])


def resolve_all(
    work: Work,
    tables: tuple[DataFrame, DataFrame, DataFrame],
    roots: DataFrame,
    decided: Decided,
    model: Model,
    config: MatchConfig,
) -> tuple[DataFrame, DataFrame]:
    """Nodes (columns of NODE) and pairs (of SCORED) after resolving. ``tables``: nodes, held, scored."""
    nodes, held, scored = tables
    pairs = scored.where(F.col("what") == KEPT).drop("what")
    for side in ("left", "right"):
        pairs = pairs.join(roots.toDF(side, f"{side}_root"), side)
    pairs = work.keep("near_pairs", pairs)
    bucket = F.pmod(F.xxhash64("root"), F.lit(work.parts(nodes.count(), BUCKET_NODES))).alias("bucket")
    values = nodes.select("node", "key", "first_key", "size", *value_names(config))
    whole = values.join(held, "node").join(roots, "node").select("*", bucket)
    inside = pairs.where("left_root = right_root").select(*NAMES, F.col("left_root").alias("root"))
    inside = inside.select("*", bucket)
    found = whole.groupBy("bucket").cogroup(inside.groupBy("bucket"))
    schema = f"{NODE}, {SCORED}"
    resolved = work.keep("resolved", found.applyInArrow(lambda n, p: bucket_of(n, p, decided, model, config), schema))
    across = pairs.where("left_root != right_root and grade > 0").select(*NAMES)
    return resolved.where("node is not null").select(*NODE_NAMES), (
        resolved.where("left is not null").select(*NAMES).union(across)
    )


def bucket_of(nodes: pa.Table, pairs: pa.Table, decided: Decided, model: Model, config: MatchConfig) -> pa.Table:
    """Resolve whole neighbourhoods; rows of NODE, then rows of SCORED."""
    nodes, pairs = nodes.sort_by("node"), pairs.sort_by([("left", "ascending"), ("right", "ascending")])
    numbers, sizes = nodes.column("node").to_numpy(), nodes.column("size").to_numpy()
    fields = read_values(nodes, config)
    own = locally_counted(fields, as_matrix(nodes.column("held"), len(slots_of(config))), model, config)
    bounds = np.cumsum(np.append(0, sizes))
    collapsed = Collapsed(
        np.repeat(np.arange(len(numbers), dtype=np.int32), sizes),
        bounds[:-1].astype(np.int32),
        sizes,
        nodes.column("key").to_numpy(),
        fields,
    )
    scored = scored_of(pairs, numbers, len(config.fields))
    known, scorer = _inside(decided, numbers), Scorer(fields, own, config)
    found = resolve(collapsed, scored, scored.where(np.arange(0)), known, scorer, Clock())
    left, right = numbers[found.pairs.left], numbers[found.pairs.right]
    columns = _node_columns(nodes, found, bounds)
    parts = [
        _wide(dict(zip(NODE_NAMES, columns, strict=True)), len(numbers)),
        _wide(dict(zip(NAMES, pair_columns(found.pairs, left, right), strict=True)), len(left)),
    ]
    return pa.concat_tables(parts)


def scored_of(pairs: pa.Table, numbers: Ints, fields: int) -> Scored:
    """Scored pairs from their columns; ``numbers``: the ascending node numbers among which they are counted."""
    left, right, pattern, *rest = (pairs.column(name).to_numpy() for name in NAMES)
    return Scored(as_codes(numbers, left), as_codes(numbers, right), unpack(pattern, fields), *rest)


def _inside(decided: Decided, numbers: Ints) -> Decided:
    kept = np.isin(decided.left, numbers) & np.isin(decided.right, numbers)
    left, right = (as_codes(numbers, side[kept]) for side in (decided.left, decided.right))
    return Decided(left, right, decided.judgement[kept])


def _node_columns(nodes: pa.Table, found: Matched, bounds: Ints) -> list[Any]:
    """Columns of NODE. Records stand one behind another, those of each node together (``bounds``)."""
    labels, numbers = found.node_cluster, nodes.column("node").to_numpy()
    smallest = np.full(int(labels.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    lowest = smallest.copy()
    np.minimum.at(smallest, labels, nodes.column("first_key").to_numpy())
    np.minimum.at(lowest, labels, numbers)
    first, last = bounds[:-1], bounds[1:] - 1
    ambiguous = np.zeros(len(numbers), dtype=bool)
    ambiguous[found.ambiguous] = True
    repaired = np.zeros(len(numbers), dtype=np.int64)
    repaired[:1] = int(str(found.report["pairs_scored_by_repair"]))
    return [
        numbers,
        nodes.column("key"),
        smallest[labels],
        lowest[labels],
        found.cluster_of[first] != found.cluster_of[last],
        ambiguous,
        found.confidence[first],
        found.grade[first],
        repaired,
    ]


def _wide(columns: dict[str, Any], count: int) -> pa.Table:
    """A table of all columns of NODE and SCORED, null where none are given."""
    kinds = {"bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "tinyint": pa.int8()}
    arrays = {}
    for column in f"{NODE}, {SCORED}".split(", "):
        name, kind = column.split()
        arrays[name] = columns[name] if name in columns else pa.nulls(count, kinds[kind])
    return pa.table(arrays)
