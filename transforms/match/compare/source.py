"""Where a record came from, for sources that hold every entity once: two records of such a source are never one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Codes, Levels, encode, hash_texts
from transforms.match.compare.kind import NULL, Column, Level

SAME_SOURCE = 1


class Source:
    """A source. ``duplicate_free``: names of sources in which no entity occurs twice."""

    levels = (Level("same_source", 1e-6, is_contradiction=True),)

    def __init__(self, duplicate_free: tuple[str, ...] = ()) -> None:
        self.duplicate_free = duplicate_free

    def read(self, values: pa.Array) -> Column:
        """Names as they are; equal ones contradict where the source is free of duplicates, else say nothing."""
        codes, distinct = encode(values)
        is_free = np.asarray(pc.is_in(distinct, pa.array(self.duplicate_free, pa.string())), dtype=bool)
        equal = np.where(is_free, SAME_SOURCE, NULL).astype(np.uint8)
        return Column(codes, distinct, {"value": hash_texts(distinct)}, equal)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:  # noqa: ARG002
        """Different sources say nothing."""
        return np.full(len(left), NULL, dtype=np.uint8)
