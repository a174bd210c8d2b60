"""Is a platform file right? Everything that can be known without asking the platform is checked on loading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from pydantic import BaseModel
from sqlalchemy import Date, DateTime, Table

from connectors.families import find_family
from connectors.families.base import Family
from connectors.formats import find_format
from connectors.reader import READER
from connectors.values import choices_of, value_problem
from schemas.columns import table_meta
from schemas.errors import ConfigurationError
from schemas.platform_file import Access, FileFormat, LineFile, PlatformFile, StreamFile
from schemas.project_rules import rules_of
from schemas.rules import Required
from schemas.streams import stream_tables, unknown_kind
from schemas.typed_yaml import Problem, did_you_mean

OURS = frozenset({"record_id", "platform_id", "batch_id", "landed_row"})
"""Columns that the flow fills; a platform file may not."""
RESERVED = frozenset({"_row", "_unit", "_unit_row"})
"""Columns that landing adds; a source field of that name could not be landed."""


def verify_line(file: LineFile) -> list[Problem]:
    """Problems of a line's description."""
    from croniter import croniter

    # A sixth part is seconds to one reader and a year to another.
    if croniter.is_valid(file.schedule) and len(file.schedule.split()) in (1, 5):
        return []
    return [Problem(("schedule",), "is not a cron line of five parts", expected="for example 30 1 * * *")]


def verify_platform(file: PlatformFile) -> list[Problem]:
    """Every problem of a platform file, in no particular order; empty when it is right."""
    family, problems = _family(file.access)
    problems += [*_dates(file), *_regions(file), *_masked(file)]
    for name, stream in file.streams.items():
        if unknown := unknown_kind(name):
            problems.append(Problem(("streams", name), *unknown))
            continue
        table = stream_tables()[name]
        for check in (_fields, _key_and_cursor, _required, _codes, _formats, _constants, _ignored, _optional, _expect):
            problems += [p.below("streams", name) for p in check(stream, table)]
        if family is not None and (problem := _source_problem(stream.source, family)):
            problems.append(problem.below("streams", name, "source"))
    return problems


def _family(access: Access) -> tuple[Family | None, list[Problem]]:
    """The family named, None when there is none, and what is wrong with ``access``."""
    try:
        family = find_family(access.family)
    except ConfigurationError as error:
        return None, [_as_problem(error).below("access", "family")]
    return family, [p.below("access") for p in (*_access(access, family), *_format(access.format, family))]


def _access(access: Access, family: Family) -> Iterator[Problem]:
    if access.paging is not None and not family.pages:
        yield Problem(("paging",), f"family {family.name} does not page")
    if access.requests_per_second is not None and (not family.pages or access.requests_per_second <= 0):
        yield Problem(("requests_per_second",), "is a positive number, for families that page")
    if access.credential is None and family.needs_credential:
        yield Problem(("credential",), f"family {family.name} needs one")
    if access.options and family.options is None:
        yield Problem(("options",), f"family {family.name} has none")
    if family.options is not None:
        yield from (p.below("options") for p in _options_problems(family.options, access.options))


def _format(form: FileFormat | None, family: Family) -> Iterator[Problem]:
    if (form is not None) != family.reads_files:
        yield Problem(("format",), "is needed by the families that read files, and by no other")
    if form is None:
        return
    try:
        options = find_format(form.type).options
    except ConfigurationError as error:
        yield _as_problem(error).below("format", "type")
        return
    for problem in _options_problems(options, form.options):
        yield replace(problem, sentence=f"{problem.sentence} (format {form.type})").below("format")


def _options_problems(model: type[BaseModel], options: dict[str, object]) -> list[Problem]:
    return READER.examine(model, options)[1]


def _as_problem(error: ConfigurationError) -> Problem:
    sentence = ": ".join(filter(None, (error.message, error.found)))
    return Problem((), sentence, error.expected, error.next_step)


