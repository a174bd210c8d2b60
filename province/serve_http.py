"""Platforms that answer over HTTP: page numbers or cursors, tokens, vendors' envelopes, slowness, 429 and 503."""

from __future__ import annotations

import asyncio
import base64
import hmac
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, overload

import orjson
import pyarrow as pa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from province.estate_access import paging_of, source_of
from province.habits import Habit
from province.serve_store import JSON, load_rows
from schemas.platform_file import Paging

SLOW_S = 0.6
"""How long a slow platform thinks before each page."""
EVERY = 8
"""A platform with a limit on requests refuses every so-manieth one."""
LARGEST_PAGE = 5000
ROWS_HERE = "\x00rows\x00"


class JsonRows:
    """One stream's rows as JSON text, in order of change; ``len`` is the number of rows."""

    def __init__(self, path: Path, as_of: datetime) -> None:
        rows = load_rows(path, as_of).select(["_time", JSON]).combine_chunks()
        self._times = _Times(rows.column("_time"))
        self._count: int = rows.num_rows
        chunks = rows.column(JSON).chunks
        self._text: pa.StringArray = chunks[0] if chunks else pa.nulls(0, pa.string())

    def __len__(self) -> int:
        return self._count

    def first_since(self, since: str | None) -> int:
        """Number of rows changed before ``since`` (as the platform writes times)."""
        return bisect_left(self._times, since) if since else 0

    def slice_text(self, start: int, stop: int) -> bytes:
        """Rows ``start`` to ``stop`` as comma-separated JSON objects: one cut out of one buffer."""
        piece = self._text.slice(start, max(stop - start, 0))
        if not len(piece):
            return b""
        _, offsets, text = piece.buffers()
        bounds = memoryview(offsets).cast("i")
        begin, end = bounds[piece.offset], bounds[piece.offset + len(piece)]
        return bytes(memoryview(text)[begin : end - 1])


class _Times(Sequence[str]):
    """Change times for bisection, without making them all Python strings."""

    def __init__(self, times: pa.ChunkedArray) -> None:
        self._times = times

    def __len__(self) -> int:
        return len(self._times)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _Times(self._times[index])
        return str(self._times[index].as_py())


class HttpPlatform:
    """One platform behind ``/<platform_id>/…``. ``streams``: resource -> rows."""

    def __init__(self, habit: Habit, token: str, folder: Path, as_of: datetime, *, is_down: bool) -> None:
        self.habit, self.paging, self.is_down = habit, paging_of(habit), is_down
        self._expected = f"Bearer {token}".encode()
        self._asked = 0
        self.streams = {
            source_of(habit, stream): JsonRows(folder / habit.platform_id / f"{stream}.arrow", as_of)
            for stream in habit.streams
        }

    async def answer(self, request: Request) -> Response:
        """One page, or the reason why not."""
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        if self.habit.is_slow:
            await asyncio.sleep(SLOW_S)
        rows = self.streams.get(request.path_params["resource"])
        if rows is None:
            return _problem(404, "no such resource")
        try:
            return Response(self._page(rows, request), media_type="application/json")
        except ValueError:
            return _problem(400, "parameters not understood")

    def _refuse(self, request: Request) -> Response | None:
        if self.is_down:
            return _problem(503, "under maintenance")
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._expected):
            return _problem(401, "token missing or wrong")
        self._asked += 1
        if self.habit.is_rate_limited and self._asked % EVERY == 0:
            return _problem(429, "too many requests", {"Retry-After": "1"})
        return None

    def _page(self, rows: JsonRows, request: Request) -> bytes:
        asked, paging = request.query_params, self.paging
        size = min(max(int(asked.get(paging.size_parameter, paging.size)), 1), LARGEST_PAGE)
        first = rows.first_since(asked.get(paging.since_parameter))
        if self.habit.family == "http_cursor":
            start = _position(asked.get(paging.cursor_parameter), first)
        else:
            start = first + (max(int(asked.get(paging.page_parameter, 1)), 1) - 1) * size
        stop = min(start + size, len(rows))
        following = _cursor(stop) if self.habit.family == "http_cursor" and stop < len(rows) else None
        head, tail = envelope(paging, len(rows) - first, following, self.habit.family == "http_cursor").split(_MARK)
        return head + b"[" + rows.slice_text(start, stop) + b"]" + tail


_MARK = orjson.dumps(ROWS_HERE)


def envelope(paging: Paging, total: int, following: str | None, has_cursor: bool) -> bytes:
    """The JSON around the rows, with :data:`ROWS_HERE` where they go."""
    body: dict[str, Any] = {"msg": "success"}
    if paging.code:
        _put(body, paging.code, paging.ok)
    if paging.total:
        _put(body, paging.total, total)
    if has_cursor:
        _put(body, paging.next, following)
    _put(body, paging.rows, ROWS_HERE)
    return orjson.dumps(body)


def http_app(platforms: dict[str, HttpPlatform]) -> Starlette:
    """The application that answers for every HTTP platform."""

    async def answer(request: Request) -> Response:
        platform = platforms.get(request.path_params["platform_id"])
        return _problem(404, "no such platform") if platform is None else await platform.answer(request)

    return Starlette(routes=[Route("/{platform_id}/{resource:path}", answer)])


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        body = body.setdefault(key, {})
    body[last] = value


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"row:{position}".encode()).decode()


def _position(cursor: str | None, first: int) -> int:
    if not cursor:
        return first
    return max(int(base64.urlsafe_b64decode(cursor).decode().removeprefix("row:")), 0)


def _problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = orjson.dumps({"code": status, "msg": message})
    return Response(body, status_code=status, headers=headers, media_type="application/json")
