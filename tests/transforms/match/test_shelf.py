"""Arrays in mapped files: the same findings, and less held in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.transforms.match.people import make_people
from transforms.match.engine import match
from transforms.match.persons import PERSONS, prepared
from transforms.match.shelf import Shelf

HOLDS = """
import sys
from pathlib import Path
import numpy as np
from transforms.match.shelf import Shelf

def held():
    told = Path("/proc/self/status").read_text().split("RssAnon:")[1]
    return int(told.split()[0]) * 1024

shelf = Shelf(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
before = held()
kept = [shelf.keep(np.full(4 << 20, n)) for n in range(8)]
assert [int(k[-1]) for k in kept] == list(range(8))
print(held() - before)
"""


def is_mapped(array: np.ndarray) -> bool:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array.base is not None


def test_findings_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.match.shelf.LEAST", 1 << 10)
    table = prepared(make_people(residents=600, communities=10, seed=4).records)
    shelf = Shelf(tmp_path)
    usual, shelved = match(table, PERSONS), match(shelf.table(table), PERSONS, shelf=shelf)
    assert (usual.cluster_of == shelved.cluster_of).all()
    for name in ("left", "right", "levels", "weight", "grade"):
        assert np.array_equal(getattr(usual.pairs, name), getattr(shelved.pairs, name)), name
    assert is_mapped(shelved.collapsed.keys)
    assert all(is_mapped(c.codes) for c in shelved.collapsed.nodes.columns)
    assert not is_mapped(usual.collapsed.keys)
    assert not list(tmp_path.iterdir()), "files are gone from the folder as soon as they are mapped"


def test_kept_arrays_can_be_written_to_and_keep_their_form(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    square = np.arange(1 << 20, dtype=np.int32).reshape(1024, 1024).T
    kept = shelf.keep({"a": (square, "text")})["a"][0]
    assert np.array_equal(kept, square)
    assert kept.flags.c_contiguous
    kept[0, 0] = 7
    assert kept[0, 0] == 7
    assert shelf.empty((3, 1 << 19), np.int64).shape == (3, 1 << 19)
    assert shelf.keep(np.arange(3)).sum() == 3
    texts = pa.table({"a": pa.array(["x", None, "y"] * 1000).dictionary_encode(), "b": range(3000)})
    assert shelf.table(texts).equals(texts)
    assert Shelf().table(texts) is texts


def test_what_is_kept_is_not_held(tmp_path: Path) -> None:
    """256 MiB of arrays: a process with a shelf holds next to none of them."""
    held = [
        int(subprocess.run([sys.executable, "-c", HOLDS, *folder], capture_output=True, text=True, check=True).stdout)
        for folder in ([], [str(tmp_path)])
    ]
    assert held[0] > 240 << 20
    assert held[1] < 48 << 20
