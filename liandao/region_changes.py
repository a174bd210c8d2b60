"""What a new list of regions changes in a table: who is added, closed, renamed or moved, and what became of whom.

A list says who is there on one day. Whoever it leaves out, among the regions that it speaks of, is closed on the day
before; whoever it calls otherwise goes on as a new version. A list that tells dates itself is believed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta

from liandao.answers.plain import RegionChange
from liandao.region_listing import Listing
from schemas.errors import ConfigurationError
from schemas.region_file import region_table_of
from schemas.regions import COMMUNITY, DECLARED, LEVELS, Region, RegionTable, Successor, prefix_of, prefixes_above

TITLES = {
    "added": "新增 added",
    "closed": "停用 closed",
    "renamed": "更名 renamed",
    "moved": "改隶 moved",
    "retyped": "村居变更 between village and residents' committee",
    "recoded": "换码 recoded",
    "reopened": "恢复 reopened",
    "redated": "沿革改写 history rewritten",
    "stated": "类型载明 kind stated",
}
"""Kinds of change, in the order in which they are told."""
Versions = dict[str, list[Region]]


@dataclass(frozen=True, slots=True)
class Changes:
    """The table as it will be, and how it differs. ``needs_day``: changes that nobody can date but who is asked.
    ``without_successor``: codes closed by this list that nothing succeeds."""

    table: RegionTable
    changes: tuple[RegionChange, ...] = ()
    needs_day: int = 0
    without_successor: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Changes by kind; only kinds that occur."""
        counted = Counter(change.change for change in self.changes)
        return {kind: counted[kind] for kind in TITLES if counted[kind]}


