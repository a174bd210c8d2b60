"""Files of regions that others made, read into one listing: what is a region of ours in them, and what they left open.

Known are our own columns, lists with validity and successor, china-division's files, and the statistics bureau's lists
with Chinese headings; CSV or XLSX, a title above the headings or none. docs/regions.md shows them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.formats.xlsx import read_sheets
from liandao import region_words as words
from liandao.answers.plain import RegionPart
from liandao.text_evidence import decode
from schemas.errors import ConfigurationError, SourceMalformed
from schemas.regions import (
    COMMUNITY,
    DECLARED,
    DERIVED,
    LEVELS,
    Region,
    Successor,
    kind_by_code,
    level_by_code,
    prefix_of,
)

HEADINGS_WITHIN = 20
"""Rows from the top among which the headings are looked for."""
HEAD = 10_000
"""Characters within which a title and the headings stand."""
MOST_TOLD = 50
DELIMITERS = ",\t;|"
Table = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """``rows``: every version in the files, parents as they are named there; ``place``: where a code was read, as
    file:line; ``without_parent``: codes for which the files name none; ``repeated``: rows that say the same again."""

    rows: tuple[Region, ...]
    parts: tuple[RegionPart, ...]
    place: Mapping[str, str]
    without_parent: frozenset[str]
    repeated: int = 0


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    only: tuple[str, ...]
    regions: dict[tuple[str, str], Region] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    without_parent: set[str] = field(default_factory=set)
    parts: list[RegionPart] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    repeated: int = 0


def read_listing(paths: Sequence[Path], only: Sequence[str] = ()) -> Listing:
    """What the files say of regions whose codes begin with one of ``only``, and of the regions above these.

    Raises ConfigurationError: a file that can't be read, without the headings, or with mistakes; all of them at once.
    """
    reading = _Reading(tuple(only))
    for path in paths:
        for name, encoding, evidence, table in _tables(path):
            _read_table(reading, name, encoding, evidence, table)
    if reading.mistakes:
        raise listing_error(reading.mistakes)
    if not reading.regions:
        raise ConfigurationError(
            "no region was found in what was given",
            where=", ".join(map(str, paths)),
            expected=f"codes that begin with {' or '.join(only)}" if only else "rows below the headings",
            found=f"{sum(part.rows for part in reading.parts)} rows",
        )
    rows = tuple(reading.regions.values())
    return Listing(rows, tuple(reading.parts), reading.place, frozenset(reading.without_parent), reading.repeated)


def listing_error(mistakes: Sequence[str]) -> ConfigurationError:
    """The error that tells the mistakes, each a sentence that begins with its place."""
    rest = len(mistakes) - MOST_TOLD
    return ConfigurationError(
        f"{len(mistakes)} problem(s) in what was to be brought in; nothing was changed",
        where=mistakes[0].split(": ", 1)[0],
        found="\n    ".join([*mistakes[:MOST_TOLD], *([f"and {rest} more"] if rest > 0 else [])]),
        next_step="correct the file, then run the command again",
    )


def _tables(path: Path) -> Iterator[tuple[str, str, str, Table]]:
    """Name, encoding, evidence and rows of each table in a file; sheets without our headings are none."""
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".xlsx":
            sheets = read_sheets(data, path.name)
            found = {name: rows for name, rows in sheets.items() if _find_headings(rows) is not None} or sheets
            yield from ((f"{path.name}[{name}]", "xlsx", "", rows) for name, rows in found.items())
            return
        text, encoding, evidence = decode(data)
        yield path.name, encoding, evidence, _csv_rows(text)
    except (OSError, ValueError, csv.Error, SourceMalformed) as broken:
        raise ConfigurationError(
            "the file can't be read",
            where=str(path),
            expected="CSV in UTF-8 or GB18030, or an XLSX workbook",
            found=broken.message if isinstance(broken, SourceMalformed) else str(broken),
        ) from None


def _csv_rows(text: str) -> Table:
    head = "\n".join(text[:HEAD].splitlines()[:HEADINGS_WITHIN])
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Sequence[str]] = []
    for row in reader:
        rows.extend([] for _ in range(reader.line_num - len(rows) - 1))  # rows are counted by their lines
        rows.append(row)
    return rows


def _find_headings(table: Table) -> int | None:
    """The row of the headings: the first that names a code and a name."""
    for number, row in enumerate(table[:HEADINGS_WITHIN]):
        if {words.CODE, words.NAME} <= {words.column_of(cell) for cell in row}:
            return number
    return None


def _read_table(reading: _Reading, name: str, encoding: str, evidence: str, table: Table) -> None:
    top = _find_headings(table)
    if top is None:
        raise _no_headings(name, table)
    columns, passed_over = _columns(name, table[top])
    rows = asked = 0
    at, heads = columns[words.CODE], {prefix[:2] for prefix in reading.only}
    for number, cells in enumerate(table[top + 1 :], start=top + 2):
        if heads and len(cells) > at and cells[at][:2].isdigit() and cells[at][:2] not in heads:
            rows += 1  # another province: a country has six hundred thousand rows
            continue
        values = {column: cells[at].strip() if at < len(cells) else "" for column, at in columns.items()}
        if any(values.values()):
            rows += 1
            asked += _read_row(reading, f"{name}:{number}", values)
    reading.parts.append(RegionPart(name, encoding, evidence, rows, asked, passed_over))


def _no_headings(name: str, table: Table) -> ConfigurationError:
    first = next((row for row in table if any(row)), [])
    known = "; ".join(f"{column}: {', '.join(names)}" for column, names in words.HEADINGS.items())
    missing = [c for c in (words.CODE, words.NAME) if c not in {words.column_of(cell) for cell in first}]
    return ConfigurationError(
        f"no column is known as the {' and the '.join(missing or ['headings'])}",
        where=name,
        expected=known,
        found=", ".join(cell[:30] for cell in first[:12]) or "no row",
        next_step="give the columns one of these headings",
    )


def _columns(name: str, headings: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each column of ours stands, and the headings that nothing is taken from."""
    columns: dict[str, int] = {}
    passed_over = []
    for at, heading in enumerate(headings):
        column = words.column_of(heading)
        if column is not None and column in columns:
            raise ConfigurationError(
                f"two columns are known as the {column}", where=name, found=f"{headings[columns[column]]}, {heading}"
            )
        if column is not None:
            columns[column] = at
        elif heading.strip() and not words.is_implied(heading):
            passed_over.append(heading.strip())
    return columns, tuple(passed_over)


