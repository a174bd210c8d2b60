"""What happens to one Arrow batch in a worker: the engine's own functions, on the rows that the batch holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from transforms.match.arrays import Codes, Ints, mix
from transforms.match.compare import compare_pairs, kind_of
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.model import Frequency, Model, pack
from transforms.match.normalise import Normalised, normalise

Batches = Iterator[pa.RecordBatch]
NO_DEPTH = -2
"""The block of a node at a depth to which a pass is not refined (ABSENT: at which the node has no value)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A feature of field ``field`` by whose frequency its ``levels`` go."""

    field: int
    feature: str
    levels: tuple[int, ...]


def kinds_of(config: MatchConfig) -> tuple[Kind, ...]:
    """The kinds of a configuration's fields."""
    return tuple(kind_of(f.kind, f.options) for f in config.fields)


def slots_of(config: MatchConfig) -> tuple[Slot, ...]:
    """All features that levels go by the frequency of, in order."""
    slots = []
    for f, kind in enumerate(kinds_of(config)):
        for feature in dict.fromkeys(level.by for level in kind.levels if level.by is not None):
            levels = [number for number, level in enumerate(kind.levels, start=1) if level.by == feature]
            slots.append(Slot(f, feature, tuple(levels)))
    return tuple(slots)


def value_names(config: MatchConfig, prefix: str = "v") -> list[str]:
    """The columns in which tables between stages keep the values of the fields."""
    return [f"{prefix}{number}" for number in range(len(config.fields))]


def read_values(table: pa.Table, config: MatchConfig, prefix: str = "v") -> Normalised:
    """The fields of the rows of a table between stages."""
    values = table.select(value_names(config, prefix)).rename_columns([f.name for f in config.fields])
    return normalise(values, config)


def depth_of(config: MatchConfig) -> int:
    """Depths of blocks: unrefined, and as often as any pass is refined."""
    return 1 + max((len(rule.refine) for rule in config.passes), default=0)


def chains(nodes: Normalised, config: MatchConfig) -> Ints:
    """Nodes x (passes x depths): the block of each node in each pass, unrefined and at each depth of refining."""
    depth = depth_of(config)
    found = np.full((nodes.size, len(config.passes), depth), NO_DEPTH, dtype=np.int64)
    for number, rule in enumerate(config.passes):
        key = nodes.key(rule.features)
        found[:, number, 0] = key
        for place, feature in enumerate(rule.refine, start=1):
            key = mix([key, nodes.feature(feature)])
            found[:, number, place] = key
    return found.reshape(nodes.size, len(config.passes) * depth)


def features(nodes: Normalised, config: MatchConfig) -> dict[str, Ints]:
    """All keys of nodes that later stages group by (nodes x keys each). Raises ConfigurationError for unknown ones."""
    home = config.household.features if config.household else ()
    return {
        "chain": chains(nodes, config),
        "anchor": _side_by_side([nodes.key(anchor) for anchor in config.anchors], nodes),
        "home": _side_by_side([nodes.feature(feature) for feature in home], nodes),
        "counted": _side_by_side([nodes.columns[s.field].feature(s.feature) for s in slots_of(config)], nodes),
        "number": _side_by_side([nodes.feature(config.exclusive)] if config.exclusive else [], nodes),
    }


def _side_by_side(columns: list[Ints], nodes: Normalised) -> Ints:
    return np.stack(columns, axis=1) if columns else np.empty((nodes.size, 0), dtype=np.int64)


def as_lists(matrix: Ints) -> pa.Array:
    """Rows of a matrix as an Arrow list each."""
    bounds = np.arange(len(matrix) + 1, dtype=np.int32) * np.int32(matrix.shape[1])
    return pa.ListArray.from_arrays(pa.array(bounds), pa.array(matrix.reshape(-1)))


def as_matrix(lists: pa.ChunkedArray, width: int) -> Ints:
    """The other way round."""
    flat = lists.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.int64).reshape(-1, width)


def compared(batches: Batches, config: MatchConfig, kept: list[str]) -> Batches:
    """The columns ``kept`` of pairs and their packed levels; fields of both sides are in columns l0... and r0..."""
    for batch in batches:
        table = pa.Table.from_batches([batch])
        sides = [table.select(value_names(config, side)) for side in ("l", "r")]
        both = pa.concat_tables([side.rename_columns(value_names(config)) for side in sides])
        nodes, count = read_values(both, config), table.num_rows
        left, right = np.arange(count, dtype=np.int32), np.arange(count, 2 * count, dtype=np.int32)
        patterns = pack(compare_pairs(nodes.kinds, nodes.columns, left, right))
        yield pa.RecordBatch.from_arrays(
            [*(batch.column(name) for name in kept), pa.array(patterns)], [*kept, "pattern"]
        )


def counted_nodes(held: Ints, model: Model, config: MatchConfig) -> tuple[Normalised, Model]:
    """Nodes that are known by how many hold their values alone (nodes x slots), and the model that knows these.

    Scoring compared pairs needs nothing else of a node.
    """
    rows = np.arange(len(held))
    codes, nothing = rows.astype(np.int32), np.zeros(len(held), dtype=np.uint8)
    columns = [Column(codes, pa.nulls(len(held)), {}, nothing) for _ in model.names]
    for slot in slots_of(config):
        columns[slot.field].features[slot.feature] = rows
    known = _with_holders(model, held, [rows] * held.shape[1], config)
    return Normalised(model.names, model.kinds, tuple(columns)), known


def locally_counted(nodes: Normalised, held: Ints, model: Model, config: MatchConfig) -> Model:
    """The model with the frequencies of the values of some nodes (``held``: nodes x slots)."""
    values = [nodes.columns[slot.field].feature(slot.feature) for slot in slots_of(config)]
    return _with_holders(model, held, values, config)


def _with_holders(model: Model, held: Ints, values: list[Ints], config: MatchConfig) -> Model:
    frequencies = tuple(dict(of_level) for of_level in model.frequencies)
    for number, slot in enumerate(slots_of(config)):
        several = np.flatnonzero(held[:, number] > 1)
        keys, first = np.unique(values[number][several], return_index=True)
        for level in slot.levels:
            known: Frequency = frequencies[slot.field][level]
            frequencies[slot.field][level] = replace(known, keys=keys, holders=held[several[first], number])
    return replace(model, frequencies=frequencies)


def as_codes(nodes: Ints, of: Ints | Codes) -> Codes:
    """Where each of ``of`` stands among ascending ``nodes``."""
    return np.searchsorted(nodes, of).astype(np.int32)
