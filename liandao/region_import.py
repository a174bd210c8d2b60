"""Bringing regions into a project: files are read, compared with the table that is there, and written whole or not."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from liandao.answers.plain import RegionPart
from liandao.region_changes import TITLES, Changes, apply_listing
from liandao.region_listing import Listing, listing_error, read_listing
from liandao.region_words import FROM, HEADINGS, KIND, SUCCESSORS, TO, is_urban_rural
from schemas.codes import region_path, region_table
from schemas.columns import ZONE
from schemas.durable import replace_file
from schemas.errors import ConfigurationError
from schemas.project import current, reload
from schemas.region_checks import mistakes_between_rows
from schemas.region_file import region_text
from schemas.regions import COMMUNITY, DECLARED, RESIDENTS, VILLAGE, Region, RegionTable

NOT_TO_BE_MISSED = [*HEADINGS[KIND], *HEADINGS[FROM], *HEADINGS[TO], *HEADINGS[SUCCESSORS]]
"""What columns may be called that a list may do without: taken for another's, one of them would be lost unseen."""
ALIKE = 0.8
"""From here on a heading is a slip of the pen: ``valid_til`` is, ``name_en`` is not."""
NAMED_AFTER = {VILLAGE: ("村委会", "村民委员会"), RESIDENTS: ("居委会", "居民委员会")}
"""What a community of a kind may be called to its end, and one of the other kind may not."""


@dataclass(frozen=True, slots=True)
class RegionsImported:
    """What became of an import. ``written``: the table was changed; ``day``: from when the list holds; ``notes``: what
    a person should know, in both languages."""

    path: Path
    written: bool
    day: date | None
    parts: tuple[RegionPart, ...]
    changes: Changes
    communities: dict[str, int]
    expected: int | None
    notes: tuple[str, ...]


def import_regions(
    paths: Sequence[Path],
    only: Sequence[str] = (),
    on: date | None = None,
    *,
    expected: int | None = None,
    dry_run: bool = False,
) -> RegionsImported:
    """Bring files into the table of the project in use; ``only``: beginnings of codes; ``on``: the first day on which
    the list holds; ``expected``: communities that the project speaks of, told and not forced. A file of another shape
    that was put in the table's place is read as any other and replaced.

    Raises ConfigurationError, having changed nothing: no project, mistakes in a file or against the table, changes
    that need a day when none is given.
    """
    path = region_path()
    if path is None:
        raise ConfigurationError("there is no project here", where=str(Path.cwd()), next_step="liandao init DIR")
    table = _table_before(path, paths)
    listing = read_listing(paths, only)
    _refuse_near_headings(listing)
    day = on or today()
    changes = apply_listing(table, listing, day, only)
    if changes.needs_day and on is None and table.rows:
        raise _undated(path, changes)
    _check(changes.table, listing, path)
    written = bool(changes.changes) and not dry_run
    if written:
        _write(path, changes.table)
        reload(current())  # what this process read of the table before is out of date
    communities = count_communities(changes.table, day)
    notes = (*_notes(listing), *_notes_on_counts(communities, expected), *_notes_on_day(on, table))
    return RegionsImported(path, written, on, listing.parts, changes, communities, expected, notes)


def _refuse_near_headings(listing: Listing) -> None:
    """A misspelt ``valid_to`` would open what was closed; what is near no such column is passed over and told."""
    mistakes = [
        f"{part.file}: column {heading!r} is none of ours; did you mean {near[0]}?"
        for part in listing.parts
        for heading in part.passed_over
        if (near := get_close_matches(heading.strip().lower(), NOT_TO_BE_MISSED, n=1, cutoff=ALIKE))
    ]
    if mistakes:
        raise listing_error(mistakes)


def _table_before(path: Path, given: Sequence[Path]) -> RegionTable:
    try:
        return region_table()
    except ConfigurationError:
        if any(file.is_file() and path.is_file() and file.samefile(path) for file in given):
            return RegionTable()
        raise


def today() -> date:
    """Today in Beijing."""
    return datetime.now(tz=ZoneInfo(ZONE)).date()


def count_communities(table: RegionTable, day: date) -> dict[str, int]:
    """Communities of a day: all, by kind, and those whose kind the table states."""
    of_day = list(table.valid_on(day, COMMUNITY))
    kinds = Counter(region.kind for region in of_day)
    declared = sum(region.kind_source == DECLARED for region in of_day)
    return {"all": len(of_day), VILLAGE: kinds[VILLAGE], RESIDENTS: kinds[RESIDENTS], "kind_stated": declared}


def told_counts(counts: dict[str, int]) -> str:
    """Changes by kind in one line."""
    return " · ".join(f"{TITLES[kind]} {count:,}" for kind, count in counts.items())


def _undated(path: Path, changes: Changes) -> ConfigurationError:
    return ConfigurationError(
        "a table is there, and the list differs from it: from which day on does the list hold?",
        where=str(path),
        expected="--on YYYY-MM-DD; or no table, if what is there was never right: remove it first",
        found=told_counts(changes.counts),
        next_step="liandao regions import FILE --on YYYY-MM-DD --dry-run",
    )


def _check(table: RegionTable, listing: Listing, path: Path) -> None:
    """What rows say against one another, with the place in the files where they came from."""
    mistakes = []
    for mistake in mistakes_between_rows(table.rows):
        code = table.rows[mistake.row].code
        mistakes.append(f"{listing.place.get(code, path.name)}: {code}: {mistake.sentence}")
    if mistakes:
        raise listing_error(mistakes)


def _write(path: Path, table: RegionTable) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = region_text(table).encode()
    replace_file(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _notes(listing: Listing) -> Iterator[str]:
    for part in listing.parts:
        if part.encoding not in ("utf-8", "utf-8-sig", "xlsx"):
            yield f"{part.file} 按 {part.encoding} 读取 read as {part.encoding} ({part.evidence})"
        urban = [heading for heading in part.passed_over if is_urban_rural(heading)]
        if urban:
            yield f"{part.file}: {urban[0]} 只分城乡，不分村居，未取 tells urban from rural, not 村 from 居: not taken"
        others = [heading for heading in part.passed_over if heading not in urban]
        if others:
            yield f"{part.file} 未取的列 columns that nothing was taken from: {', '.join(others)}"
    if listing.repeated:
        yield f"{listing.repeated} 行重复，各计一次 rows say the same region again: each counted once"
    if odd := [region for region in listing.rows if _is_named_otherwise(region)]:
        sample = ", ".join(region.code for region in odd[:5])
        yield f"{len(odd)} 个社区的名称与类型不符 communities are named after the other kind: {sample}"


def _is_named_otherwise(region: Region) -> bool:
    """Whether a community's name ends as those of the other kind do."""
    other = {VILLAGE: RESIDENTS, RESIDENTS: VILLAGE}.get(region.kind)
    return other is not None and region.zh.endswith(NAMED_AFTER[other])


def _notes_on_counts(communities: dict[str, int], expected: int | None) -> Iterator[str]:
    derived = communities["all"] - communities["kind_stated"]
    if derived:
        yield f"{derived:,} 个社区的类型按代码推定 kinds are derived from the code"
    if expected is not None and expected != communities["all"]:
        away = communities["all"] - expected
        yield f"项目所载社区数 the project speaks of {expected:,} communities: {away:+,}，不作修正 told, not corrected"


def _notes_on_day(on: date | None, table: RegionTable) -> Iterator[str]:
    if on is not None and not table.rows:
        yield "区划表是新建的，--on 未用 the table is new: its regions are open to the past, --on says nothing"
