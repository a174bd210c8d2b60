"""Components by stars over many tasks are those of one union-find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from transforms.match.arrays import components
from transforms.match.spark.components import connect
from transforms.match.spark.work import Work

RANDOM = np.random.default_rng(3).integers(0, 300, (2, 200))
CHAIN = np.stack([np.arange(39), np.arange(1, 40)])
EDGES = np.concatenate([RANDOM, CHAIN + 400, np.array([[500, 500], [501, 500]])], axis=1)


@pytest.mark.parametrize("one_task", [10_000, 0], ids=["one task", "stars"])
def test_stars_find_the_smallest_node_of_each_component(session: SparkSession, tmp_path: Path, one_task: int) -> None:
    frame = session.createDataFrame(pa.table({"left": EDGES[0], "right": EDGES[1]}))
    found = connect(Work(session, str(tmp_path)), "test", frame, one_task).toArrow()
    labels = components(EDGES[0], EDGES[1], 502)
    root = np.unique(labels, return_index=True)[1][labels]
    expected = {(node, int(root[node])) for node in range(502) if root[node] != node}
    pairs = zip(found.column("node").to_pylist(), found.column("root").to_pylist(), strict=True)
    assert sorted(pairs) == sorted(expected)
