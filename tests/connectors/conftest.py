"""A home and platforms to read, made by hand; servers on loopback that are real servers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn

from connectors.extract import extract
from connectors.landing import landing_schema
from schemas.expect import RowsBefore
from schemas.platform_file import Deployment, Platform, PlatformFile
from schemas.receipts import Cursor, Landed, LandedStream
from tests.project_folder import ProjectFolder, project_at

USAGE_FIELDS = {
    "rz_id": "source_key",
    "gxsj": "changed_at",
    "sq": "community_code",
    "zhlx": "account_kind_code",
    "czlx": "action_code",
    "czsj": "occurred_at",
}
FIELDS = list(USAGE_FIELDS)


def usage_row(number: int, changed: str | None = None, **other: Any) -> dict[str, Any]:
    """One row of an operation log; ``number`` gives key and second of change."""
    stamp = changed or f"2026-07-01 {number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    row = {"rz_id": f"{number:06d}", "gxsj": stamp, "sq": "439900001001", "zhlx": "worker", "czlx": "create"}
    return {**row, "czsj": stamp, **other}


def usage_rows(count: int) -> list[dict[str, Any]]:
    """``count`` rows, a second apart."""
    return [usage_row(n) for n in range(count)]


@dataclass
class Bench:
    """A home with one platform ``rizhi`` whose access a test decides, read run after run."""

    home: Path
    access: dict[str, Any] = field(default_factory=dict)
    endpoint: dict[str, Any] = field(default_factory=dict)
    stream: dict[str, Any] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    cursor: Cursor = field(default_factory=Cursor)
    landed: RowsBefore = field(default_factory=RowsBefore)
    runs: int = 0

    def platform(self) -> Platform:
        """The platform as its file would say."""
        usage = {
            "source": "rizhi",
            "key": "rz_id",
            "cursor": "gxsj",
            "expect": {"floor": 0, "ceiling": 10**6},
            "fields": USAGE_FIELDS,
            **self.stream,
        }
        file = PlatformFile.model_validate(
            {
                "title": {"zh": "日志", "en": "log"},
                "owner": {"org": "某局"},
                "go_live": "2024-01-01",
                "access": {"endpoint": "here", **self.access},
                "streams": {"usage": usage},
            }
        )
        return Platform(platform_id="rizhi", line_id="grid", file=file, path="rizhi.yml")

    def deployment(self) -> Deployment:
        """The deployment that says where ``here`` is."""
        return Deployment.model_validate(
            {
                "endpoints": {"here": self.endpoint},
                "credentials": self.credentials,
                "scope": ["439900001001"],
                "window_start": "2026-07-01",
                "window_end": "2026-09-30",
            }
        )

    def run(self) -> LandedStream:
        """Extract from where the last run ended."""
        self.runs += 1
        landed = extract(
            self.platform(),
            self.deployment(),
            self.home,
            f"b{self.runs:03d}",
            {"usage": self.cursor},
            {"usage": self.landed},
        )
        folder = self.home / "landing" / "rizhi" / f"b{self.runs:03d}"
        if landed.is_empty:
            assert not folder.exists(), "nothing new, nothing to keep"
        else:
            assert Landed.read(folder / "landed.json") == landed
        self.cursor = landed.streams[0].cursor_after
        return landed.streams[0]

    def table(self, stream: LandedStream) -> pa.Table:
        """What was landed."""
        empty = landing_schema(stream.fields).empty_table()
        return pa.concat_tables([empty, *(pq.read_table(self.home / f.path) for f in stream.files)])

    def keys(self, stream: LandedStream, column: str = "rz_id") -> list[str]:
        """One column of what was landed."""
        values: list[str] = self.table(stream).column(column).to_pylist()
        return values


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ProjectFolder]:
    """A project of the test's own, in use."""
    with project_at(tmp_path / "project") as made:
        yield made


class _Stage:
    """An ASGI server on loopback whose application changes from test to test (starting one costs 0.2 s)."""

    def __init__(self) -> None:
        self.app: Callable[..., Any] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = uvicorn.Config(
            self._answer, host="127.0.0.1", port=self.port, log_level="critical", lifespan="off", interface="asgi3"
        )
        self.server = uvicorn.Server(config)
        threading.Thread(target=self.server.run, daemon=True).start()
        while not self.server.started:
            time.sleep(0.005)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@cache
def _stage() -> _Stage:
    return _Stage()


@contextmanager
def served(app: Callable[..., Any]) -> Iterator[str]:
    """An ASGI application on a free port of loopback."""
    stage = _stage()
    stage.app = app
    yield f"http://127.0.0.1:{stage.port}"
