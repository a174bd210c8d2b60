"""Those that matching most easily takes for one: twins, and strangers of the same name and birthday.

Both are counted from the result, whatever the truth: how many pairs of clusters look so alike and were kept apart, and
how many pairs within clusters would look so if the cluster were wrong.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from transforms.match.arrays import ABSENT, Flags, Ints, group_sizes, mix, pairs_within
from transforms.match.compare.kind import NULL
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.normalise import Normalised

NAMES = ("person_name_zh", "person_name")
BIRTHDAYS = ("date",)
LARGEST = 60
"""Clusters that share one key; a larger group (a default date) says nothing about twins."""
OFTEN = 0.5
"""A name column that is filled more seldom (a middle name) doesn't decide who is a namesake."""


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Pairs of clusters kept apart although name and birthday (``namesakes_apart``), or birthday and a household
    (``twins_apart``, names differ) agree; pairs within clusters that agree in name and birthday and nothing else
    (``namesakes_together``), or in birthday and household while names differ (``twins_together``)."""

    namesakes_apart: int
    namesakes_together: int
    twins_apart: int
    twins_together: int

    def to_dict(self) -> dict[str, int]:
        """Ready for JSON."""
        return asdict(self)


def count_lookalikes(found: Matched, config: MatchConfig) -> Lookalikes | None:
    """Count them; None where the table has no name or no birthday."""
    nodes = found.collapsed.nodes
    names = [f.name for f in config.fields if f.kind in NAMES and _filled(nodes, f.name) >= OFTEN]
    names = names or [f.name for f in config.fields if f.kind in NAMES]
    birthdays = [f.name for f in config.fields if f.kind in BIRTHDAYS]
    if not names or not birthdays:
        return None
    name = mix([_value_keys(nodes, n) for n in names])
    birthday = nodes.feature(f"{birthdays[0]}.date")
    homes = _homes(config)
    apart = _pairs_apart(mix([name, birthday]), found.node_cluster)
    twins = [_pairs_apart(mix([birthday, nodes.key(_parts(home))]), found.node_cluster, name) for home in homes]
    together = _together(found, config, set(names), birthdays[0], name)
    return Lookalikes(len(apart), together[0], len(np.unique(np.concatenate([[], *twins]))), together[1])


def _homes(config: MatchConfig) -> tuple[str, ...]:
    return config.household.features if config.household else ()


def _parts(home: str) -> list[str]:
    """The features of one address that is spread over columns."""
    return home.split(" + ")


def _filled(nodes: Normalised, field: str) -> float:
    codes = nodes.columns[nodes.names.index(field)].codes
    return float(np.mean(codes >= 0)) if len(codes) else 0.0


def _value_keys(nodes: Normalised, field: str) -> Ints:
    column = nodes.columns[nodes.names.index(field)]
    keys: Ints = np.append(column.keys, ABSENT)[column.codes]
    return keys


def _pairs_apart(key: Ints, clusters: Ints, name: Ints | None = None) -> Ints:
    """Pairs of clusters (packed) that share a key; with ``name`` only those of different names."""
    told = clusters if name is None else mix([clusters.astype(np.int64), name])
    rows = np.flatnonzero((key >= 0) & (told >= 0))
    rows = rows[np.unique(mix([key[rows], told[rows].astype(np.int64)]), return_index=True)[1]]
    shared = key[rows].copy()
    shared[group_sizes(shared) > LARGEST] = ABSENT
    left, right = (rows[side] for side in pairs_within(shared))
    differ = clusters[left] != clusters[right]
    if name is not None:
        differ &= name[left] != name[right]
    a, b = clusters[left][differ], clusters[right][differ]
    packed: Ints = np.unique(np.minimum(a, b) * np.int64(len(clusters) + 1) + np.maximum(a, b))
    return packed


def _together(found: Matched, config: MatchConfig, names: set[str], birthday: str, name: Ints) -> tuple[int, int]:
    pairs = found.pairs.where(found.node_cluster[found.pairs.left] == found.node_cluster[found.pairs.right])
    agrees: dict[str, Flags] = {}
    for f, kind in enumerate(found.model.kinds):
        flags = np.array([False, *(level.agrees for level in kind.levels)])
        agrees[found.model.names[f]] = flags[pairs.levels[f]]
    known = np.all([pairs.levels[found.model.names.index(n)] != NULL for n in names], axis=0)
    same_name = name[pairs.left] == name[pairs.right]
    others = [agrees[f.name] for f in config.fields if f.name not in names | {birthday}]
    elsewhere = np.any(others, axis=0) if others else np.zeros(len(same_name), bool)
    homes = [{part.partition(".")[0] for part in _parts(home)} for home in _homes(config)]
    at_home = np.zeros(len(same_name), bool)
    for fields in homes:
        at_home |= np.all([agrees[field] for field in sorted(fields)], axis=0)
    named_alike = np.all([agrees[n] for n in names], axis=0)
    namesakes = same_name & (name[pairs.left] >= 0) & agrees[birthday] & ~elsewhere
    twins = known & ~named_alike & agrees[birthday] & at_home
    return int(namesakes.sum()), int(twins.sum())
