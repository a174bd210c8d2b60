"""Is a platform file right? Everything that can be known without asking the platform is checked on loading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import Column, Date, DateTime, Table

from connectors.values import value_problem
from schemas.columns import meta_of
from schemas.platform_file import EVENT_TIME, Access, LineFile, PlatformFile, StreamFile
from schemas.rules import Required
from schemas.tables.intake import STREAM_TABLES
from schemas.typed_yaml import Problem

OURS = frozenset({"record_id", "platform_id", "batch_id", "landed_row"})
"""Columns that the flow fills; a platform file may not."""
RESERVED = frozenset({"_row", "_unit", "_unit_row"})
"""Columns that landing adds; a source field of that name could not be landed."""
_CRON = re.compile(r"^(\S+\s+){4}\S+$")
_HTTP, _FILES = ("http_page", "http_cursor"), ("sftp_files", "folder_files")


def verify_line(file: LineFile) -> list[Problem]:
    """Problems of a line's description."""
    if _CRON.match(file.schedule.strip()):
        return []
    return [Problem(("schedule",), "is not a cron line of five parts", expected="for example 30 1 * * *")]


def verify_platform(file: PlatformFile) -> list[Problem]:
    """Every problem of a platform file, in no particular order; empty when it is right."""
    problems = [*_access(file.access), *_dates(file), *_regions(file), *_masked(file)]
    for name, stream in file.streams.items():
        table = STREAM_TABLES[name]
        for check in (_fields, _key_and_cursor, _required, _codes, _formats, _constants, _ignored):
            problems += [
                Problem(("streams", name, *p.path), p.sentence, p.expected, p.next_step) for p in check(stream, table)
            ]
        problems += [Problem(("streams", name, *p.path), p.sentence, p.expected) for p in _where(stream, file.access)]
    return problems


def _access(access: Access) -> Iterator[Problem]:
    if access.paging is not None and access.family not in _HTTP:
        yield Problem(("access", "paging"), f"family {access.family} does not page")
    if access.requests_per_second is not None and (access.family not in _HTTP or access.requests_per_second <= 0):
        yield Problem(("access", "requests_per_second"), "is a positive number, for families over HTTP")
    if access.family == "sftp_files" and access.credential is None:
        yield Problem(("access", "credential"), "SFTP needs one")
    if (access.format is not None) != (access.family in _FILES):
        yield Problem(("access", "format"), "is needed by the families of files, and by no other")
    if access.format is not None:
        kind = access.format.type
        if (access.format.record_tag is not None) != (kind == "xml"):
            yield Problem(("access", "format", "record_tag"), "is needed by xml, and by no other type")
        if access.format.sheet is not None and kind != "xlsx":
            yield Problem(("access", "format", "sheet"), f"{kind} has no sheets")
        if access.format.header_row < 1 or (access.format.header_row > 1 and kind != "xlsx"):
            yield Problem(("access", "format", "header_row"), "counts from 1; only xlsx may have title lines above")
        if len(access.format.delimiter) != 1:
            yield Problem(("access", "format", "delimiter"), "is one character")


def _where(stream: StreamFile, access: Access) -> Iterator[Problem]:
    source = stream.source
    if access.family in _FILES and ("/" in source or "\\" in source or ".." in source or not source.strip()):
        yield Problem(
            ("source",), "is a file pattern within the endpoint's folder, without a path", expected="dbsq_*.csv"
        )
    if access.family in _HTTP and (re.search(r"[?#\\\s]|://|^//", source) or ".." in PurePosixPath(source).parts):
        yield Problem(("source",), "is a path below the endpoint's address", expected="api/v1/forms")
    if access.family == "sql" and (not source or "\x00" in source):
        yield Problem(("source",), "is the name of a table")


def _dates(file: PlatformFile) -> Iterator[Problem]:
    if file.retired is not None and file.retired < file.go_live:
        yield Problem(("retired",), "lies before go_live")


def _regions(file: PlatformFile) -> Iterator[Problem]:
    for number, code in enumerate(file.eligible.regions):
        if not (code.isdigit() and len(code) in (4, 6, 9, 12)):
            yield Problem(("eligible", "regions", number), "is not a region code", expected="4, 6, 9 or 12 digits")


