"""What matching on Spark leaves behind, and how a result that one machine can hold comes back to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from transforms.match.arrays import Codes, Ints, by_first, dense
from transforms.match.bands import Bands
from transforms.match.collapse import Collapsed
from transforms.match.config import MatchConfig
from transforms.match.constraints import Decided
from transforms.match.engine import Matched
from transforms.match.model import Frequency, Model
from transforms.match.spark.batches import read_values, slots_of
from transforms.match.spark.resolve import scored_of
from transforms.match.spark.work import Work
from transforms.match.texts import hash_texts


@dataclass(frozen=True, slots=True)
class SparkMatched:
    """What was found, as tables of Parquet in ``work.folder``.

    ``clusters``: record_id, record_key, node, cluster (the smallest record key of its records), confidence, grade;
    ``pairs`` and ``contradictions``: left, right (nodes), left_id, right_id (of their representatives), pattern (packed
    levels), weight, against, house, grade; ``pairs`` also met (the passes that brought the two together, as bits).
    ``model``: without the values of its frequencies, which stay in ``holders`` (slot, value, holders). ``bands`` and
    ``report``: as in :class:`transforms.match.engine.Matched`.
    """

    work: Work
    config: MatchConfig
    model: Model
    decided: Decided
    bands: Bands
    report: dict[str, object]

    def table(self, name: str) -> DataFrame:
        """``clusters``, ``pairs``, ``contradictions`` or ``holders``."""
        return self.work.read(name)

    def collect(self, record_ids: pa.Array) -> Matched:
        """Everything in memory, as the engine of one machine gives it; ``record_ids``: the order of records."""
        records = self.table("clusters").select(
            "record_key", "node", "cluster", "confidence", "grade"
        ).toArrow().sort_by("record_key")  # fmt: skip
        keys = records.column("record_key").to_numpy()
        rows = np.searchsorted(keys, hash_texts(record_ids.cast(pa.string())))
        node, cluster, confidence, grade = (
            records.column(name).to_numpy()[rows] for name in ("node", "cluster", "confidence", "grade")
        )
        nodes = self.table("nodes").drop("chain", "anchor", "home", "counted", "number").toArrow().sort_by("node")
        resolved = self.table("resolved").where("node is not null").select(
            "node", "node_cluster", "is_ambiguous"
        ).toArrow().sort_by("node")  # fmt: skip
        pairs = self._pairs("pairs")
        return Matched(
            collapsed=_collapsed(nodes, node, keys[rows], self.config),
            cluster_of=by_first(dense(cluster)[0]),
            node_cluster=by_first(dense(resolved.column("node_cluster").to_numpy())[0]),
            pairs=scored_of(pairs, nodes.column("node").to_numpy(), len(self.config.fields)),
            contradictions=scored_of(
                self._pairs("contradictions"), nodes.column("node").to_numpy(), len(self.config.fields)
            ),
            decided=self.decided,
            confidence=confidence,
            grade=grade,
            ambiguous=np.flatnonzero(resolved.column("is_ambiguous").to_numpy(zero_copy_only=False)),
            model=self._whole_model(),
            report=self.report,
            bands=self.bands,
            met_in=pairs.column("met").to_numpy().astype(np.uint64),
        )

    def _pairs(self, name: str) -> pa.Table:
        return self.table(name).toArrow().sort_by([("left", "ascending"), ("right", "ascending")])

    def _whole_model(self) -> Model:
        held = self.table("holders").where("holders > 1").toArrow().sort_by("value")
        slot, value, holders = (held.column(name).to_numpy() for name in ("slot", "value", "holders"))
        frequencies = tuple(dict(of_level) for of_level in self.model.frequencies)
        for number, known in enumerate(slots_of(self.config)):
            for level in known.levels:
                own: Frequency = frequencies[known.field][level]
                frequencies[known.field][level] = replace(
                    own, keys=value[slot == number], holders=holders[slot == number]
                )
        return replace(self.model, frequencies=frequencies)


def _collapsed(nodes: pa.Table, node: Codes, record_keys: Ints, config: MatchConfig) -> Collapsed:
    order = np.argsort(record_keys)
    first = order[np.searchsorted(record_keys, nodes.column("first_key").to_numpy(), sorter=order)]
    return Collapsed(
        node.astype(np.int32),
        first.astype(np.int32),
        nodes.column("size").to_numpy(),
        nodes.column("key").to_numpy(),
        read_values(nodes, config),
    )
