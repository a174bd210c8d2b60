"""Families ``http_page`` and ``http_cursor``: JSON rows in an envelope, page after page.

What the platform has to keep: ``GET {endpoint}/{source}?page=&size=[&since=]`` (or ``?cursor=&size=[&since=]``) with a
bearer token answers an envelope (:class:`schemas.platform_file.Paging`). With ``since`` it answers the rows whose
change time is ``>= since``; ``total``, where there is one, counts those rows. A stream with a cursor is answered in
order of (change time, key), also without ``since``.

How nothing is lost while rows change under our feet:

1. Page numbers shift: when a row of page 1 is edited while page 2 is read, it moves to the end and every later row
   moves up by one, so that the first row of the next page is never seen, and the total does not even change. A stream
   with a cursor is therefore not read by page number but by *seeking*: each page is page 1 of ``since = the last
   change time seen``; rows seen at that very time are recognised and not taken twice. Only when a whole page has one
   and the same change time do page numbers go on, and then the page before is read once more to see that nothing
   moved.
2. A stream without a cursor can only be *walked* by page number. A total that changes or a key that comes twice shows
   that rows moved; the walk then starts again, three times at most. (A deletion and an insertion between two pages that
   leave both unchanged can't be seen from outside: declare a cursor where the platform has one.)
3. With server-side cursors (``http_cursor``) the platform answers for the order; a cursor or page that comes twice is
   a loop.
4. In the end rows read are compared with the total declared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from connectors.deployment import resolve_endpoint, resolve_secret
from connectors.edge import Edge
from connectors.families.base import Opening, Unit, cursor_pattern
from connectors.families.envelope import Page, read_page
from connectors.families.http_client import HttpClient, HttpLimits
from connectors.ordering import order_key
from schemas.errors import SourceMalformed, SourceUnreachable
from schemas.platform_file import Paging, StreamFile
from schemas.receipts import Cursor

_WALKS = 3


class HttpSource:
    """An HTTP platform; see the module for how it is read."""

    def __init__(self, opening: Opening, limits: HttpLimits | None = None) -> None:
        access = opening.platform.file.access
        endpoint, _ = resolve_endpoint(opening.deployment, access.endpoint, opening.schemes)
        token = resolve_secret(opening.deployment, access.credential, opening.home) if access.credential else None
        self._limits = limits or HttpLimits()
        self._client = HttpClient(endpoint.url, token, opening.where, access.requests_per_second, self._limits)
        self._paging = access.paging or Paging()
        self._by_cursor = access.family == "http_cursor"
        self._where = opening.where

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def read(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        """Pages of one stream as units."""
        if self._by_cursor:
            return self._follow(stream, cursor)
        return self._seek(stream, cursor) if stream.cursor else self._walk(stream)

    def _page(self, stream: StreamFile, since: str | None, page: int | None = None, token: str | None = None) -> Page:
        paging = self._paging
        parameters = {paging.size_parameter: str(paging.size)}
        if page is not None:
            parameters[paging.page_parameter] = str(page)
        if since is not None:
            parameters[paging.since_parameter] = since
        if token is not None:
            parameters[paging.cursor_parameter] = token
        where = f"{self._where} {stream.source}"
        try:
            return read_page(self._client.get(stream.source, parameters), paging, where)
        except SourceMalformed:  # cut off on the way, or a gateway's error page: worth one more try
            return read_page(self._client.get(stream.source, parameters), paging, where)

    def _seek(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        position, since, page, rows = Cursor(), cursor.value, 1, 0
        declared, reached, before = None, 0, None
        for number in range(1, self._limits.pages + 1):
            answer = self._page(stream, since, page)
            declared = answer.total if number == 1 else declared
            self._check_order(answer.table, stream, since)
            if page > 1:
                self._check_still(stream, since, page - 1, before, answer)
            edge = Edge(position, stream.cursor, cursor_pattern(stream))
            is_new = edge.new_rows(answer.table)
            new = answer.table if is_new is None else answer.table.filter(is_new)
            position, rows, reached = edge.after(), rows + new.num_rows, reached + answer.table.num_rows
            yield Unit(f"{stream.source} page {number}", new, declared)
            if answer.table.num_rows == 0 or (answer.total is not None and reached >= answer.total):
                self._check_count(stream, cursor, rows, declared)
                return
            if position.value != since and position.value is not None:
                since, page, reached, before = position.value, 1, 0, None
            else:
                page, before = page + 1, answer
        raise self._endless(stream)

    def _walk(self, stream: StreamFile) -> Iterator[Unit]:
        for _ in range(_WALKS):
            pages = self._walk_once(stream)
            if pages is not None:
                total = pages[0].total
                return iter([Unit(f"{stream.source} page {n}", p.table, total) for n, p in enumerate(pages, 1)])
        raise SourceUnreachable(
            "the platform's rows move while they are paged",
            where=f"{self._where} {stream.source}",
            next_step="read it at a quieter hour, or declare a cursor for this stream",
        )

    def _walk_once(self, stream: StreamFile) -> list[Page] | None:
        """All pages, or None when rows moved between them."""
        pages: list[Page] = []
        rows = 0
        while len(pages) < self._limits.pages:
            page = self._page(stream, None, len(pages) + 1)
            if pages and page.total != pages[0].total:
                return None
            if len(pages) and page.table.num_rows and page.table.equals(pages[-1].table):
                raise self._looping(stream)
            pages.append(page)
            rows += page.table.num_rows
            if page.table.num_rows == 0 or (page.total is not None and rows >= page.total):
                return pages if self._is_whole(pages, stream, rows) else None
        raise self._endless(stream)

    def _is_whole(self, pages: list[Page], stream: StreamFile, rows: int) -> bool:
        if pages[0].total is not None and rows != pages[0].total:
            return False
        tables = [p.table for p in pages if stream.key in p.table.column_names]
        keys = pa.chunked_array([c for t in tables for c in t.column(stream.key).chunks], pa.string())
        return int(pc.count_distinct(keys, mode="all").as_py()) == len(keys) if rows else True

    def _follow(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        token, seen, last, rows, declared = None, set[str](), b"", 0, None
        for number in range(1, self._limits.pages + 1):
            page = self._page(stream, cursor.value, None, token)
            declared = page.total if number == 1 else declared
            digest = _digest(page.table)
            if page.next in seen or (digest == last and page.table.num_rows):
                raise self._looping(stream)
            yield Unit(f"{stream.source} page {number}", page.table, declared)
            rows, last, token = rows + page.table.num_rows, digest, page.next
            if token is None:
                self._check_count(stream, cursor, rows, declared)
                return
            seen.add(token)
        raise self._endless(stream)

    def _check_order(self, table: pa.Table, stream: StreamFile, since: str | None) -> None:
        if not table.num_rows or stream.cursor not in table.column_names:
            return  # the contract names the missing field
        pattern = cursor_pattern(stream)
        keys = pc.drop_null(order_key(table.column(stream.cursor), pattern))
        floor = order_key(pa.array([since], pa.string()), pattern)[0].as_py() if since else None
        if len(keys) and floor is not None and keys[0].as_py() < floor:
            raise self._malformed(
                stream,
                "rows older than asked for",
                "no row before `since`",
                "the platform does not keep paging.since_parameter; correct it",
            )
        if pc.any(pc.less(keys[1:], keys[:-1])).as_py():
            raise self._malformed(
                stream,
                "rows are not in order of change time",
                "ascending order of (change time, key)",
                "ask the platform's owner to sort by change time",
            )

    def _check_still(self, stream: StreamFile, since: str | None, page: int, before: Page | None, now: Page) -> None:
        """The page before reads as it did: no row slipped from one page to the other between the two requests."""
        if before is None or not now.table.num_rows:
            return
        if now.table.equals(before.table):
            raise self._looping(stream)
        again = self._page(stream, since, page)
        if not again.table.equals(before.table):
            raise SourceUnreachable(
                "rows of one change time move while they are paged",
                where=f"{self._where} {stream.source}",
                next_step="read it again; raise paging.size if it stays so",
            )

    def _check_count(self, stream: StreamFile, cursor: Cursor, rows: int, declared: int | None) -> None:
        """Rows read are at least those declared; rows that were deleted meanwhile are looked up before complaining."""
        if declared is None or rows >= declared:
            return
        now = self._page(stream, cursor.value, None if self._by_cursor else 1).total
        if now is not None and rows < now:
            raise self._malformed(
                stream,
                f"{rows} rows",
                f"{declared} rows as declared",
                "the answer lacks rows it declares; tell the platform's owner",
            )

    def _malformed(self, stream: StreamFile, found: str, expected: str, step: str) -> SourceMalformed:
        return SourceMalformed(
            "the pages do not add up",
            where=f"{self._where} {stream.source}",
            found=found,
            expected=expected,
            next_step=step,
        )

    def _looping(self, stream: StreamFile) -> SourceMalformed:
        return self._malformed(
            stream, "a page or cursor came twice", "each page once", "check the names in access.paging"
        )

    def _endless(self, stream: StreamFile) -> SourceMalformed:
        return self._malformed(stream, f"more than {self._limits.pages} pages", "an end", "check access.paging")


def _digest(table: pa.Table) -> bytes:
    sink = hashlib.blake2b(digest_size=16)
    for batch in table.combine_chunks().to_batches():
        for column in batch.columns:
            for buffer in column.buffers():
                sink.update(buffer if buffer is not None else b"-")
    return sink.digest()
