"""``reference/regions.csv``, packed by gzip or not: read with every mistake told, and written.

One row is one version of one region; docs/regions.md describes the columns.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import IO

from schemas.errors import ConfigurationError
from schemas.region_checks import KINDS, Mistake, day_of, mistakes_between_rows, mistakes_in_cells, successors_in
from schemas.regions import COMMUNITY, DECLARED, DERIVED, Region, RegionTable, Successor, kind_by_code

REQUIRED = ("region_code", "name_zh", "level", "parent_code")
OPTIONAL = ("kind", "valid_from", "valid_to", "successor_codes")
MOST_TOLD = 50
"""Mistakes that an error lists; the rest are counted."""
SAME_NAME = 0.75
"""Likeness from which a column that is none of ours is taken for one that is misspelt."""
Rows = Sequence[Sequence[str]]


def read_region_table(path: Path) -> RegionTable:
    """Every version in the file, those of one code in order of time.

    Raises ConfigurationError with all mistakes, each with its line.
    """
    columns = _columns(path, *_rows(path))
    _refuse(path, mistakes_in_cells(columns))
    regions = _regions(columns)
    _refuse(path, mistakes_between_rows(regions))
    return region_table_of(regions)


def region_table_of(regions: Iterable[Region]) -> RegionTable:
    """A table of these versions: those of one code in order of time, otherwise as they come."""
    rows = tuple(regions)
    if len({region.code for region in rows}) < len(rows):
        rows = tuple(sorted(rows, key=lambda region: region.first_day))
    return RegionTable(rows)


def _refuse(path: Path, mistakes: Iterable[Mistake]) -> None:
    found = list(mistakes)
    if found:
        lines = _lines(path)
        others = ("" if m.other is None else f" (line {lines[m.other]})" for m in found)
        raise mistakes_error(path, [(lines[m.row], m.sentence + other) for m, other in zip(found, others, strict=True)])


def mistakes_error(path: Path, mistakes: Iterable[tuple[int, str]]) -> ConfigurationError:
    """The error that tells the mistakes of one file, each with its line."""
    in_order = sorted(mistakes)
    text = [f"line {line}: {sentence}" for line, sentence in in_order[:MOST_TOLD]]
    rest = len(in_order) - len(text)
    return ConfigurationError(
        f"{len(in_order)} problem(s) in {path.name}",
        where=f"{path}:{in_order[0][0]}",
        found="\n    ".join([*text, *([f"and {rest} more"] if rest else [])]),
        next_step="correct it; docs/regions.md describes the columns",
    )


def region_text(table: RegionTable) -> str:
    """The table as CSV, in order of code and time; a kind that was only derived stays empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow((*REQUIRED, *OPTIONAL))
    writer.writerows(_written(region) for region in sorted(table.rows, key=lambda r: (r.code, r.first_day)))
    return buffer.getvalue()


def _written(region: Region) -> tuple[str, ...]:
    kind = region.kind if region.kind_source == DECLARED else ""
    first, last = (day.isoformat() if day else "" for day in (region.valid_from, region.valid_to))
    return (region.code, region.zh, region.level, region.parent, kind, first, last, successor_text(region))


def successor_text(region: Region) -> str:
    """The successors of a version as they stand in the file: codes with their shares, parted by spaces."""
    if len(region.successors) == 1:
        return region.successors[0].code
    return " ".join(s.code if s.share is None else f"{s.code}:{s.share:g}" for s in region.successors)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as handle:
        yield handle


def _rows(path: Path) -> tuple[Sequence[str], Rows]:
    """Headings, and the rows that are not blank."""
    try:
        with _opened(path) as handle:
            reader = csv.reader(handle, strict=True)
            headings, rows = next(reader, []), [row for row in reader if row]
    except (ValueError, csv.Error, OSError, EOFError) as broken:
        raise ConfigurationError(
            "the table of regions can't be read",
            where=str(path),
            expected="CSV in UTF-8",
            found=str(broken) if isinstance(broken, csv.Error) else type(broken).__name__,
            next_step="bring it in from what it was made of: liandao regions import FILE",
        ) from None
    width = len(headings)
    while width and not headings[width - 1] and not any(len(row) >= width and row[width - 1] for row in rows):
        width -= 1  # columns without heading and value, which spreadsheets leave behind
    return (headings, rows) if width == len(headings) else (headings[:width], [row[:width] for row in rows])


def _lines(path: Path) -> list[int]:
    """The line on which each row ends; a quoted name may hold a line break."""
    with _opened(path) as handle:
        reader = csv.reader(handle, strict=True)
        next(reader)
        return [reader.line_num for row in reader if row]


def _columns(path: Path, headings: Sequence[str], rows: Rows) -> dict[str, Sequence[str]]:
    """Cells by column; those of a column that may be missing are empty."""
    problems = [*_mistakes_in_headings(headings)]
    if problems:
        raise ConfigurationError(
            "the headings are not those of a table of regions",
            where=f"{path}:1",
            expected=f"{', '.join(REQUIRED)}; may stand there too: {', '.join(OPTIONAL)}",
            found="\n    ".join(problems),
            next_step="correct it, or bring in a file of another shape: liandao regions import FILE",
        )
    if set(map(len, rows)) - {len(headings)}:
        uneven = ((n, len(row)) for n, row in enumerate(rows) if len(row) != len(headings))
        _refuse(path, (Mistake(n, f"has {size} cells, the headings are {len(headings)}") for n, size in uneven))
    cells = dict(zip(headings, zip(*rows, strict=True), strict=True)) if rows else {}
    return {name: cells.get(name) or ("",) * len(rows) for name in (*REQUIRED, *OPTIONAL)}


def _mistakes_in_headings(headings: Sequence[str]) -> Iterator[str]:
    ours = (*REQUIRED, *OPTIONAL)
    if missing := [name for name in REQUIRED if name not in headings]:
        yield f"missing: {', '.join(missing)}"
    for name in headings:
        if name not in ours:
            near = get_close_matches(name, ours, n=1, cutoff=SAME_NAME)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{name or 'an empty heading'} is none of its columns{hint}"
    yield from (f"{name} stands twice" for name in ours if headings.count(name) > 1)


def _regions(columns: dict[str, Sequence[str]]) -> list[Region]:
    """The versions that the cells speak of, row by row; empty columns are not gone through."""
    codes, levels, stated, texts = (columns[c] for c in ("region_code", "level", "kind", "successor_codes"))
    derived = [kind_by_code(c) if at == COMMUNITY else "" for c, at in zip(codes, levels, strict=True)]
    kinds = [KINDS[k] if k else d for k, d in zip(stated, derived, strict=True)] if any(stated) else derived
    sources = [DECLARED if s else DERIVED if k else "" for s, k in zip(stated, kinds, strict=True)]
    days = (_days(columns["valid_from"]), _days(columns["valid_to"]))
    successors = [_successors(text) for text in texts] if any(texts) else [()] * len(texts)
    parts = zip(*(columns[name] for name in REQUIRED), kinds, sources, *days, successors, strict=True)
    return list(map(Region._make, parts))


def _days(texts: Sequence[str]) -> Sequence[date | None]:
    return [day_of(text) for text in texts] if any(texts) else [None] * len(texts)


def _successors(text: str) -> tuple[Successor, ...]:
    named = [Successor(*part) for part in successors_in(text) if part is not None]
    return (named[0]._replace(share=1.0),) if len(named) == 1 else tuple(named)
