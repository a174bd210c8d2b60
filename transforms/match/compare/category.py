"""Categories and hierarchical codes: equal, equal in a prefix (a division code's county), or different."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Codes, Levels
from transforms.match.compare.kind import Column, Level
from transforms.match.texts import encode, hash_texts

ONE_WORD = {"M": "M", "男": "M", "男性": "M", "MALE": "M", "F": "F", "女": "F", "女性": "F", "FEMALE": "F"}
"""Words for one thing that platforms mix in one column. (Codes can't be told apart so: 1 is male here, not there.)"""


class Category:
    """A code. ``unknown``: codes that say nothing. ``prefixes``: lengths of the higher levels, longest first."""

    def __init__(self, unknown: tuple[str, ...] = (), prefixes: tuple[int, ...] = ()) -> None:
        self.unknown = unknown
        self.prefixes = prefixes
        parts = tuple(Level(f"prefix_{length}", 0.03, agrees=True) for length in prefixes)
        self.levels = (Level("equal", 0.95, agrees=True, by="value"), *parts, Level("different", 0.03))

    def read(self, values: pa.Array) -> Column:
        """Trim and encode; words for one thing are one; unknown codes count as absent."""
        clean = pc.utf8_trim_whitespace(values)
        word = pc.index_in(pc.utf8_upper(clean), pa.array(list(ONE_WORD)))
        clean = pc.coalesce(pa.array(list(ONE_WORD.values())).take(word), clean)
        clean = pc.if_else(pc.is_in(clean, pa.array(self.unknown, pa.string())), pa.scalar(None, pa.string()), clean)
        codes, distinct = encode(clean)
        features = {"value": hash_texts(distinct)}
        for length in self.prefixes:
            features[f"prefix_{length}"] = hash_texts(pc.utf8_slice_codeunits(distinct, 0, length))
        return Column(codes, distinct, features, np.ones(len(distinct), dtype=np.uint8))

    def compare(self, column: Column, left: Codes, right: Codes) -> Levels:
        """The longest shared prefix decides."""
        levels = np.full(len(left), len(self.levels), dtype=np.uint8)
        for number, length in reversed(list(enumerate(self.prefixes, start=2))):
            codes = column.features[f"prefix_{length}"]
            levels[codes[left] == codes[right]] = number
        return levels
