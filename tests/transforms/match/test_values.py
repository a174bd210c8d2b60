"""Values that a register keeps are what normalising them again would find, for every kind of field."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas.errors import StoreError
from tests.transforms.match.test_compare import OTHER, OWN, SWAPPED
from transforms.match.arrays import Codes
from transforms.match.compare import KINDS, compare_pairs, kind_of
from transforms.match.config import Field, MatchConfig
from transforms.match.normalise import Normalised, normalise
from transforms.match.register.layers import Layered
from transforms.match.register.packing import pack_rows, unpack_rows
from transforms.match.register.values import VALUE, keep_values, read_values, value_keys, value_names

WRITTEN: dict[str, tuple[dict[str, Any], list[str | None]]] = {
    "person_name_zh": ({}, ["张伟", " 张 伟", "張偉", "欧阳娜娜", "张*", "ZHANG WEI", "未知", None, "孙春敏之子"]),
    "person_name": ({}, ["William Smith", "BILL SMITH", "Smyth, W.", "O'Neil", "unknown", "", None]),
    "identity_number": ({}, [OWN, OTHER, SWAPPED, OWN[:6] + "********" + OWN[14:], OWN.lower(), "无", None, "12"]),
    "phone": ({}, ["13900000001", "+86 139-0000-0001", "139****0001", "0731 8888 1234", "1", None]),
    "date": ({}, ["1976-03-12", "1976/3/12", "19761203", "1976-02-30", "x", None]),
    "address_zh": ({}, ["湖南省某市人民路1号2栋3单元401室", "人民路1号二栋三单元401", "王村5组", "", None, "王村"]),
    "address": ({}, ["Flat 3, 12 High Street, Ely", "12 High St", "unknown", "5", None]),
    "category": ({"prefixes": (2,), "unknown": ("9",)}, ["439901", "439902", "9", " 439901", None]),
    "number": ({}, ["12", "12.0", "1,200", "x", None, "-3.5"]),
    "text": ({}, ["Acme Co. Ltd model X-100", "acme company limited", "型号 甲 100", "无", None]),
    "identifier": ({"exclusive": True}, ["A-77123", "a77123", "77123A", "none", None]),
    "source": ({"duplicate_free": ("a",)}, ["a", "b", None]),
}
FIELDS = tuple(Field(f"f_{kind}", kind, options) for kind, (options, _) in WRITTEN.items())
CONFIG = MatchConfig("id", FIELDS, (), ())


def test_every_kind_is_tried() -> None:
    assert set(WRITTEN) == set(KINDS)


def records(count: int, seed: int) -> pa.Table:
    rng = random.Random(seed)  # noqa: S311
    columns = {f.name: pa.array(rng.choices(WRITTEN[f.kind][1], k=count), pa.string()) for f in FIELDS}
    return pa.table({"id": pa.array(map(str, range(count))), **columns})


def named(nodes: Normalised) -> pa.Table:
    return pa.table(dict(zip(value_names(CONFIG), value_keys(nodes), strict=True)))


def kept(*parts: Normalised) -> Layered:
    """A table that these were written to one after another."""
    table = Layered(VALUE)
    for nodes in parts:
        keep_values(table, nodes)
    return table


def all_pairs(count: int) -> tuple[Codes, Codes]:
    left, right = np.triu_indices(count, k=1)
    return left.astype(np.int32), right.astype(np.int32)


def test_what_is_read_back_is_what_was_normalised() -> None:
    nodes = normalise(records(60, 1), CONFIG)
    few = nodes.at(np.arange(9, dtype=np.int32))
    again = read_values(kept(few, nodes), named(nodes), CONFIG)
    pairs = all_pairs(60)
    for f, before, after in zip(FIELDS, nodes.columns, again.columns, strict=True):
        assert list(after.features) == list(before.features)
        assert list(after.parts) == list(before.parts)
        for name in before.features:
            assert after.feature(name).tolist() == before.feature(name).tolist()
        stated = before.codes >= 0
        assert ((after.codes >= 0) == stated).all()
        assert after.keys[after.codes[stated]].tolist() == before.keys[before.codes[stated]].tolist()
        kind = kind_of(f.kind, f.options)
        levels = [compare_pairs([kind], [column], *pairs).tolist() for column in (before, after)]
        assert levels[0] == levels[1], f.name


def test_a_value_is_kept_once() -> None:
    nodes = normalise(records(60, 1), CONFIG)
    table = kept(nodes, nodes, nodes.at(np.arange(9, dtype=np.int32)))
    assert len(table.layers) == 1
    assert table.all().num_rows == sum(len(set(c.codes[c.codes >= 0].tolist())) for c in nodes.columns)


@pytest.mark.parametrize("field", FIELDS, ids=[f.kind for f in FIELDS])
def test_one_value_of_two_fields_is_two(field: Field) -> None:
    """The same text may be read in another way in another field."""
    both = replace(CONFIG, fields=(field, replace(FIELDS[0], name="other")))
    text = next(v for v in WRITTEN[field.kind][1] if v is not None)
    nodes = normalise(pa.table({field.name: [text], "other": [text]}), both)
    table = Layered(VALUE)
    keep_values(table, nodes)
    states = [int((c.codes >= 0).sum()) for c in nodes.columns]
    assert table.all().num_rows == sum(states)
    again = read_values(table, pa.table(dict(zip(value_names(both), value_keys(nodes), strict=True))), both)
    assert [c.size for c in again.columns] == states


def test_nothing_stated_is_nothing_read() -> None:
    nodes = normalise(pa.table({f.name: pa.nulls(3, pa.string()) for f in FIELDS}), CONFIG)
    again = read_values(kept(nodes), named(nodes), CONFIG)
    assert all(c.size == 0 and c.codes.tolist() == [-1, -1, -1] for c in again.columns)


def test_a_value_that_is_gone_is_missed() -> None:
    nodes = normalise(records(60, 1), CONFIG)
    table = kept(nodes)
    table.remove(table.all()["value"].to_numpy()[:1])
    with pytest.raises(StoreError, match="missing from the register"):
        read_values(table, named(nodes), CONFIG)


@pytest.mark.parametrize("zeros", [0.0, 0.3, 0.97, 1.0], ids=["none", "some", "most", "all"])
@pytest.mark.parametrize("width", [0, 1, 7, 400])
def test_rows_are_unpacked_as_they_were(width: int, zeros: float) -> None:
    """Runs of zeros and of others, also longer than a token tells of."""
    rng = np.random.default_rng(width)
    drawn = {
        "wide": rng.integers(-(2**40), 2**40, (50, width)),
        "flags": rng.random(50) < 0.5,
        "letters": rng.integers(1, 2**20, (50, 3, 2), dtype=np.uint32),
        "level": rng.integers(0, 9, 50, dtype=np.uint8),
        "amount": rng.normal(size=50),
    }
    arrays = {name: np.where(rng.random(a.shape) < zeros, a.dtype.type(0), a) for name, a in drawn.items()}
    packed = pack_rows(arrays)
    for rows in (slice(0, 50), slice(7, 23), slice(9, 9)):
        found = unpack_rows(packed[rows], {name: a[:0] for name, a in arrays.items()})
        assert list(found) == list(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            assert np.array_equal(found[name], array[rows])
