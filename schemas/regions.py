"""Regions: what one is, how it goes on under another code, and the table of all that ever were.

A code means nothing without a date: communities are merged, split and renamed, and codes are given again. A region
therefore has versions, each valid from a first to a last day, both included; a date that is empty is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

LEVELS = ("province", "city", "county", "township", "community")
"""From the top; the parent of a region has a level further up."""
COMMUNITY = LEVELS[-1]
VILLAGE, RESIDENTS = "village", "residents"
DECLARED, DERIVED = "declared", "derived"
DIGITS = {2: "province", 4: "city", 6: "county", 9: "township", 12: COMMUNITY}
"""How many digits of a 12-digit code name a region of a level; the rest are zeros."""
FULL = 12
OPEN = date.max
"""A day on which only versions without a last day are valid."""


class Successor(NamedTuple):
    """What a closed region became. ``share``: the part of it that went there, None where nobody says."""

    code: str
    share: float | None = None


class Region(NamedTuple):
    """One version of one region; a tuple, because there are thirty thousand and a dataclass takes three times as long.

    ``code``: 12 digits; ``level``: one of LEVELS; ``parent``: code, empty at the top; ``kind`` of a community: village
    or residents (else empty), and whether that was declared or derived from the code; ``valid_from``, ``valid_to``:
    first and last day, None when open; ``successors``: what the closed one became, as the table says.
    """

    code: str
    zh: str
    level: str
    parent: str
    kind: str = ""
    kind_source: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[Successor, ...] = ()

    @property
    def first_day(self) -> date:
        """The first day, or the earliest there is."""
        return self.valid_from or date.min

    @property
    def last_day(self) -> date:
        """The last day, or the latest there is."""
        return self.valid_to or date.max

    def is_valid_on(self, day: date) -> bool:
        """Whether this version counts on a day."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class RegionTable:
    """Every version of every region. ``rows``: versions of one code in order of time, otherwise as in the file."""

    rows: tuple[Region, ...] = ()

    @cached_property
    def latest(self) -> dict[str, Region]:
        """The last version of each code."""
        return {region.code: region for region in self.rows}

    @cached_property
    def _repeated(self) -> dict[str, tuple[Region, ...]]:
        """The versions of codes that have more than one; most tables have few of them."""
        if len(self.latest) == len(self.rows):
            return {}
        by_code: dict[str, list[Region]] = {}
        for region in self.rows:
            by_code.setdefault(region.code, []).append(region)
        return {code: tuple(versions) for code, versions in by_code.items() if len(versions) > 1}

    @cached_property
    def _named_as_successor(self) -> dict[str, list[Region]]:
        by_code: dict[str, list[Region]] = {}
        for region in self.rows:
            for successor in region.successors:
                by_code.setdefault(successor.code, []).append(region)
        return by_code

    def versions(self, code: str) -> tuple[Region, ...]:
        """The versions of a code in order of time; none for a code that never was."""
        return self._repeated.get(code) or ((self.latest[code],) if code in self.latest else ())

    def version_no(self, region: Region) -> int:
        """The number of a version among those of its code, from 1."""
        several = self._repeated.get(region.code)
        return several.index(region) + 1 if several else 1

    def at(self, code: str, day: date) -> Region | None:
        """The version of a code that is valid on a day."""
        return next((region for region in self.versions(code) if region.is_valid_on(day)), None)

    def valid_on(self, day: date, level: str | None = None) -> Iterator[Region]:
        """The regions of a day, or those of one level."""
        return (r for r in self.rows if (level is None or r.level == level) and r.is_valid_on(day))

    def successors(self, region: Region) -> tuple[tuple[Region, float | None], ...]:
        """The versions that a closed version went on as, with the share of each: those that the table names, or the
        next version of the same code when it begins on the day after (a new name, another parent)."""
        if region.valid_to is None:
            return ()
        day_after = region.valid_to + timedelta(days=1)
        if region.successors:
            heirs = ((self.from_day(s.code, day_after), s.share) for s in region.successors)
            return tuple((heir, share) for heir, share in heirs if heir is not None)
        renewed = self.at(region.code, day_after)
        return ((renewed, 1.0),) if renewed and renewed.valid_from == day_after else ()

    def from_day(self, code: str, day: date) -> Region | None:
        """The first version of a code that is valid on that day or on a later one."""
        return next((region for region in self.versions(code) if region.last_day >= day), None)

    def predecessors(self, region: Region) -> tuple[Region, ...]:
        """The versions that went on as this one."""
        named = [*self._named_as_successor.get(region.code, ()), *self.versions(region.code)]
        heirs_of = {former: [heir for heir, _ in self.successors(former)] for former in named if former != region}
        return tuple(former for former, heirs in heirs_of.items() if region in heirs)

    def became(self, code: str, day: date) -> list[Region]:
        """The regions of a day that a code stands for: itself while it is valid, afterwards what succeeded it."""
        begun = [region for region in self.versions(code) if region.first_day <= day]
        return list(dict.fromkeys(self._followed(begun[-1], day))) if begun else []

    def _followed(self, region: Region, day: date) -> Iterator[Region]:
        """Every step leads to a version that ends later, so there is no circle to run into."""
        if region.is_valid_on(day):
            yield region
        elif region.last_day < day:
            for heir, _ in self.successors(region):
                yield from self._followed(heir, day)

    def above(self, region: Region, day: date) -> list[Region]:
        """The regions above one on a day, the nearest first."""
        chain: list[Region] = []
        while region.parent:
            parent = self.at(region.parent, day) or self.latest[region.parent]
            chain.append(parent)
            region = parent
        return chain


def is_village(community: str) -> bool:
    """True for a village, false for a residents' committee, from the last three digits of the 12-digit code.

    The statistical division codes keep 001-199 for residents' committees, 200-399 for villages, 400-499 for what
    is like a residents' committee and 500-599 for what is like a village (rules of the statistics bureau, 2009).
    Names won't do: in province 43 villages end in 村, 村委会, 村民委员会 and in misspellings of these.
    """
    return community[9] in "2356789"


def kind_by_code(community: str) -> str:
    """The kind of a community from its code alone."""
    return VILLAGE if is_village(community) else RESIDENTS


def level_by_code(code: str) -> str:
    """The level that a 12-digit code speaks of, from its zeros."""
    return next(level for digits, level in DIGITS.items() if not code[digits:].strip("0"))


def prefix_of(code: str) -> str:
    """A 12-digit code without the zeros that only fill it; a shorter one as it is."""
    return code[: next(n for n in DIGITS if not code[n:].strip("0"))] if len(code) == FULL else code


def prefixes_above(code: str) -> Iterable[str]:
    """The 12-digit codes of the regions that may lie above a code, the nearest first."""
    return (code[:digits].ljust(FULL, "0") for digits in reversed(DIGITS) if digits < len(prefix_of(code)))
