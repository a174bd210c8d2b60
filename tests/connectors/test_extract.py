"""A batch lands whole or not at all, and says what it is."""

from __future__ import annotations

import hashlib
import logging
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.extract import extract, is_full_read
from connectors.landing import StreamWriter, sweep
from connectors.probe import probe
from schemas.errors import ContractBroken, SourceUnreachable
from schemas.expect import RowsBefore
from schemas.receipts import Cursor
from tests.connectors.conftest import FIELDS, USAGE_FIELDS, Bench, usage_row


def drop(bench: Bench, count: int, name: str = "a.csv", first: int = 0) -> None:
    rows = [",".join(str(usage_row(n)[f]) for f in FIELDS) for n in range(first, first + count)]
    (bench.home / "drop").mkdir(exist_ok=True)
    (bench.home / "drop" / name).write_text("\n".join([",".join(FIELDS), *rows, ""]), encoding="utf-8")
    bench.access = {"family": "folder_files", "format": {"type": "csv"}}
    bench.endpoint, bench.stream = {"url": "file:drop"}, {"source": "*.csv", **bench.stream}


def test_what_is_landed_is_what_the_receipt_says(bench: Bench) -> None:
    drop(bench, 150_000)
    stream = bench.run()
    path = bench.home / stream.files[0].path
    assert hashlib.sha256(path.read_bytes()).hexdigest() == stream.files[0].sha256
    assert (
        pq.ParquetFile(path).metadata.num_rows == stream.files[0].rows == stream.extracted == stream.landed == 150_000
    )
    assert bench.table(stream).column("_row").to_pylist() == list(range(150_000))
    assert stream.fields == FIELDS
    assert path.stat().st_mode & 0o777 == 0o400
    assert path.parent.stat().st_mode & 0o077 == 0


def test_many_small_units_make_few_row_groups(tmp_path: Path) -> None:
    with StreamWriter(tmp_path, tmp_path / "b", "usage", ["a"]) as writer:
        for number in range(2000):
            writer.write(f"page {number}", pa.table({"a": ["x"] * 100}))
        file = writer.finish()
    metadata = pq.ParquetFile(tmp_path / file.path).metadata
    assert (metadata.num_rows, metadata.num_row_groups) == (200_000, 4)


def test_the_same_batch_twice_is_the_same_receipt(bench: Bench) -> None:
    drop(bench, 3)
    first = bench.run()
    drop(bench, 5, "b.csv", 100)
    again = extract(bench.platform(), bench.deployment(), bench.home, "b001", {}, {})
    assert again.streams == [first]


#  floor | rows of the file | read before | stops
FLOORS = [(10, 10, False, False), (10, 9, False, True), (10, 0, True, False), ("10 per week", 0, False, False)]


@pytest.mark.parametrize(("floor", "rows", "read_before", "stops"), FLOORS)
def test_the_floor_stops(bench: Bench, floor: int | str, rows: int, read_before: bool, stops: bool) -> None:
    bench.stream = {"expect": {"floor": floor}}
    if read_before:
        drop(bench, 10, "earlier.csv", 100)
        bench.run()
    drop(bench, rows)
    if stops:
        with pytest.raises(ContractBroken, match="floor"):
            bench.run()
        assert not list((bench.home / "landing/rizhi").iterdir())
    else:
        assert bench.run().extracted == rows


def test_a_floor_over_a_week_stops_when_a_week_brought_too_little(bench: Bench) -> None:
    moment = datetime(2026, 9, 30, tzinfo=UTC)
    bench.stream = {"expect": {"floor": "10 per week"}}
    bench.landed = RowsBefore(moment).with_batch(moment - timedelta(days=30), 500, moment)
    drop(bench, 9)
    with pytest.raises(ContractBroken, match="floor"):
        bench.run()
    bench.landed = bench.landed.with_batch(moment - timedelta(days=3), 1, moment)
    assert bench.run().extracted == 9


@pytest.mark.parametrize(
    ("family", "cursor", "before", "full"),
    [
        ("http_page", "gxsj", Cursor(), True),
        ("http_page", "gxsj", Cursor("2026-01-01"), False),
        ("http_page", None, Cursor(), True),
        ("sql", None, Cursor(), True),
        ("folder_files", "gxsj", Cursor(), True),
        ("folder_files", None, Cursor(units={"h": "a.csv"}), False),
    ],
)
def test_what_a_full_read_is(bench: Bench, family: str, cursor: str | None, before: Cursor, full: bool) -> None:
    bench.access, bench.stream = {"family": family}, {"cursor": cursor}
    platform = bench.platform()
    assert is_full_read(platform, platform.file.streams["usage"], before) is full


