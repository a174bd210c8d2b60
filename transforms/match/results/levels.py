"""The comparison levels of chosen pairs by name, for those who are shown them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Codes
from transforms.match.compare import compare_pairs
from transforms.match.config import MatchConfig
from transforms.match.normalise import normalise


def name_levels(records: pa.Table, pairs: pa.Table, config: MatchConfig) -> list[dict[str, str]]:
    """Field -> name of the level at which each pair agrees.

    ``records``: the columns of ``config``, with every record of ``pairs`` (``left_id``, ``right_id``).
    """
    read = normalise(records, config)
    sides = [_rows(pairs[c], records[config.record_id]) for c in ("left_id", "right_id")]
    levels = compare_pairs(read.kinds, read.columns, *sides)
    names = [["null", *(level.name for level in kind.levels)] for kind in read.kinds]
    return [
        {field: names[f][level] for f, (field, level) in enumerate(zip(read.names, found, strict=True))}
        for found in levels.T.tolist()
    ]


def _rows(ids: pa.ChunkedArray, of: pa.ChunkedArray) -> Codes:
    rows: Codes = pc.index_in(ids, of.combine_chunks()).to_numpy().astype(np.int32)
    return rows
