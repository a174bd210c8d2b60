"""The engine: prepared statements over slots give what planning anew gives, whatever ran before."""

from __future__ import annotations

import multiprocessing
import os

import pyarrow as pa
import pytest

from transforms.conform.engine import engine

SQL = "SELECT place, clean_name(name) AS name FROM engine_in_test"


def people(count: int) -> pa.Table:
    names = pa.array([f"张 {n}" for n in range(count)], pa.string())
    return pa.table({"place": pa.array(range(count), pa.int64()), "name": names})


@pytest.mark.parametrize("counts", [(0, 3, 0, 1), (20_000, 1, 0, 20_000)])
def test_each_run_sees_the_rows_put_in(counts: tuple[int, ...]) -> None:
    for count in counts:
        prepared = engine().run_prepared(SQL, "engine_in_test", people(count)).sort_by("place")
        assert prepared.num_rows == count
        assert prepared.equals(engine().run(SQL, "engine_in_test", people(count)).sort_by("place"))


def test_a_relation_keeps_its_columns() -> None:
    engine().run(SQL, "engine_in_test", people(1))
    with pytest.raises(ValueError, match="engine_in_test"):
        engine().run(SQL, "engine_in_test", people(1).drop_columns(["name"]))


def test_rows_are_not_kept_after_a_run() -> None:
    engine().run(SQL, "engine_in_test", people(3))
    assert engine().con.execute("SELECT count(*) FROM engine_in_test").fetchall() == [(0,)]


def _child(queue: multiprocessing.Queue[tuple[int, int]]) -> None:
    queue.put((os.getpid(), engine().run(SQL, "engine_in_test", people(2)).num_rows))


def test_a_forked_child_has_an_engine_of_its_own() -> None:
    parent = engine()
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[tuple[int, int]] = context.Queue()
    child = context.Process(target=_child, args=(queue,))
    child.start()
    pid, rows = queue.get(timeout=60)
    child.join()
    assert (pid != os.getpid(), rows) == (True, 2)
    assert engine() is parent
