"""SQLite through SQLAlchemy, read-only, one transaction for all streams of a platform."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from connectors.deployment import path_under
from connectors.families.base import Opening, Unit, cursor_pattern, text_table
from connectors.ordering import like_shape, sorts_as_text
from schemas.errors import ContractBroken, LiandaoError, SourceMalformed, SourceUnreachable
from schemas.platform_file import StreamFile
from schemas.receipts import Cursor

_FETCH, _FETCHES = 2_000, 10
"""Rows fetched at once, fetches in one unit. More rows at once leave the cache and take half again as long."""


class SqlAlchemySource:
    """A database file of SQLite (``sqlite:path``, relative to the home)."""

    def __init__(self, opening: Opening, parts: SplitResult) -> None:
        self._where = opening.where
        self._path = path_under(opening.home, parts, f"endpoints.{opening.platform.file.access.endpoint}.url")

    def __enter__(self) -> Self:
        self._engine = sa.create_engine(
            "sqlite+pysqlite://", creator=lambda: _read_only(self._path), poolclass=sa.NullPool
        )
        try:
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql("BEGIN")  # one snapshot: without it every SELECT would see its own
        except (DBAPIError, sqlite3.Error):
            raise SourceUnreachable(
                "the database can't be opened",
                where=self._where,
                next_step="check the endpoint's url: the file must be there and readable",
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._engine.dispose()

    def read(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        """The table's rows in slices; the first unit carries the count of the same snapshot."""
        where = f"{self._where} {stream.source}"
        try:
            table = self._table(stream, where)
            filters = _since(table, stream, cursor)
            declared = self._connection.execute(
                sa.select(sa.func.count()).select_from(table).where(*filters)
            ).scalar_one()
            yield from self._slices(stream, table, filters, declared)
        except (DBAPIError, sqlite3.Error) as error:
            raise self._told(error, where) from None

    def _slices(self, stream: StreamFile, table: sa.TableClause, filters: list[Any], declared: int) -> Iterator[Unit]:
        names = [c.name for c in table.columns]
        query = sa.select(*(sa.cast(c, sa.String).label(c.name) for c in table.columns)).where(*filters)
        yield Unit(stream.source, text_table(names, [pa.array([], pa.string()) for _ in names]), declared)
        rows = 0
        # the driver's own cursor: SQLAlchemy's row objects would double the time
        compiled = query.compile(self._engine)
        cursor = self._connection.connection.cursor()
        cursor.execute(str(compiled), tuple(compiled.params[n] for n in compiled.positiontup or ()))
        while parts := list(_fetch(cursor, names)):
            found = pa.concat_tables(parts)
            rows += found.num_rows
            yield Unit(stream.source, found)
        if rows != declared:
            raise SourceMalformed(
                "the query ended early",
                where=f"{self._where} {stream.source}",
                expected=f"{declared} rows",
                found=f"{rows} rows",
                next_step="read it again",
            )

    def _table(self, stream: StreamFile, where: str) -> sa.TableClause:
        try:
            found = sa.inspect(self._connection).get_columns(stream.source)
        except NoSuchTableError:
            raise ContractBroken(
                "the table is not there",
                where=where,
                expected=stream.source,
                next_step="check `source` in the platform file",
            ) from None
        return sa.table(stream.source, *(sa.column(c["name"], sa.String) for c in found))

    def _told(self, error: Exception, where: str) -> LiandaoError:
        cause = getattr(error, "orig", None) or error
        if isinstance(cause, sqlite3.OperationalError) and "decode" in str(cause).lower():
            return SourceMalformed("a value is not text in UTF-8", where=where, next_step="tell the platform's owner")
        if isinstance(cause, sqlite3.OperationalError):
            return SourceUnreachable("the database can't be read", where=where, found=type(cause).__name__)
        return SourceMalformed("the database is damaged or not a database", where=where, found=type(cause).__name__)


def _since(table: sa.TableClause, stream: StreamFile, cursor: Cursor) -> list[Any]:
    if stream.cursor is None or cursor.value is None or stream.cursor not in table.columns:
        return []
    if not sorts_as_text(cursor.value, cursor_pattern(stream)):
        return []  # the whole table; our side judges
    column = sa.cast(table.columns[stream.cursor], sa.String)
    return [sa.or_(column >= cursor.value, column.is_(None), column.not_like(like_shape(cursor.value)))]


def _fetch(cursor: Any, names: list[str]) -> Iterator[pa.Table]:
    for _ in range(_FETCHES):
        if not (part := cursor.fetchmany(_FETCH)):
            return
        yield text_table(names, [pa.array(values, pa.string()) for values in zip(*part, strict=True)])


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
