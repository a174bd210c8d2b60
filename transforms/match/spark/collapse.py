"""Normalise and collapse: the key of each record's values, nodes numbered by it as on one machine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from schemas.errors import ConfigurationError
from transforms.match.collapse import node_keys
from transforms.match.config import MatchConfig
from transforms.match.constraints import NOTHING, Decided, keys_in, read_constraints, records_apart
from transforms.match.normalise import not_unique
from transforms.match.spark.batches import Batches, as_lists, features, read_values, value_names
from transforms.match.spark.work import Work, numbered
from transforms.match.texts import hash_texts

LISTS = ("chain", "anchor", "home", "counted", "number")
MOST_PASSES = 63
"""Passes are bits of a whole number here."""


def select(records: DataFrame, config: MatchConfig) -> DataFrame:
    """The columns that the configuration names, record_id and v0...; raises ConfigurationError for what is missing."""
    wanted = [config.record_id, *(f.name for f in config.fields)]
    missing = [name for name in wanted if name not in records.columns]
    if missing:
        raise ConfigurationError("columns are missing", where="match input", expected=", ".join(missing))
    if len(config.passes) > MOST_PASSES:
        raise ConfigurationError("too many passes", where="match configuration", expected=f"at most {MOST_PASSES}")
    named = zip(wanted, ["record_id", *value_names(config)], strict=True)
    chosen = records.select(*(F.col("`" + name.replace("`", "``") + "`").alias(known) for name, known in named))
    features(read_values(chosen.limit(0).toArrow(), config), config)
    return chosen


def key_records(work: Work, chosen: DataFrame, config: MatchConfig, constraints: pa.Table | None) -> DataFrame:
    """Records (record_id, record_key, key, v0...); raises ConfigurationError when ids do not identify."""
    values = [f"{name} {kind}" for name, kind in chosen.dtypes if name != "record_id"]
    schema = ", ".join(["record_id string, record_key bigint, key bigint", *values])
    keyed = work.keep("records", chosen.mapInArrow(lambda b: keyed_batches(b, config, constraints), schema))
    groups = keyed.groupBy("record_key").count().where("record_key < 0 or count > 1")
    twice, empty = groups.agg(
        F.count(F.when(F.col("record_key") >= 0, 1)), F.sum(F.when(F.col("record_key") < 0, F.col("count")))
    ).first()
    if twice or empty:
        raise not_unique(config, twice, empty or 0)
    return keyed


def keyed_batches(batches: Batches, config: MatchConfig, constraints: pa.Table | None) -> Batches:
    """Add the key of each record, and that of its node."""
    for batch in batches:
        table = pa.Table.from_batches([batch])
        ids = table.column("record_id").cast(pa.string()).combine_chunks()
        own = hash_texts(ids)
        keys = node_keys(read_values(table, config), own, records_apart(constraints, own))
        values = [table.column(name) for name in value_names(config)]
        names = ["record_id", "record_key", "key", *value_names(config)]
        yield from pa.Table.from_arrays([ids, own, keys, *values], names).combine_chunks().to_batches()


def collapse(work: Work, keyed: DataFrame, config: MatchConfig) -> DataFrame:
    """Nodes (node, key, first_id, first_key, size, v0..., and lists of keys to group by), numbered by ascending key."""
    values = value_names(config)
    groups = keyed.groupBy("key").agg(
        F.min_by(F.struct("record_id", "record_key", *values), "record_key").alias("first"), F.count("*").alias("size")
    )
    rows = groups.select(
        "key", F.col("first.record_id").alias("first_id"), F.col("first.record_key").alias("first_key"), "size",
        *(F.col(f"first.{name}").alias(name) for name in values),
    )  # fmt: skip
    placed, starts = numbered(work, "placed", rows, ["key"], work.parts(keyed.count()))
    types = ", ".join(f"{name} {kind}" for name, kind in rows.dtypes)
    lists = ", ".join(f"{name} array<bigint>" for name in LISTS)
    schema = f"node bigint, {types}, {lists}"
    return work.keep("nodes", placed.mapInArrow(lambda b: described(b, config, starts), schema))


def described(batches: Batches, config: MatchConfig, starts: dict[int, int]) -> Batches:
    """Add the node number, and the keys by which later stages group nodes."""
    offsets = np.array([starts.get(p, 0) for p in range(max(starts, default=0) + 1)])
    for batch in batches:
        table = pa.Table.from_batches([batch])
        number = offsets[table.column("part").to_numpy()] + table.column("place").to_numpy()
        found = features(read_values(table, config), config)
        columns = [pa.array(number), *batch.columns[2:], *(as_lists(found[name]) for name in LISTS)]
        yield pa.RecordBatch.from_arrays(columns, ["node", *batch.schema.names[2:], *LISTS])


def find_decided(
    work: Work, keyed: DataFrame, nodes: DataFrame, constraints: pa.Table | None
) -> Decided:
    """Decisions on nodes; only the records that decisions are about come to the driver."""
    if constraints is None or not constraints.num_rows:
        return NOTHING
    asked = work.session.createDataFrame(pa.table({"record_key": np.unique(keys_in(constraints))}))
    about = keyed.select("record_key", "key").join(F.broadcast(asked), "record_key")
    found = about.join(nodes.select("key", "node"), "key").select("record_key", "node").toArrow()
    return read_constraints(constraints, found.column("record_key").to_numpy()).at(found.column("node").to_numpy())
