"""Platforms that are read by SQL: one PostgreSQL schema each with an account that may only read, or one SQLite file."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from province.estate import timezone_of
from province.estate_access import source_of
from province.habits import Habit
from province.serve_store import load_rows, own_fields

REAL_TIMES = "%Y-%m-%d %H:%M:%S"
"""Platforms that write this pattern keep the change time in a real timestamp column; the others keep text."""


@dataclass(frozen=True, slots=True)
class Account:
    """A platform's schema and the account that may read it. ``may_log_in`` is False for a platform that is down."""

    habit: Habit
    schema: str
    user: str
    password: str
    may_log_in: bool


def write_postgres(address: str, accounts: Iterable[Account], data: Path, as_of: datetime) -> None:
    """Create schemas, tables, rows and accounts, all in one transaction. ``address``: of an account that may do so."""
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for account in accounts:
            schema = sql.Identifier(account.schema)
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            for stream in account.habit.streams:
                _write_table(
                    cursor, account, stream, load_rows(data / account.habit.platform_id / f"{stream}.arrow", as_of)
                )
            _grant(cursor, account)


def drop_postgres(address: str, accounts: Iterable[Account]) -> None:
    """Take away what :func:`write_postgres` made; for servers that live on."""
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for account in accounts:
            schema, user = sql.Identifier(account.schema), sql.Identifier(account.user)
            cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (account.user,))
            if cursor.fetchone():
                cursor.execute(sql.SQL("DROP OWNED BY {}").format(user))
                cursor.execute(sql.SQL("DROP ROLE {}").format(user))


def _write_table(cursor: psycopg.Cursor, account: Account, stream: str, rows: pa.Table) -> None:
    fields = own_fields(rows)
    table = sql.Identifier(account.schema, source_of(account.habit, stream))
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_column_type(account.habit, stream, name)))
        for name in fields.column_names
    )
    cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(table, columns))
    sink = io.BytesIO()
    pyarrow.csv.write_csv(fields, sink, pyarrow.csv.WriteOptions(include_header=False))
    with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table)) as copy:
        copy.write(sink.getbuffer())


def _column_type(habit: Habit, stream: str, name: str) -> str:
    is_change_time = name == habit.field_names[stream]["changed_at"]
    return "timestamp(0)" if is_change_time and habit.time_pattern == REAL_TIMES else "text"


def _grant(cursor: psycopg.Cursor, account: Account) -> None:
    user, schema = sql.Identifier(account.user), sql.Identifier(account.schema)
    right = sql.SQL("LOGIN" if account.may_log_in else "NOLOGIN")
    cursor.execute(sql.SQL("CREATE ROLE {} {} PASSWORD {}").format(user, right, sql.Literal(account.password)))
    cursor.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(user))
    cursor.execute(sql.SQL("ALTER ROLE {} SET timezone = {}").format(user, timezone_of(account.habit.platform_id)))
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, user))
    cursor.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, user))


def write_sqlite(habit: Habit, data: Path, path: Path, as_of: datetime) -> None:
    """Write a platform's database file anew; it appears under its name only when whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.unlink(missing_ok=True)
    with closing(sqlite3.connect(temporary)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for stream in habit.streams:
            rows = own_fields(load_rows(data / habit.platform_id / f"{stream}.arrow", as_of))
            names = ", ".join(f"{_quoted(name)} TEXT" for name in rows.column_names)
            table = _quoted(source_of(habit, stream))
            connection.execute(f"CREATE TABLE {table} ({names})")
            marks = ", ".join("?" * rows.num_columns)
            values = zip(*(column.to_pylist() for column in rows.columns), strict=True)
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - names of the estate
        connection.commit()
    temporary.replace(path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
