"""Values: what normalising found out about each distinct value of a field, kept so that no night reads it again.

A row is one value of one field: its features and the numeric parts that it is compared by, packed side by side, and the
parts that are text. Values stay when the last node that states them goes: nights add some, a full run begins anew.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import StoreError
from transforms.match.arrays import ABSENT, Codes, Ints, distinct, find, mix
from transforms.match.compare import kind_of
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.normalise import READERS, Normalised
from transforms.match.register.layers import Layered, TableKind

TEXTS = pa.large_list(pa.large_string())
VALUE = TableKind(
    pa.schema(
        {
            "value": pa.int64(),  # of the field's number and the value's key
            "packed": pa.large_binary(),
            "texts": TEXTS,
        }
    ),
    "value",
    ("value",),
)
"""One row is one value of one field, as it was read."""
EQUAL_LEVEL, FEATURE, PART = "equal_level", "feature ", "part "


def value_names(config: MatchConfig) -> list[str]:
    """The columns in which a table of nodes names the value of each field, by its key."""
    return [f"value_{number}" for number in range(len(config.fields))]


def value_keys(nodes: Normalised) -> list[pa.Array]:
    """These columns for some nodes: the key of each value, ABSENT for none."""
    return [pa.array(np.append(column.keys, ABSENT)[column.codes]) for column in nodes.columns]


def keep_values(table: Layered, nodes: Normalised) -> None:
    """Write the values of some nodes down that the table doesn't hold."""
    stated = [distinct(column.codes[column.codes >= 0]) for column in nodes.columns]
    pairs = enumerate(zip(nodes.columns, stated, strict=True))
    keys = [_rows_of(number, column.keys[codes]) for number, (column, codes) in pairs]
    new = np.split(~table.holds(np.concatenate(keys)), np.cumsum([len(each) for each in keys])[:-1])
    rows = [_packed(*each) for each in zip(nodes.columns, keys, stated, new, strict=True)]
    table.put(pa.concat_tables(rows))


def read_values(table: Layered, named: pa.Table, config: MatchConfig) -> Normalised:
    """Nodes as they were normalised, from the keys of their values (``named``: see :func:`value_names`)."""
    kinds = tuple(kind_of(f.kind, f.options) for f in config.fields)
    keys = [named.column(name).to_numpy() for name in value_names(config)]
    with ThreadPoolExecutor(READERS) as pool:
        columns = tuple(pool.map(partial(_read, table), range(len(kinds)), keys, kinds))
    return Normalised(tuple(f.name for f in config.fields), kinds, columns)


def _rows_of(number: int, keys: Ints) -> Ints:
    return mix([np.full(len(keys), number), keys])


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a packed value consists of, and which of its parts are text."""

    packed: np.dtype[np.void]
    texts: list[str]

    @classmethod
    def of(cls, column: Column) -> _Layout:
        """The layout of a column's values."""
        packed = np.dtype([(name, array.dtype, array.shape[1:]) for name, array in _numeric(column).items()])
        return cls(packed, [name for name, part in column.parts.items() if not isinstance(part, np.ndarray)])


def _numeric(column: Column) -> dict[str, NDArray[Any]]:
    parts = {PART + name: part for name, part in column.parts.items() if isinstance(part, np.ndarray)}
    features = {FEATURE + name: keys for name, keys in column.features.items()}
    return {EQUAL_LEVEL: column.equal_level, **features, **parts}


def _packed(column: Column, keys: Ints, stated: Codes | Ints, new: NDArray[np.bool_]) -> pa.Table:
    """The rows of some values of a column: of the ``new`` ones of those that are ``stated``, with their ``keys``."""
    layout, values = _Layout.of(column), stated[new]
    packed = np.empty(len(values), dtype=layout.packed)
    for name, array in _numeric(column).items():
        packed[name] = array[values]
    bounds = np.arange(len(values) + 1, dtype=np.int64)
    octets = pa.Array.from_buffers(
        pa.large_binary(),
        len(values),
        [None, pa.py_buffer(bounds * layout.packed.itemsize), pa.py_buffer(packed.view(np.uint8))],
    )
    texts = [column.parts[name].take(pa.array(values)).cast(pa.large_string()) for name in layout.texts]
    flat = pa.concat_arrays([pa.array([], pa.large_string()), *texts])
    side_by_side = np.arange(len(flat)).reshape(len(texts), len(values)).T.ravel()
    listed = pa.LargeListArray.from_arrays(pa.array(bounds * len(texts)), flat.take(pa.array(side_by_side)))
    return pa.table([pa.array(keys[new]), octets, listed.cast(TEXTS)], schema=VALUE.schema)


def _read(table: Layered, number: int, of_node: Ints, kind: Kind) -> Column:
    """A field of nodes, from the keys of their values."""
    like, stated = kind.read(pa.array([], pa.string())), distinct(of_node[of_node >= 0])
    layout, count = _Layout.of(like), len(stated)
    names = ["packed", *(["texts"] if layout.texts else [])]
    rows = table.where("value", _rows_of(number, stated), names)
    if rows.num_rows != count:
        raise StoreError(
            "values of nodes are missing from the register",
            where="match",
            expected=f"{count} values of field {number + 1}",
            found=f"{rows.num_rows}",
            next_step="match everything once: the register is made anew",
        )
    packed = _unpacked(rows.column("packed").combine_chunks(), layout.packed)
    parts = {name: packed[PART + name].copy() for name in like.parts if name not in layout.texts}
    for place, name in enumerate(layout.texts):
        flat = rows.column("texts").combine_chunks().flatten()
        parts[name] = flat.take(pa.array(np.arange(count) * len(layout.texts) + place))
    return Column(
        find(of_node, stated).astype(np.int32),
        pa.nulls(count),
        {name: packed[FEATURE + name].copy() for name in like.features},
        packed[EQUAL_LEVEL].copy(),
        {name: parts[name] for name in like.parts},
        known_by=stated,
    )


def _unpacked(octets: pa.Array, layout: np.dtype[np.void]) -> NDArray[np.void]:
    if not len(octets):
        return np.empty(0, layout)
    _, bounds, body = octets.buffers()
    return np.frombuffer(body, layout, len(octets), np.frombuffer(bounds, np.int64)[octets.offset])
