"""Where a record came from, for sources that hold every entity once: two records of such a source are never one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Codes, Levels
from transforms.match.compare.kind import NULL, Column, Level
from transforms.match.texts import encode, hash_texts

SAME_SOURCE = 1


class Source:
    """A source. ``duplicate_free``: names of sources in which no entity occurs twice."""

    levels = (Level("same_source", 1e-6, is_contradiction=True),)

    def __init__(self, duplicate_free: tuple[str, ...] = ()) -> None:
        self.duplicate_free = duplicate_free

    def read(self, values: pa.Array) -> Column:
        """Names of sources that are free of duplicates; of any other it doesn't matter where a record came from."""
        is_free = pc.is_in(values.cast(pa.string()), pa.array(self.duplicate_free, pa.string()))
        codes, distinct = encode(pc.if_else(is_free, values.cast(pa.string()), pa.scalar(None, pa.string())))
        equal = np.full(len(distinct), SAME_SOURCE, dtype=np.uint8)
        return Column(codes, distinct, {"value": hash_texts(distinct)}, equal)

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:  # noqa: ARG002
        """Different sources say nothing."""
        return np.full(len(left), NULL, dtype=np.uint8)