def _masked(file: PlatformFile) -> Iterator[Problem]:
    mapped = {c for s in file.streams.values() for c in s.fields.values()}
    for number, column in enumerate(file.masked):
        if column not in mapped:
            yield Problem(("masked", number), f"{column} is mapped by no stream")


def _fields(stream: StreamFile, table: Table) -> Iterator[Problem]:
    for source, column in stream.fields.items():
        if column not in table.columns or column in OURS:
            yield Problem(
                ("fields", source),
                f"{table.name} has no column {column} to map to",
                expected=", ".join(c.name for c in table.columns if c.name not in OURS),
            )
        if source in RESERVED:
            yield Problem(("fields", source), "this name is taken by landing")
    targets = [*stream.fields.values(), *stream.constants]
    for column in (c for c, n in Counter(targets).items() if n > 1):
        sources = ", ".join(
            [s for s, c in stream.fields.items() if c == column] + ["constants"] * (column in stream.constants)
        )
        yield Problem(("fields",), f"{column} is filled more than once: {sources}")


def _key_and_cursor(stream: StreamFile, table: Table) -> Iterator[Problem]:
    if stream.fields.get(stream.key) != "source_key":
        yield Problem(
            ("key",), "is to be a field mapped to source_key", expected=f"{stream.key}: source_key under fields"
        )
    event = EVENT_TIME[meta_stream(table)]
    if stream.cursor is not None and stream.fields.get(stream.cursor) not in ("changed_at", event):
        yield Problem(
            ("cursor",), f"is to be a field mapped to changed_at (or to {event}, when the source has no other time)"
        )


def meta_stream(table: Table) -> str:
    """The stream that fills an intake table."""
    return next(name for name, one in STREAM_TABLES.items() if one is table)


def _required(stream: StreamFile, table: Table) -> Iterator[Problem]:
    filled = {*stream.fields.values(), *stream.constants}
    for col in table.columns:
        needed = any(isinstance(rule, Required) for rule in meta_of(col).rules) and col.name not in OURS
        if not needed or col.name in filled:
            continue
        if col.name == "changed_at" and EVENT_TIME[meta_stream(table)] in filled:
            continue  # conform takes the change time from the event's own time
        yield Problem(("fields",), f"{col.name} is required and neither mapped nor constant")


def _codes(stream: StreamFile, table: Table) -> Iterator[Problem]:
    for column, mapping in stream.codes.items():
        if column not in stream.fields.values() or column not in table.columns:
            yield Problem(("codes", column), "no field is mapped to this column")
            continue
        for source, code in mapping.items():
            if problem := value_problem(table.columns[column], code):
                yield Problem(("codes", column, source), f"{code!r} {problem}")


def _formats(stream: StreamFile, table: Table) -> Iterator[Problem]:
    for column, pattern in stream.formats.items():
        if column not in stream.fields.values() or column not in table.columns:
            yield Problem(("formats", column), "no field is mapped to this column")
        elif not isinstance(table.columns[column].type, Date | DateTime):
            yield Problem(("formats", column), "only dates and times have a pattern")
        elif not _reads_back(pattern):
            yield Problem(
                ("formats", column), "is not a strptime pattern that gives a date", expected="%Y-%m-%d %H:%M:%S"
            )


def _reads_back(pattern: str) -> bool:
    moment = datetime(2026, 9, 30, 23, 58, 59)  # noqa: DTZ001 - any moment will do
    try:
        return datetime.strptime(moment.strftime(pattern), pattern).date() == moment.date()  # noqa: DTZ007
    except (ValueError, re.error):
        return False


def _constants(stream: StreamFile, table: Table) -> Iterator[Problem]:
    for column, value in stream.constants.items():
        if column not in table.columns or column in OURS | {"source_key", "changed_at"}:
            yield Problem(("constants", column), f"{table.name} has no such column, or it can't be constant")
        elif problem := value_problem(_column(table, column), value):
            yield Problem(("constants", column), f"{value!r} {problem}")


def _column(table: Table, name: str) -> Column[object]:
    return table.columns[name]


def _ignored(stream: StreamFile, _: Table) -> Iterator[Problem]:
    for number, name in enumerate(stream.ignore):
        if name in stream.fields or stream.ignore.index(name) != number:
            yield Problem(("ignore", number), f"{name} is mapped too, or stands twice")
        if name in RESERVED:
            yield Problem(("ignore", number), "this name is taken by landing")
