"""Values: what normalising found out about each distinct value of a field, kept so that no night reads it again.

A row is one value of one field: its features and the numeric parts that it is compared by, packed side by side, and the
parts that are text. Values stay when the last node that states them goes, until there are as many of those as others.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import StoreError
from transforms.match.arrays import ABSENT, Codes, Ints, among, distinct, find, mix
from transforms.match.compare import kind_of
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.normalise import READERS, Normalised
from transforms.match.register.layers import Layered, TableKind
from transforms.match.register.packing import pack_rows, unpack_rows

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
VALUES = "values"
"""Under this name a register says how many values it held when it was last rid of those that no node states."""
EQUAL_LEVEL, FEATURE, PART = "equal_level", "feature ", "part "


def value_names(config: MatchConfig) -> list[str]:
    """The columns in which a table of nodes names the value of each field, by its key."""
    return [f"value_{number}" for number in range(len(config.fields))]


def value_keys(nodes: Normalised) -> list[pa.Array]:
    """These columns for some nodes: the key of each value, ABSENT for none."""
    return [pa.array(np.append(column.keys, ABSENT)[column.codes]) for column in nodes.columns]


def keep_values(table: Layered, nodes: Normalised) -> None:
    """Write the values of some nodes down that the table doesn't hold."""
    rows = []
    for number, column in enumerate(nodes.columns):
        stated = distinct(column.codes[column.codes >= 0])
        keys = _row_keys(number, column.keys[stated])
        new = ~table.holds(keys)
        rows.append(_rows(column, keys[new], stated[new]))
    table.put(pa.concat_tables(rows))


def forget_values(table: Layered, nodes: Layered, config: MatchConfig) -> None:
    """Drop the values that no node states any more."""
    held = table.all(["value"]).column("value").to_numpy()
    named = nodes.all(value_names(config))
    stated = [_row_keys(number, distinct(named.column(number).to_numpy())) for number in range(named.num_columns)]
    table.remove(held[~among(held, np.concatenate(stated))])


def read_values(table: Layered, named: pa.Table, config: MatchConfig) -> Normalised:
    """Nodes as they were normalised, from the keys of their values (``named``: see :func:`value_names`)."""
    kinds = tuple(kind_of(f.kind, f.options) for f in config.fields)
    keys = [named.column(name).to_numpy() for name in value_names(config)]
    with ThreadPoolExecutor(READERS) as pool:
        columns = tuple(pool.map(partial(_read, table), range(len(kinds)), keys, kinds))
    return Normalised(tuple(f.name for f in config.fields), kinds, columns)


def _row_keys(number: int, keys: Ints) -> Ints:
    return mix([np.full(len(keys), number), keys])


def _numbers(column: Column) -> dict[str, NDArray[Any]]:
    """All that is known of each value but for its texts, as arrays."""
    parts = {PART + name: part for name, part in column.parts.items() if isinstance(part, np.ndarray)}
    features = {FEATURE + name: keys for name, keys in column.features.items()}
    return {EQUAL_LEVEL: column.equal_level, **features, **parts}


def _texts(column: Column) -> list[str]:
    return [name for name, part in column.parts.items() if not isinstance(part, np.ndarray)]


def _rows(column: Column, keys: Ints, values: Codes | Ints) -> pa.Table:
    """The rows of some values of a column, by their ``keys``."""
    packed = pack_rows({name: array[values] for name, array in _numbers(column).items()})
    bounds = np.arange(len(values) + 1, dtype=np.int64)
    texts = [column.parts[name].take(pa.array(values)).cast(pa.large_string()) for name in _texts(column)]
    flat = pa.concat_arrays([pa.array([], pa.large_string()), *texts])
    side_by_side = np.arange(len(flat)).reshape(len(texts), len(values)).T.ravel()
    listed = pa.LargeListArray.from_arrays(pa.array(bounds * len(texts)), flat.take(pa.array(side_by_side)))
    return pa.table([pa.array(keys), packed, listed.cast(TEXTS)], schema=VALUE.schema)


def _read(table: Layered, number: int, of_node: Ints, kind: Kind) -> Column:
    """A field of nodes, from the keys of their values."""
    like, stated = kind.read(pa.array([], pa.string())), distinct(of_node[of_node >= 0])
    texts, count = _texts(like), len(stated)
    names = ["packed", *(["texts"] if texts else [])]
    rows = table.where("value", _row_keys(number, stated), names)
    if rows.num_rows != count:
        raise StoreError(
            "values of nodes are missing from the register",
            where="match",
            expected=f"{count} values of field {number + 1}",
            found=f"{rows.num_rows}",
            next_step="match everything once: the register is made anew",
        )
    numbers = unpack_rows(rows.column("packed").combine_chunks(), _numbers(like))
    parts = {name: numbers[PART + name] for name in like.parts if name not in texts}
    for place, name in enumerate(texts):
        flat = rows.column("texts").combine_chunks().flatten()
        parts[name] = flat.take(pa.array(np.arange(count) * len(texts) + place))
    return Column(
        find(of_node, stated).astype(np.int32),
        pa.nulls(count),
        {name: numbers[FEATURE + name] for name in like.features},
        numbers[EQUAL_LEVEL],
        {name: parts[name] for name in like.parts},
        known_by=stated,
    )
