"""A survey of the data: which values of a sample agree, and how often, before anything is configured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from transforms.match.arrays import ABSENT, Codes, Ints, block_pairs, distinct, group_sizes, mix, pairs_within
from transforms.match.collapse import collapse, fold
from transforms.match.config import Field, MatchConfig
from transforms.match.normalise import Normalised, normalise, record_keys
from transforms.match.texts import encode, hash_texts

SAMPLE = 100_000
"""Different records that the survey of the data reads."""
STRICT = {
    "person_name_zh": "sounds",
    "person_name": "sounds",
    "identity_number": "valid",
    "identifier": "value",
    "phone": "number",
    "date": "date",
    "address_zh": "address",
    "address": "dwelling",
    "text": "words",
    "number": "value",
    "category": "value",
}
"""The feature by which two values of a kind count as the same for the survey."""
NAMES = ("person_name_zh", "person_name")
NUMBERS = ("identity_number", "identifier")
PLACES = ("address_zh", "address")
COMMON, LEAST_COMMON = 0.02, 12.0
"""What more than this share of pairs have in common identifies nobody; in a small table, where a household is a large
share of all, more than this many nodes' share."""
COMMON_NAME, INITIAL = 0.2, 2
"""Names are told from initials by their median length rather than by how many share them."""
LEAST_PAIRS = 10
"""Pairs that it takes to say how often something agrees."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A sample of nodes. ``scale``: pairs of the whole for each pair of the sample; ``copies``: records of each node.

    What is decided goes by nodes: further copies of a record say nothing about anybody.
    """

    nodes: Normalised
    kinds: tuple[str, ...]
    scale: float
    copies: Ints
    seen: dict[tuple[str, ...], Ints] = field(default_factory=dict)
    rows: dict[str, Ints] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def whole(self) -> float:
        """Nodes of the whole."""
        return float(self.nodes.size * np.sqrt(self.scale))

    @property
    def all_pairs(self) -> float:
        """Pairs of nodes of the sample."""
        return max(self.nodes.size * (self.nodes.size - 1) / 2, 1.0)

    @property
    def common(self) -> float:
        """Share of pairs above which agreement is nothing special."""
        return max(COMMON, LEAST_COMMON / max(self.nodes.size, 1))

    def kind(self, name: str) -> str:
        """The kind of a field."""
        return self.kinds[self.nodes.names.index(name)]

    def first(self, kinds: tuple[str, ...]) -> str | None:
        """The first field of one of some kinds."""
        return next((n for n, k in zip(self.nodes.names, self.kinds, strict=True) if k in kinds), None)

    def sizes(self, features: tuple[str, ...]) -> Ints:
        """For each node how many nodes agree with it in all ``features`` (0 where one is absent)."""
        if features not in self.seen:
            self.seen[features] = group_sizes(self.key(features))
        return self.seen[features]

    def key(self, features: tuple[str, ...]) -> Ints:
        """One key for each node over ``features``. Many combinations are tried: what each is made of is kept."""
        for name in features:
            if name not in self.rows:
                self.rows[name] = self.nodes.feature(name)
        return mix([self.rows[name] for name in features])

    def pairs(self, features: tuple[str, ...], largest: int = SAMPLE) -> float:
        """How many pairs agree in all ``features`` (in blocks of at most ``largest`` nodes)."""
        return block_pairs(self.key(features), largest)

    def collision(self, feature: str) -> float:
        """Share of pairs that agree in a feature."""
        if feature not in self.shares:
            self.shares[feature] = self.pairs((feature,)) / self.all_pairs
        return self.shares[feature]

    def filled(self, feature: str) -> float:
        """Share of nodes that have a feature."""
        return float(np.mean(self.sizes((feature,)) > 0)) if self.nodes.size else 0.0

    def strict(self, kinds: tuple[str, ...], below: float = 1.0) -> list[str]:
        """Strict features of the fields of some kinds, if not empty and agreed in by less than a share of pairs."""
        pairs = zip(self.nodes.names, self.kinds, strict=True)
        written = [f"{name}.{STRICT[kind]}" for name, kind in pairs if kind in kinds]
        return [f for f in written if self.filled(f) > 0 and self.collision(f) < below]

    @property
    def names(self) -> list[str]:
        """Strict features of the fields that hold names of people (initials are none)."""
        found = [(field_of(f), f) for f in self.strict(NAMES, COMMON_NAME)]
        return [f for n, f in found if self.kind(n) != "person_name" or self._median_length(n) > INITIAL]

    def _median_length(self, name: str) -> float:
        column = self.nodes.columns[self.nodes.names.index(name)]
        return float(np.median(column.parts["length"])) if "length" in column.parts and column.size else 0.0

    def sharing(self, features: tuple[str, ...]) -> tuple[Codes, Codes]:
        """Pairs that share ``features`` (small blocks only, and not more than it takes)."""
        keys = self.key(features)
        keys[self.sizes(features) > 50] = ABSENT
        left, right = pairs_within(keys)
        step = max(len(left) // 200_000, 1)
        return left[::step], right[::step]

    def apart(self, features: tuple[str, ...], entity: Ints, asked: str = "") -> tuple[Codes, Codes]:
        """Pairs of different entities that share ``features`` and nothing else personal (``asked`` is not)."""
        left, right = self.sharing(features)
        apart = (entity[left] != entity[right]) & (entity[left] >= 0) & (entity[right] >= 0)
        for personal in [*self.names, *self.strict((*NUMBERS, "date"), self.common)]:
            if personal not in (*features, asked):
                own = self.nodes.feature(personal)
                apart &= (own[left] != own[right]) | (own[left] < 0)
        return left[apart], right[apart]

    def known(self, feature: str, left: Codes, right: Codes) -> int:
        """Pairs of which both have a feature."""
        keys = self.nodes.feature(feature)
        return int(np.sum((keys[left] >= 0) & (keys[right] >= 0)))

    def agreement(self, feature: str, left: Codes, right: Codes, least: int = LEAST_PAIRS) -> float:
        """Share of pairs that agree in a feature, of those where both have it; 0 if these are fewer than ``least``."""
        keys = self.nodes.feature(feature)
        known = (keys[left] >= 0) & (keys[right] >= 0)
        return float(np.mean(keys[left][known] == keys[right][known])) if known.sum() >= least else 0.0


def survey_of(table: pa.Table, record_id: str, fields: tuple[Field, ...]) -> Survey:
    """Nodes of a sample: SAMPLE different records, chosen by what they say alone, each with all its copies."""
    columns, scale = [field.name for field in fields], 1.0
    if table.num_rows > SAMPLE:
        keys = _contents(table, columns)
        different = distinct(keys)
        chosen = keys <= different[min(SAMPLE, len(different)) - 1]
        scale = max(len(different) / SAMPLE, 1.0) ** 2
        sample = table.select([record_id, *columns]).filter(pa.array(chosen))
        # Plain strings: a dictionary would bring the values of all rows along.
        table = sample.cast(pa.schema([(name, pa.string()) for name in sample.column_names]))
    config = MatchConfig(record_id, fields, (), ())
    collapsed = collapse(normalise(table, config), record_keys(table, config))
    return Survey(collapsed.nodes, tuple(f.kind for f in fields), scale, collapsed.sizes)


def _contents(table: pa.Table, columns: list[str]) -> Ints:
    """A key for each record that depends on its values (as they are written) alone."""
    key = np.zeros(table.num_rows, dtype=np.uint64)
    for name in columns:
        codes, values = encode(table.column(name))
        fold(key, codes, hash_texts(values))
    return (key >> np.uint64(1)).astype(np.int64)


def field_of(feature: str) -> str:
    """The field of a feature written ``field.feature``."""
    return feature.partition(".")[0]