def _read_row(reading: _Reading, place: str, values: dict[str, str]) -> bool:
    """Take one row in; returns whether it was asked for."""
    code = words.full_code(values[words.CODE])
    if code is None:
        reading.mistakes.append(f"{place}: {_wrong_code(values[words.CODE])}")
        return False
    if reading.only and not any(code.startswith(p) or _lies_above(code, p) for p in reading.only):
        return False
    mistakes = [f"{place}: {sentence}" for sentence in _mistakes(values)]
    if mistakes:
        reading.mistakes += mistakes
        return False
    _keep(reading, place, _region(code, values))
    if not values.get(words.PARENT):
        reading.without_parent.add(code)
    return True


def _lies_above(code: str, prefix: str) -> bool:
    above = prefix_of(code)
    return prefix.startswith(above) and len(above) < len(prefix)


def _wrong_code(text: str) -> str:
    if "E+" in text.upper():
        return f"code {text[:30]!r} went through a spreadsheet that kept some of its digits; ask for the file as text"
    return f"code {text[:30]!r} is not 2, 4, 6, 9 or 12 digits"


def _mistakes(values: Mapping[str, str]) -> Iterator[str]:
    if not values[words.NAME]:
        yield "the name is empty"
    level, kind = values.get(words.LEVEL), values.get(words.KIND)
    if level and words.level_of(level) is None:
        yield f"level {level[:30]!r} is none of {', '.join(LEVELS)}"
    if kind and words.kind_of(kind) is None:
        yield f"kind {kind[:30]!r} is neither village (村) nor residents (居)"
    if (parent := values.get(words.PARENT)) and words.full_code(parent) is None:
        yield f"parent: {_wrong_code(parent)}"
    for column in (words.FROM, words.TO):
        if (text := values.get(column)) and words.day_of(text) is None:
            yield f"{column} {text[:30]!r} is not a date such as 2026-08-01"
    if None in _successors(values.get(words.SUCCESSORS, "")):
        yield f"successors {values[words.SUCCESSORS][:60]!r} are not codes, parted by spaces or semicolons"


def _successors(text: str) -> list[Successor | None]:
    """Successors with their shares; None for a part that is none."""
    parts = (part.partition(":") for part in text.translate(str.maketrans(";；,，、", " " * 5)).split())
    return [_successor(code, share) for code, _, share in parts]


def _successor(code: str, share: str) -> Successor | None:
    full = words.full_code(code)
    try:
        return Successor(full, float(share) if share else None) if full else None
    except ValueError:
        return None


def _region(code: str, values: Mapping[str, str]) -> Region:
    level = words.level_of(values.get(words.LEVEL, "")) or level_by_code(code)
    stated = words.kind_of(values.get(words.KIND, "")) if level == COMMUNITY else None
    kind = stated or (kind_by_code(code) if level == COMMUNITY else "")
    successors = tuple(s for s in _successors(values.get(words.SUCCESSORS, "")) if s is not None)
    if len(successors) == 1:
        successors = (Successor(successors[0].code, 1.0),)
    return Region(
        code,
        values[words.NAME],
        level,
        words.full_code(values.get(words.PARENT, "")) or "",
        kind,
        DECLARED if stated else DERIVED if kind else "",
        words.day_of(values.get(words.FROM, "")),
        words.day_of(values.get(words.TO, "")),
        successors,
    )


def _keep(reading: _Reading, place: str, region: Region) -> None:
    """A region that stands in the files more than once counts once: a city without counties stands among the counties
    too, and so on. Of two levels the upper one is meant."""
    key = (region.code, str(region.first_day))
    other = reading.regions.get(key)
    if other is None:
        reading.regions[key] = region
        reading.place.setdefault(region.code, place)
    elif (other.zh, other.valid_to, other.successors) != (region.zh, region.valid_to, region.successors):
        reading.mistakes.append(f"{place}: {region.code} stands in {reading.place[region.code]} too, and differs")
    else:
        reading.repeated += 1
        reading.regions[key] = min(other, region, key=lambda r: LEVELS.index(r.level))
