"""What can be wrong in a table of regions: in a cell, and between the rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from schemas.regions import COMMUNITY, FULL, LEVELS, RESIDENTS, VILLAGE, Region
from schemas.typed_yaml import did_you_mean

KINDS = {VILLAGE: VILLAGE, RESIDENTS: RESIDENTS, "村": VILLAGE, "居": RESIDENTS}
"""How a file may write the kind of a community."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SUCCESSOR = re.compile(r"(?P<code>\d{12})(?::(?P<share>0(?:\.\d+)?|1(?:\.0+)?))?", re.ASCII)
_SHARES_DIFFER = 0.005
"""How far the shares of one region may be from one whole, for rounding."""


class Mistake(NamedTuple):
    """One thing wrong in one row, counted from 0 below the headings; ``other``: a row that it has to do with."""

    row: int
    sentence: str
    other: int | None = None


def is_code(text: str, digits: int = FULL) -> bool:
    """Whether a text is so many digits."""
    return len(text) == digits and text.isascii() and text.isdigit()


def day_of(text: str) -> date | None:
    """A date such as 2026-08-01; None for anything else."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def successors_in(text: str) -> list[tuple[str, float | None] | None]:
    """Codes with their shares, parted by spaces or semicolons; None for a part that is neither."""
    found = [_SUCCESSOR.fullmatch(part) for part in text.replace(";", " ").split()]
    return [(m["code"], float(m["share"]) if m["share"] else None) if m else None for m in found]


def mistakes_in_cells(columns: Mapping[str, Sequence[str]]) -> Iterator[Mistake]:
    """What each cell says for itself, of the columns of ``reference/regions.csv``.

    A table has thirty thousand rows and is read by every process, so a column that is right is seen to be so as a
    whole; only one that is not is gone through.
    """
    codes, names = columns["region_code"], columns["name_zh"]
    if set(map(len, codes)) - {FULL} or (codes and not is_code("".join(codes), FULL * len(codes))):
        for row, code in enumerate(codes):
            if not is_code(code):
                yield Mistake(row, f"region_code {code[:30]!r} is not 12 digits")
    if not all(map(str.strip, names)):
        yield from (Mistake(row, "name_zh is empty") for row, name in enumerate(names) if not name.strip())
    yield from _unknown_words("level", columns["level"], LEVELS)
    yield from _unknown_words("kind", columns["kind"], ("", *KINDS))
    for row, text in _filled(columns["kind"]):
        if columns["level"][row] != COMMUNITY and text in KINDS:
            yield Mistake(row, "kind is for communities; this is none")
    yield from _wrong_days("valid_from", columns["valid_from"])
    yield from _wrong_days("valid_to", columns["valid_to"])
    for row, text in _filled(columns["successor_codes"]):
        yield from (Mistake(row, sentence) for sentence in _mistakes_in_successors(text))


def _wrong_days(name: str, cells: Sequence[str]) -> Iterator[Mistake]:
    for row, text in _filled(cells):
        if day_of(text) is None:
            yield Mistake(row, f"{name} {text[:30]!r} is not a date such as 2026-08-01")


def _filled(cells: Sequence[str]) -> list[tuple[int, str]]:
    return [(row, text) for row, text in enumerate(cells) if text] if any(cells) else []


def _unknown_words(name: str, cells: Sequence[str], allowed: Sequence[str]) -> Iterator[Mistake]:
    unknown = set(cells) - set(allowed)
    for row, text in enumerate(cells) if unknown else ():
        if text in unknown:
            hint = did_you_mean(text.lower(), allowed)
            yield Mistake(row, f"{name} {text[:30]!r} is none of {', '.join(filter(None, allowed))}{hint}")


def _mistakes_in_successors(text: str) -> Iterator[str]:
    parts = successors_in(text)
    if None in parts:
        yield f"successor_codes {text[:60]!r}: expected codes of 12 digits, each with :share or none, parted by spaces"
        return
    named = [part for part in parts if part is not None]
    shares = [share for _, share in named if share is not None]
    if twice := [code for code, count in Counter(code for code, _ in named).items() if count > 1]:
        yield f"successor {twice[0]} stands twice"
    if shares and len(shares) < len(named):
        yield "some successors have a share and some have none"
    elif shares and abs(sum(shares) - 1) > _SHARES_DIFFER:
        yield f"the shares of the successors add up to {sum(shares):g}, not to 1"


def mistakes_between_rows(regions: Sequence[Region]) -> Iterator[Mistake]:
    """What rows that are right by themselves say against one another: parents, validity, successors."""
    yield from _wrong_parents(regions)
    dated = [row for row, region in enumerate(regions) if region.valid_to is not None or region.successors]
    for row in dated:
        region = regions[row]
        if region.first_day > region.last_day:
            yield Mistake(row, f"valid_from {region.valid_from} is after valid_to {region.valid_to}")
    if dated or len({region.code for region in regions}) < len(regions):
        yield from _wrong_histories(regions)


def _wrong_parents(regions: Sequence[Region]) -> Iterator[Mistake]:
    rank = {level: number for number, level in enumerate(LEVELS)}
    rank_of_code = {region.code: rank[region.level] for region in regions}
    wrong = {}
    for parent, level in {(region.parent, region.level) for region in regions if region.parent}:
        above = rank_of_code.get(parent)
        if above is None:
            wrong[parent, level] = f"parent_code {parent[:30]!r} is not in the table"
        elif above >= rank[level]:
            wrong[parent, level] = f"parent_code {parent} is a {LEVELS[above]}, not above a {level}"
    for row, region in enumerate(regions) if wrong else ():
        if (region.parent, region.level) in wrong:
            yield Mistake(row, wrong[region.parent, region.level])


def _wrong_histories(regions: Sequence[Region]) -> Iterator[Mistake]:
    rows_of = _rows_of_code(regions)
    for rows in rows_of.values():
        if len(rows) > 1:
            yield from _overlaps(regions, rows)
    for row, region in enumerate(regions):
        if region.successors:
            yield from (Mistake(row, sentence) for sentence in _wrong_successors(regions, rows_of, region))


def _rows_of_code(regions: Sequence[Region]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, region in enumerate(regions):
        rows[region.code].append(row)
    return rows


def _overlaps(regions: Sequence[Region], rows: Sequence[int]) -> Iterator[Mistake]:
    in_time = sorted(rows, key=lambda row: regions[row].first_day)
    for before, after in pairwise(in_time):
        former, latter = regions[before], regions[after]
        if latter.first_day <= former.last_day:
            same = "stands twice" if former == latter else "is valid in two rows at once"
            day = latter.valid_from or "the beginning"
            yield Mistake(max(before, after), f"{latter.code} {same}, from {day}", min(before, after))


def _wrong_successors(
    regions: Sequence[Region], rows_of: Mapping[str, Sequence[int]], region: Region
) -> Iterator[str]:
    if region.valid_to is None:
        yield "successor_codes without valid_to: only what has ended is succeeded"
        return
    day_after = region.valid_to + timedelta(days=1)
    for successor in region.successors:
        last_days = [regions[row].last_day for row in rows_of.get(successor.code, ())]
        if not last_days:
            yield f"successor {successor.code} is not in the table"
        elif max(last_days) < day_after:  # covers every circle too: along it some region would end before its heir
            ended = f"ended on {max(last_days)} itself"
            yield f"successor {successor.code} {ended}; a successor is valid on {day_after} or later"