def test_the_ceiling_warns(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.stream = {"expect": {"floor": 0, "ceiling": 2}}
    drop(bench, 3)
    with caplog.at_level(logging.WARNING):
        assert bench.run().extracted == 3
    assert "rizhi.usage: 3 rows in one batch" in caplog.text


def test_a_column_that_came_later_is_null_before(bench: Bench) -> None:
    drop(bench, 2, "b.csv")
    earlier = [f for f in FIELDS if f != "sq"]
    rows = [",".join(str(usage_row(n)[f]) for f in earlier) for n in (7, 8)]
    (bench.home / "drop" / "a.csv").write_text("\n".join([",".join(earlier), *rows]), encoding="utf-8")
    with pytest.raises(ContractBroken, match="mapped field is missing") as caught:
        bench.run()
    assert "optional" in caught.value.next_step
    bench.stream["optional"] = ["sq"]
    assert bench.keys(bench.run(), "sq") == [None, None, "439900001001", "439900001001"]


def test_what_a_crash_left_is_swept(bench: Bench) -> None:
    drop(bench, 3)
    bench.run()
    stray = bench.home / "landing/rizhi/b000"
    stray.mkdir()
    (stray / "usage.parquet.tmp").write_bytes(b"half")
    other = bench.home / "landing/andere/b000"
    other.mkdir(parents=True)
    drop(bench, 1, "later.csv", first=3)
    bench.run()
    assert sorted(p.name for p in (bench.home / "landing/rizhi").iterdir()) == ["b001", "b002"]
    assert other.exists(), "another platform's business"
    assert sweep(bench.home, "nobody") == []


CRASH = """
import os, signal, sys
from pathlib import Path
from connectors import landing
from schemas.receipts import Receipt
from tests.connectors.conftest import Bench
from tests.connectors.test_extract import drop

home, point = Path(sys.argv[1]), sys.argv[2]
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
if point == "before rename":
    landing.StreamWriter.finish = die
if point == "between file and receipt":
    Receipt.write = die
if point == "receipt not renamed":
    Path.replace = lambda self, target: die() if "landed" in str(target) else os.replace(self, target)
bench = Bench(home)
drop(bench, 3)
bench.run()
"""


@pytest.mark.parametrize("point", ["before rename", "between file and receipt", "receipt not renamed"])
def test_killed_anywhere_then_run_again(bench: Bench, point: str) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, str(bench.home), point], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not list(bench.home.glob("landing/*/*/landed.json"))
    drop(bench, 3)
    assert bench.keys(bench.run()) == ["000000", "000001", "000002"]
    left = sorted(p.name for p in (bench.home / "landing/rizhi/b001").iterdir())
    assert left == ["landed.json", "usage.parquet"]


def test_a_full_disk_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    drop(bench, 3)
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        bench.run()
    assert not list((bench.home / "landing/rizhi").iterdir())


def test_receipts_and_logs_hold_no_value(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    drop(bench, 3)
    path = bench.home / "drop" / "a.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("439900001001", "张三丰canary"), encoding="utf-8")
    with caplog.at_level(logging.DEBUG):
        bench.run()
    receipt = (bench.home / "landing/rizhi/b001/landed.json").read_text(encoding="utf-8")
    assert "canary" not in receipt
    assert "canary" not in caplog.text


def test_probe_says_what_it_sees(bench: Bench) -> None:
    drop(bench, 3)
    results = probe(bench.platform(), bench.deployment(), bench.home)
    assert [(r.stream, r.check, r.passed) for r in results] == [
        ("*", "reachable", True),
        ("usage", "fields", True),
        ("usage", "rows", True),
    ]
    assert results[-1].detail == "3 rows in the first unit"
    assert not (bench.home / "landing").exists(), "nothing is taken"


def test_probe_says_what_is_wrong(bench: Bench) -> None:
    drop(bench, 3)
    bench.stream = {"source": "*.csv", "fields": {k: v for k, v in USAGE_FIELDS.items() if k != "sq"}}
    failed = [r for r in probe(bench.platform(), bench.deployment(), bench.home) if not r.passed]
    assert [(r.stream, r.check, type(r.error)) for r in failed] == [("usage", "fields", ContractBroken)]
    bench.endpoint = {"url": "file:nowhere"}
    failed = probe(bench.platform(), bench.deployment(), bench.home)
    assert [(r.stream, r.check, type(r.error)) for r in failed] == [("*", "reachable", SourceUnreachable)]


def test_an_unread_stream_keeps_its_cursor(bench: Bench) -> None:
    drop(bench, 0)
    bench.cursor = Cursor("2026-07-01", ["t"], {"h": "n"})
    stream = bench.run()
    assert stream.cursor_after.value == "2026-07-01"
    assert stream.cursor_after.units["h"] == "n"
