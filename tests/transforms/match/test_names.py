"""Names of clusters over updates: most records decide, and no two clusters ever have one name."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from transforms.match.results.names import named_by, names_as_before

NOTHING = pa.chunked_array([], pa.string())


def name(key: int) -> str:
    found: str = named_by(np.array([key]))[0].as_py()
    return found


def before(rows: dict[int, str]) -> pa.Table:
    return pa.table({"key": pa.array(list(rows), pa.int64()), "cluster_id": pa.array(list(rows.values()), pa.string())})


def told(now: dict[int, int], was: dict[int, str], elsewhere: list[str] | None = None) -> list[str]:
    others = pa.chunked_array([elsewhere], pa.string()) if elsewhere else NOTHING
    found = names_as_before(np.array(list(now)), np.array(list(now.values())), before(was), others)
    names: list[str] = found.to_pylist()
    return names


@pytest.mark.parametrize(
    ("now", "was", "expected"),
    [
        ({5: 0, 3: 0, 9: 1}, {}, [name(3), name(9)]),
        ({5: 0, 1: 0}, {5: "CA"}, ["CA"]),
        ({5: 0, 6: 0, 1: 0}, {5: "CA", 6: "CA", 1: "CB"}, ["CA"]),
        ({5: 0, 1: 0}, {5: "CA", 1: "CB"}, ["CA"]),
        ({5: 0, 6: 0, 1: 1}, {5: "CA", 6: "CA", 1: "CA"}, ["CA", name(1)]),
        ({5: 0, 1: 1}, {5: "CA", 1: "CA"}, ["CA", name(1)]),
        ({5: 0}, {5: "CA", 7: "CB"}, ["CA"]),
    ],
    ids=["new", "one more", "merged", "merged, as many", "split", "split in halves", "one is gone"],
)
def test_most_records_decide(now: dict[int, int], was: dict[int, str], expected: list[str]) -> None:
    assert told(now, was) == expected


def test_a_name_that_its_record_left_behind_is_not_given_again() -> None:
    """Record 1 named a cluster whose other records keep that name: it needs another one itself, and no third one's."""
    (stays, fresh) = told({5: 0, 6: 0, 1: 1}, {5: name(1), 6: name(1), 1: name(1)})
    assert stays == name(1)
    assert fresh not in (name(1), name(5), name(6))
    (again,) = told({1: 0}, {}, [name(1), fresh])
    assert again not in (name(1), fresh)
    assert told({1: 0}, {}, [name(1)]) == [fresh], "the same whenever it is asked for"


def test_names_are_never_shared() -> None:
    """A life of random merges, splits, removals and returns."""
    rng = random.Random(5)  # noqa: S311
    names: dict[int, str] = {}
    groups: dict[int, int] = {}
    for _ in range(60):
        here = set(rng.sample(range(30), 22))
        moved = set(rng.sample(range(30), 8))
        groups = {k: rng.randrange(12) if k in moved or k not in groups else groups[k] for k in here}
        codes = {group: code for code, group in enumerate(dict.fromkeys(groups.values()))}
        found = told({k: codes[g] for k, g in groups.items()}, names)
        assert len(set(found)) == len(codes)
        names = {k: found[codes[g]] for k, g in groups.items()}
