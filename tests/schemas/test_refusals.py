"""What the system refuses has one class, whoever met it: this program, Arrow or the engine."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import DiskFull, LiandaoError, MemoryExhausted, SystemRefused
from schemas.refusals import refusal_of, refusals, require_room
from warehouse.queries import guarded

ENGINE = 'IO Error: Could not write file "/srv/home/build/vault.duckdb": No space left on device'
"""As DuckDB says it (``tests/crash/test_surroundings.py`` has it say so on a disk that is full)."""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_one_error_whoever_writes() -> None:
    def by_us() -> None:
        with open("/dev/full", "wb", buffering=0) as handle:
            handle.write(b"x")

    def by_arrow() -> None:  # given a path, it would remove what is there
        with pa.OSFile("/dev/full", "wb") as sink:
            pq.write_table(pa.table({"a": ["x" * 1000] * 1000}), sink)

    def by_the_engine() -> None:
        with guarded("anything"):
            raise duckdb.IOException(ENGINE)

    for write, where in ((by_us, "/srv"), (by_arrow, "/srv"), (by_the_engine, "/srv/home/build/vault.duckdb")):
        with pytest.raises(DiskFull) as caught, refusals(Path("/srv")):
            write()
        assert caught.value.where == where, write
        assert "MB free" in caught.value.found
        assert "nothing that was there before is lost" in caught.value.next_step


def test_room_is_asked_for_first(tmp_path: Path) -> None:
    require_room(tmp_path, 1)
    with pytest.raises(DiskFull) as caught:
        require_room(tmp_path, 10**18)
    assert caught.value.expected == "1,000,000,000,000.0 MB free"


def test_memory_is_another_one() -> None:
    con = duckdb.connect(config={"memory_limit": "1MB", "max_temp_directory_size": "0KB", "threads": 1})
    with pytest.raises(MemoryExhausted), guarded("anything"):
        con.execute("CREATE TABLE a AS SELECT range AS x, md5(range::VARCHAR) AS y FROM range(1000000)")
    with pytest.raises(MemoryExhausted), refusals():
        raise MemoryError


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_what_is_not_allowed_names_its_place(number: int) -> None:
    with pytest.raises(SystemRefused) as caught, refusals():
        raise OSError(number, "no", "/srv/home")
    assert (type(caught.value), caught.value.where) == (SystemRefused, "/srv/home")


def test_other_errors_stay_what_they_are() -> None:
    others = (ValueError("No space left on device"), ConnectionRefusedError(111, "no"), duckdb.BinderException("x"))
    for error in others:
        assert refusal_of(error) is None
        with pytest.raises(type(error)), refusals():
            raise error
    with pytest.raises(LiandaoError, match="ours"), refusals():
        raise LiandaoError("ours")
