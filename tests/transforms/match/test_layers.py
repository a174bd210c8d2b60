"""A table in layers holds what a dictionary of lists would hold, whatever is put, removed, merged and read again."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from transforms.match.arrays import row_keys
from transforms.match.register import index
from transforms.match.register.layers import STEP, Layer, Layered, TableKind

KEYS = row_keys(np.arange(60)[:, None]).tolist()
NAMES = ("key", "by", "text")
KIND = TableKind(pa.schema({"key": pa.int64(), "by": pa.int64(), "text": pa.large_string()}), "key", ("key", "by"))
Rows = list[tuple[int, int, str]]


class Both:
    """The same changes to a table in layers and to a plain list."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.path, self.rng = path, rng
        self.table, self.rows, self.files = Layered(KIND), Rows(), list[Path]()

    def put(self) -> None:
        keys = self.rng.sample(KEYS, self.rng.choice([0, 1, 2, 5, 30]))
        rows = [(k, self.rng.choice([*KEYS[:20], -1]), str(self.rng.random())) for k in keys * self.rng.randint(1, 3)]
        columns = zip(NAMES, KIND.schema.types, range(3), strict=True)
        self.table.put(pa.table({name: pa.array([row[at] for row in rows], kind) for name, kind, at in columns}))
        self.rows = [row for row in self.rows if row[0] not in keys] + rows

    def remove(self) -> None:
        keys = self.rng.sample(KEYS, self.rng.choice([0, 1, 5, 30, len(KEYS)]))
        self.table.remove(np.array(keys, np.int64))
        self.rows = [row for row in self.rows if row[0] not in keys]

    def reopen(self) -> None:
        del self.files[self.table.merge() :]
        if len(self.table.layers) > len(self.files):
            self.files.append(self.path / str(sum(1 for _ in self.path.iterdir())))
            self.table.layers[-1].write(self.files[-1])
        self.table = Layered(KIND, [Layer.read(file, KIND) for file in self.files])
        sizes = [layer.size for layer in self.table.layers]
        assert all(lower >= STEP * upper for lower, upper in pairwise(sizes))
        assert not self.table.layers or not len(self.table.layers[0].said)

    def check(self) -> None:
        assert sorted(as_rows(self.table.all())) == sorted(self.rows)
        for at, name in enumerate(KIND.indexed):
            wanted = [*self.rng.choices(KEYS, k=self.rng.randint(0, 40)), -1]
            places, found = self.table.meet(name, np.array(wanted, np.int64))
            expected = [(p, *row) for p, key in enumerate(wanted) for row in self.rows if row[at] == key >= 0]
            told = [(p, *row) for p, row in zip(places.tolist(), as_rows(found), strict=True)]
            assert sorted(told) == sorted(expected)
            assert places.tolist() == sorted(places.tolist())


def as_rows(table: pa.Table) -> Rows:
    return list(zip(*(table.column(name).to_pylist() for name in NAMES), strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_layers_hold_what_a_list_would(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "WORTH_A_THREAD", 10)
    rng = random.Random(seed)  # noqa: S311
    both = Both(tmp_path, rng)
    for _ in range(40):
        rng.choices((both.put, both.remove, both.reopen), (4, 2, 3))[0]()
        both.check()
