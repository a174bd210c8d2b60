"""Values: what normalising found out about each distinct value of a field, kept so that no night reads it again.

A row is one value: its key, its features and numeric parts side by side in one packed column, and each part that is
text in a column of its own. Values stay when the last node that states them goes: a night adds some, a full run begins
anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from schemas.errors import StoreError
from transforms.match.arrays import ABSENT, Codes, Ints, distinct, find
from transforms.match.compare import kind_of
from transforms.match.compare.kind import Column, Kind
from transforms.match.config import MatchConfig
from transforms.match.normalise import Normalised
from transforms.match.register.layers import Layered, TableKind

KEY, PACKED = "value", "packed"
EQUAL_LEVEL, FEATURE, PART = "equal_level", "feature ", "part "


def value_kinds(config: MatchConfig) -> dict[str, TableKind]:
    """The table of the values of each field, in the order of the fields."""
    return {f"value_{n}": _table_kind(kind_of(f.kind, f.options)) for n, f in enumerate(config.fields)}


def value_names(config: MatchConfig) -> list[str]:
    """The columns in which a table of nodes names the value of each field, by its key."""
    return [f"value_{n}" for n in range(len(config.fields))]


def value_keys(nodes: Normalised) -> list[pa.Array]:
    """These columns for some nodes: the key of each value, ABSENT for none."""
    return [pa.array(np.append(column.keys, ABSENT)[column.codes]) for column in nodes.columns]


def keep_values(tables: Sequence[Layered], nodes: Normalised) -> None:
    """Write the values of some nodes down that the tables don't hold."""
    for table, column in zip(tables, nodes.columns, strict=True):
        stated = distinct(column.codes[column.codes >= 0])
        keys = column.keys[stated]
        new = stated[~table.holds(keys)]
        table.put(_rows(column, new))


def read_values(tables: Sequence[Layered], named: pa.Table, config: MatchConfig) -> Normalised:
    """Nodes as they were normalised, from the keys of their values (``named``: see :func:`value_names`)."""
    kinds = tuple(kind_of(f.kind, f.options) for f in config.fields)
    keys = [named.column(name).to_numpy() for name in value_names(config)]
    columns = tuple(_column(*each) for each in zip(tables, keys, kinds, strict=True))
    return Normalised(tuple(f.name for f in config.fields), kinds, columns)


def _table_kind(kind: Kind) -> TableKind:
    column = kind.read(pa.array([], pa.string()))
    packed = pa.binary(_layout(column).itemsize)
    texts = {name: pa.large_string() for name, part in column.parts.items() if _is_text(part)}
    return TableKind(pa.schema({KEY: pa.int64(), PACKED: packed, **texts}), KEY, (KEY,))


def _is_text(part: object) -> bool:
    return not isinstance(part, np.ndarray)


def _layout(column: Column) -> np.dtype[np.void]:
    """What a packed value consists of, in the order of :func:`_packable`."""
    return np.dtype([(name, array.dtype, array.shape[1:]) for name, array in _packable(column).items()])


def _packable(column: Column) -> dict[str, np.ndarray]:
    numeric = {PART + name: part for name, part in column.parts.items() if not _is_text(part)}
    features = {FEATURE + name: keys for name, keys in column.features.items()}
    return {EQUAL_LEVEL: column.equal_level, **features, **numeric}


def _rows(column: Column, values: Codes | Ints) -> pa.Table:
    layout = _layout(column)
    packed = np.empty(len(values), dtype=layout)
    for name, array in _packable(column).items():
        packed[name] = array[values]
    binary = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(layout.itemsize), len(values), [None, pa.py_buffer(packed.view(np.uint8))]
    )
    texts = {name: part.take(pa.array(values)) for name, part in column.parts.items() if _is_text(part)}
    return pa.table({KEY: column.keys[values], PACKED: binary, **texts})


def _column(table: Layered, keys: Ints, kind: Kind) -> Column:
    stated = distinct(keys[keys >= 0])
    rows = table.where(KEY, stated)
    if rows.num_rows != len(stated):
        raise StoreError(
            "values of nodes are missing from the register",
            where=str(table.kind.schema.names),
            expected=f"{len(stated)} values",
            found=f"{rows.num_rows}",
            next_step="match everything once: the register is made anew",
        )
    like = kind.read(pa.array([], pa.string()))
    layout, body = _layout(like), rows.column(PACKED).combine_chunks()
    packed = np.frombuffer(body.buffers()[1], np.uint8).view(layout)[body.offset : body.offset + len(body)]
    parts = {
        name: rows.column(name).combine_chunks() if _is_text(part) else np.ascontiguousarray(packed[PART + name])
        for name, part in like.parts.items()
    }
    return Column(
        find(keys, stated).astype(np.int32),
        pa.nulls(len(stated)),
        {name: np.ascontiguousarray(packed[FEATURE + name]) for name in like.features},
        np.ascontiguousarray(packed[EQUAL_LEVEL]),
        parts,
        known_by=stated,
    )
