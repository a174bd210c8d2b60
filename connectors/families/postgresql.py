"""PostgreSQL through ADBC: one REPEATABLE READ, read-only transaction for all streams of a platform.

The cursor's value is bound into a setting of the transaction and read there by the query: a query with parameters can't
use COPY and would take more than twice as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

import pyarrow as pa
from adbc_driver_manager import dbapi as manager
from adbc_driver_postgresql import dbapi

from connectors.deployment import Secret, resolve_secret
from connectors.families.base import Opening, Unit, cursor_pattern
from connectors.ordering import like_shape, sorts_as_text
from schemas.errors import ContractBroken, LiandaoError, SourceMalformed, SourceRefused, SourceUnreachable
from schemas.platform_file import Endpoint, StreamFile
from schemas.receipts import Cursor

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $1 AND n.nspname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_SETTINGS = """
SELECT set_config('TimeZone', $1, true), set_config('DateStyle', 'ISO', true),
       set_config('statement_timeout', '30min', true)
"""
_TIMES = ("timestamp without time zone", "timestamp with time zone", "date")
_REFUSED = ("28", "42501")
_DRIVER = (manager.Error, OSError, pa.ArrowException)
"""What the driver raises: its own errors when it asks, Arrow's while batches stream."""
_GONE = ("08", "57", "53", "40", "XX")


class PostgresSource:
    """A PostgreSQL schema; the endpoint's ``schema_name`` (default ``public``) holds the platform's tables."""

    def __init__(self, opening: Opening, endpoint: Endpoint) -> None:
        access = opening.platform.file.access
        secret = resolve_secret(opening.deployment, access.credential, opening.home) if access.credential else None
        self._address = _address(endpoint.url, secret, f"credentials.{access.credential}")
        self._schema = endpoint.schema_name or "public"
        self._zone = opening.platform.file.timezone
        self._where = opening.where

    def __enter__(self) -> Self:
        try:
            self._connection = dbapi.connect(self._address, autocommit=True)
            self._cursor = self._connection.cursor()
            self._cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._ask(_SETTINGS, (self._zone,))
        except _DRIVER as error:
            raise self._told(error, self._where) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cursor.close()
        self._connection.close()

    def read(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        """The table's rows in record batches; the first unit carries the count of the same snapshot."""
        where = f"{self._where} {stream.source}"
        try:
            columns = dict(self._ask(_COLUMNS, (stream.source, self._schema)))
            if not columns:
                raise ContractBroken(
                    "the table is not there",
                    where=where,
                    expected=f"{self._schema}.{stream.source}",
                    next_step="check `source`, the endpoint's schema_name and the account's grants",
                )
            source = f"FROM {_quoted(self._schema)}.{_quoted(stream.source)}{self._since(stream, columns, cursor)}"
            declared = self._ask(f"SELECT count(*) {source}")[0][0]
            yield from self._batches(stream, list(columns), source, declared)
        except _DRIVER as error:
            raise self._told(error, where) from None

    def _batches(self, stream: StreamFile, columns: list[str], source: str, declared: int) -> Iterator[Unit]:
        chosen = ", ".join(f"{_quoted(name)}::text AS {_quoted(name)}" for name in columns)
        self._cursor.execute(f"SELECT {chosen} {source}")
        rows = 0
        reader = self._cursor.fetch_record_batch()
        yield Unit(stream.source, reader.schema.empty_table(), declared)
        for batch in reader:
            rows += batch.num_rows
            yield Unit(stream.source, pa.Table.from_batches([batch]))
        if rows != declared:
            raise SourceMalformed(
                "the query ended early",
                where=f"{self._where} {stream.source}",
                expected=f"{declared} rows",
                found=f"{rows} rows",
                next_step="read it again",
            )

    def _since(self, stream: StreamFile, columns: dict[str, str], cursor: Cursor) -> str:
        if stream.cursor is None or cursor.value is None or stream.cursor not in columns:
            return ""
        column, kind = _quoted(stream.cursor), columns[stream.cursor]
        self._ask("SELECT set_config('liandao.since', $1, true)", (cursor.value,))
        since = "current_setting('liandao.since')"
        if kind in _TIMES:
            return f" WHERE {column} >= {since}::{kind} OR {column} IS NULL"
        if not sorts_as_text(cursor.value, cursor_pattern(stream)):
            return ""  # the whole table; our side judges
        self._ask("SELECT set_config('liandao.shape', $1, true)", (like_shape(cursor.value),))
        return (
            f' WHERE {column}::text COLLATE "C" >= {since} OR {column} IS NULL'
            f" OR {column}::text NOT LIKE current_setting('liandao.shape')"
        )

    def _ask(self, query: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        self._cursor.execute(query, values or None)
        return list(self._cursor.fetchall())

    def _told(self, error: Exception, where: str) -> LiandaoError:
        """Our error for the driver's. The server's text is left out: it may quote a row."""
        match = re.search(r"SQLSTATE: (\w{5})", str(error))
        state = getattr(error, "sqlstate", None) or (match.group(1) if match else "")
        if state.startswith(_REFUSED) or "authentication failed" in str(error):
            return SourceRefused(
                "the database refuses the account",
                where=where,
                found=f"SQLSTATE {state or '28000'}",
                next_step="check access.credential and the account's grants (SELECT is enough)",
            )
        if not state or state.startswith(_GONE):
            return SourceUnreachable("the database can't be reached", where=where, found=state and f"SQLSTATE {state}")
        return SourceMalformed("the database can't answer the query", where=where, found=f"SQLSTATE {state}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _address(url: str, secret: Secret | None, where: str) -> str:
    parts = urlsplit(url)
    query = parts.query + ("&" if parts.query else "") + "connect_timeout=10&client_encoding=UTF8"
    host = parts.netloc.rpartition("@")[2]
    if secret is None:
        return urlunsplit(parts._replace(query=query))
    user, password = secret.user_and_password(where)
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}", query=query))