class Beginnings:
    """Beginnings of codes, of any length; asked for thirty thousand codes at a time."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._prefixes = frozenset(prefixes)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def cover(self, code: str) -> bool:
        """Whether a code begins with one of them."""
        return any(code[:length] in self._prefixes for length in self._lengths)


@dataclass(slots=True)
class _Work:
    """A table under change. ``opened``: codes that begin on the day; ``closed``: codes that ended on the day before;
    ``later``: days after this one of which the table tells, where it must not."""

    day: date
    versions: Versions
    changes: list[RegionChange] = field(default_factory=list)
    needs_day: int = 0
    opened: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    later: list[date] = field(default_factory=list)

    @property
    def day_before(self) -> date:
        return self.day - timedelta(days=1)

    def note(self, change: str, region: Region, before: str, after: str, *, needs_day: bool = True) -> None:
        self.changes.append(RegionChange(change, region.code, region.level, before, after))
        self.needs_day += needs_day


def apply_listing(table: RegionTable, listing: Listing, day: date, only: Sequence[str] = ()) -> Changes:
    """The table after a list that holds from ``day`` on.

    Compared are the regions below the topmost ones of the list, or below ``only``, at the levels that the list has.
    Raises ConfigurationError when the table tells of a later day already.
    """
    work = _Work(day, _by_code(table.rows))
    listed = _by_code(_with_parents(listing, table))
    new_areas = _new_areas(listed, table, only)
    for code, versions in listed.items():
        if _tells_dates(versions):
            _rewrite(work, code, versions)
        else:
            _compare(work, versions[0], is_new_area=new_areas.cover(code))
    compared = Beginnings(only or (prefix_of(code) for code in _topmost(listed)))
    _close_absent(work, listed, compared)
    if work.later:
        raise _out_of_order(day, max(work.later))
    _recode(work)
    return _changes(work, table)


def _changes(work: _Work, table: RegionTable) -> Changes:
    if not work.changes:
        return Changes(table)
    in_order = sorted(work.changes, key=lambda change: (list(TITLES).index(change.change), change.code))
    orphans = (code for code in work.closed if code in work.versions and not work.versions[code][-1].successors)
    rows = (region for versions in work.versions.values() for region in versions)
    return Changes(region_table_of(rows), tuple(in_order), work.needs_day, tuple(sorted(orphans)))


def _by_code(regions: Iterable[Region]) -> Versions:
    by_code: Versions = defaultdict(list)
    for region in sorted(regions, key=lambda r: (r.code, r.first_day)):
        by_code[region.code].append(region)
    return dict(by_code)


def _with_parents(listing: Listing, table: RegionTable) -> list[Region]:
    """The rows of a list; where it names no parent, the nearest region above by the code, in the list or the table."""
    codes = {region.code for region in listing.rows} | table.latest.keys()
    return [
        region
        if region.code not in listing.without_parent
        else region._replace(parent=next((code for code in prefixes_above(region.code) if code in codes), ""))
        for region in listing.rows
    ]


def _topmost(listed: Versions) -> list[str]:
    """The codes whose parents the list does not have."""
    return [code for code, versions in listed.items() if versions[-1].parent not in listed]


def _new_areas(listed: Versions, table: RegionTable, only: Sequence[str]) -> Beginnings:
    """Where the list is the first word, so that nothing begins on a day: the table has neither a topmost region nor
    its parent, nor anything else of what was asked for."""
    tops = [code for code in _topmost(listed) if not {code, listed[code][-1].parent} & table.latest.keys()]
    asked = Beginnings(prefix for prefix in only if any(code.startswith(prefix) for code in table.latest))
    return Beginnings(prefix_of(code) for code in tops if not asked.cover(code))


def _tells_dates(versions: Sequence[Region]) -> bool:
    return len(versions) > 1 or any(v.valid_from or v.valid_to or v.successors for v in versions)


def _with_kind(region: Region, former: Region) -> Region:
    """A kind that was stated before stays where the list states none."""
    if region.kind_source == DECLARED or former.kind_source != DECLARED or region.level != COMMUNITY:
        return region
    return region._replace(kind=former.kind, kind_source=DECLARED)


def _rewrite(work: _Work, code: str, listed: Sequence[Region]) -> None:
    """A list that tells dates replaces what the table had of the code."""
    former = work.versions.get(code)
    versions = [_with_kind(region, former[-1]) for region in listed] if former else list(listed)
    if former == versions:
        return
    last = versions[-1]
    ends = last.valid_to is not None and (former is None or former[-1].valid_to is None)
    if former is None:
        work.note("added", last, "", last.zh, needs_day=False)
    else:
        work.note("closed" if ends else "redated", last, former[-1].zh, last.zh, needs_day=False)
    if ends:
        work.closed.add(code)
    work.versions[code] = versions


def _compare(work: _Work, listed: Region, *, is_new_area: bool) -> None:
    """One region that is there from the day on, beside what the table says of its code."""
    versions = work.versions.get(listed.code)
    if versions is None:
        work.versions[listed.code] = [listed if is_new_area else listed._replace(valid_from=work.day)]
        work.opened.add(listed.code)
        work.note("added", listed, "", listed.zh, needs_day=not is_new_area)
        return
    current = next((version for version in versions if version.is_valid_on(work.day)), None)
    if current is None:
        _go_on(work, versions, _with_kind(listed, versions[-1])._replace(valid_from=work.day))
        work.note("reopened", listed, versions[-1].zh, listed.zh)
        return
    listed = _with_kind(listed, current)
    if _differ(work, current, listed):
        planned = listed._replace(valid_from=work.day, valid_to=current.valid_to, successors=current.successors)
        _go_on(work, versions, planned)
    elif listed.kind_source != current.kind_source:
        work.note("stated", listed, current.kind, listed.kind, needs_day=False)
        versions[versions.index(current)] = current._replace(kind_source=DECLARED)


def _differ(work: _Work, current: Region, listed: Region) -> bool:
    """Whether a region goes on otherwise; every difference is noted."""
    notes = len(work.changes)
    if listed.zh != current.zh:
        work.note("renamed", listed, current.zh, listed.zh)
    if (listed.level, listed.parent) != (current.level, current.parent):
        work.note("moved", listed, current.parent, listed.parent)
    if listed.kind_source == DECLARED and current.kind not in ("", listed.kind):
        work.note("retyped", listed, current.kind, listed.kind)
    return len(work.changes) > notes


def _go_on(work: _Work, versions: list[Region], following: Region) -> None:
    """Let a code go on as a new version from the day; what was told of this day before is told anew."""
    work.later += [version.first_day for version in versions if version.first_day > work.day]
    kept = [version for version in versions if version.first_day < work.day]
    if kept and kept[-1].last_day >= work.day:
        kept[-1] = kept[-1]._replace(valid_to=work.day_before, successors=())
    if kept and kept[-1].last_day == work.day_before and _same(kept[-1], following):
        following = following._replace(valid_from=kept.pop().valid_from)
    versions[:] = [*kept, following]


def _same(former: Region, following: Region) -> bool:
    """Whether a version says of a region what the one before it said."""
    undated = (region._replace(valid_from=None, valid_to=None, successors=()) for region in (former, following))
    return next(undated) == next(undated)


def _close_absent(work: _Work, listed: Versions, compared: Beginnings) -> None:
    """Close what the list should have and does not; a version that only began on this day was never there."""
    levels = {version.level for versions in listed.values() for version in versions}
    for code in [code for code in work.versions if code not in listed and compared.cover(code)]:
        versions = work.versions[code]
        at = next((n for n, version in enumerate(versions) if version.is_valid_on(work.day)), None)
        if at is None or versions[at].level not in levels:
            continue
        work.note("closed", versions[at], versions[at].zh, "")
        if versions[at].valid_from == work.day:
            del versions[at]
        else:
            versions[at] = versions[at]._replace(valid_to=work.day_before)
            work.closed.add(code)
    _forget(work, {code for code, versions in work.versions.items() if not versions})


def _forget(work: _Work, codes: Set[str]) -> None:
    """Nothing was succeeded by a code that never was."""
    for code in codes:
        del work.versions[code]
    for versions in work.versions.values() if codes else ():
        for at, version in enumerate(versions):
            if any(successor.code in codes for successor in version.successors):
                left = tuple(Successor(s.code) for s in version.successors if s.code not in codes)
                versions[at] = version._replace(successors=(Successor(left[0].code, 1.0),) if len(left) == 1 else left)


def _recode(work: _Work) -> None:
    """A region that ends where another of the same name and level begins under the same parent went on as that one,
    when there is only one of each: a county that becomes a district takes all codes below it along."""
    heir_of: dict[str, str] = {}
    ended = {code: work.versions[code][-1] for code in work.closed if not work.versions[code][-1].successors}
    begun = {code: work.versions[code][-1] for code in work.opened if work.versions[code][-1].valid_from == work.day}
    for level in LEVELS:
        of_level = (region for region in ended.values() if region.level == level)
        of_name = _only_ones((r.zh, heir_of.get(r.parent, r.parent), r.code) for r in of_level)
        heirs = _only_ones((r.zh, r.parent, r.code) for r in begun.values() if r.level == level)
        heir_of |= {code: heirs[name] for name, code in of_name.items() if name in heirs}
    for code, heir in heir_of.items():
        work.versions[code][-1] = ended[code]._replace(successors=(Successor(heir, 1.0),))
    codes = heir_of.keys() | set(heir_of.values())
    work.changes = [c for c in work.changes if c.code not in codes or c.change not in ("added", "closed")]
    work.changes += [
        RegionChange("recoded", code, ended[code].level, ended[code].zh, heir) for code, heir in heir_of.items()
    ]


def _only_ones(named: Iterable[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
    """Name and parent -> code, where only one code has them."""
    codes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, parent, code in named:
        codes[name, parent].append(code)
    return {key: several[0] for key, several in codes.items() if len(several) == 1}


def _out_of_order(day: date, later: date) -> ConfigurationError:
    return ConfigurationError(
        "the table tells of a later day already",
        where="--on",
        expected=f"{later} or a later day: lists come in in order of time",
        found=str(day),
        next_step="bring in the later list again afterwards: take back reference/regions.csv as it was before (git)",
    )