def _source_problem(source: str, family: Family) -> Problem | None:
    if family.source_is == "pattern" and ("/" in source or "\\" in source or ".." in source or not source.strip()):
        sentence = "is a file pattern within the endpoint's folder, without a path"
        return Problem((), sentence, expected="for example dbsq_*.csv")
    is_elsewhere = re.search(r"[?#\\\s]|://|^//", source) or ".." in PurePosixPath(source).parts
    if family.source_is == "path" and is_elsewhere:
        return Problem((), "is a path below the endpoint's address", expected="for example api/v1/forms")
    if not source or "\x00" in source:
        return Problem((), "is the name of a table" if family.source_is == "table" else "is empty")
    return None


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
            columns = [c.name for c in table.columns if c.name not in OURS]
            sentence = f"{table.name} has no column {column} to map to{did_you_mean(column, columns)}"
            yield Problem(("fields", source), sentence, expected=f"columns: {', '.join(columns)}")
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
        near = did_you_mean(stream.key, stream.fields)
        sentence = f"is to be a field mapped to source_key{near}"
        yield Problem(("key",), sentence, expected=f"{stream.key}: source_key under fields")
    event = table_meta(table).event_time
    if stream.cursor is not None and stream.fields.get(stream.cursor) not in ("changed_at", event):
        yield Problem(
            ("cursor",), f"is to be a field mapped to changed_at (or to {event}, when the source has no other time)"
        )


def _required(stream: StreamFile, table: Table) -> Iterator[Problem]:
    filled = {*stream.fields.values(), *stream.constants}
    for col in table.columns:
        needed = any(isinstance(rule, Required) for rule in rules_of(col)) and col.name not in OURS
        if not needed or col.name in filled:
            continue
        if col.name == "changed_at" and table_meta(table).event_time in filled:
            continue  # conform takes the change time from the event's own time
        yield Problem(("fields",), f"{col.name} is required and neither mapped nor constant")


def _codes(stream: StreamFile, table: Table) -> Iterator[Problem]:
    for column, mapping in stream.codes.items():
        if column not in stream.fields.values() or column not in table.columns:
            yield Problem(("codes", column), _unmapped(column, stream))
            continue
        for source, code in mapping.items():
            if problem := value_problem(table.columns[column], code):
                yield Problem(("codes", column, source), f"{code!r} {problem}", choices_of(table.columns[column]))


def _unmapped(column: str, stream: StreamFile) -> str:
    return f"no field is mapped to this column{did_you_mean(column, stream.fields.values())}"


def _formats(stream: StreamFile, table: Table) -> Iterator[Problem]:
    for column, pattern in stream.formats.items():
        if column not in stream.fields.values() or column not in table.columns:
            yield Problem(("formats", column), _unmapped(column, stream))
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
            near = did_you_mean(column, [c.name for c in table.columns])
            yield Problem(("constants", column), f"{table.name} has no such column, or it can't be constant{near}")
        elif problem := value_problem(table.columns[column], value):
            yield Problem(("constants", column), f"{value!r} {problem}", choices_of(table.columns[column]))


def _ignored(stream: StreamFile, _: Table) -> Iterator[Problem]:
    for number, name in enumerate(stream.ignore):
        if name in stream.fields or stream.ignore.index(name) != number:
            yield Problem(("ignore", number), f"{name} is mapped too, or stands twice")
        if name in RESERVED:
            yield Problem(("ignore", number), "this name is taken by landing")


def _optional(stream: StreamFile, _: Table) -> Iterator[Problem]:
    for number, name in enumerate(stream.optional):
        if name not in stream.fields:
            near = did_you_mean(name, stream.fields)
            yield Problem(("optional", number), f"{name} is not mapped{near}", expected="source names under fields")
        elif name in (stream.key, stream.cursor):
            yield Problem(("optional", number), f"{name} is the key or the cursor: every row needs it")


def _expect(stream: StreamFile, _: Table) -> Iterator[Problem]:
    floor, ceiling = stream.expect.floor, stream.expect.ceiling
    if floor and ceiling and floor.period == ceiling.period and floor.rows > ceiling.rows:
        yield Problem(("expect", "floor"), f"{floor} lies above the ceiling of {ceiling}")
