"""One region found by what somebody types, and told: what is above it, its versions, what became of it."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches

from liandao.answers.plain import RegionLife, RegionRef, RegionVersion
from schemas.errors import ConfigurationError
from schemas.regions import FULL, Region, RegionTable, prefix_of

MOST_SUGGESTED = 5


def find_region(table: RegionTable, typed: str) -> Region:
    """The region, in its last version, that a code, the beginning of one that names a level, or a whole name means.

    Raises ConfigurationError with suggestions when there is none, or several of that name.
    """
    wanted = typed.strip()
    if wanted.isdigit() and len(wanted) <= FULL and (region := table.latest.get(wanted.ljust(FULL, "0"))):
        return region
    of_name = [region for region in table.latest.values() if region.zh == wanted]
    if len(of_name) == 1:
        return of_name[0]
    near = of_name or (_near_code(table, wanted) if wanted.isdigit() else _near_name(table, wanted))
    told = ", ".join(f"{region.code} {region.zh}" for region in near[:MOST_SUGGESTED])
    raise ConfigurationError(
        "several regions have this name" if of_name else "there is no such region",
        where=typed,
        expected=f"did you mean {told}?" if told else "a code or a name, as in reference/regions.csv",
        found=f"{len(of_name)} regions" if of_name else "",
        next_step="liandao regions show" + (f" {near[0].code}" if near else ""),
    )


def _near_code(table: RegionTable, code: str) -> list[Region]:
    """Those that agree with a code longest, the nearest numbers first."""
    number = int(code[:FULL].ljust(FULL, "0"))
    for length in range(min(len(code), FULL), 1, -1):
        if near := [region for region in table.latest.values() if region.code.startswith(code[:length])]:
            return sorted(near, key=lambda region: abs(int(region.code) - number))
    return []


def _near_name(table: RegionTable, name: str) -> list[Region]:
    if holding := [region for region in table.latest.values() if name and name in region.zh]:
        return holding
    by_name = {region.zh: region for region in table.latest.values()}
    return [by_name[zh] for zh in get_close_matches(name, by_name, n=MOST_SUGGESTED)]


def tell_region(table: RegionTable, region: Region, day: date) -> RegionLife:
    """What the table says of a code."""
    valid = table.at(region.code, day)
    shown = valid or region
    return RegionLife(
        region_code=region.code,
        name_zh=shown.zh,
        level=shown.level,
        is_valid=valid is not None,
        above=[_short(above) for above in table.above(shown, min(day, shown.last_day))],
        below=sum(r.code != region.code and r.code.startswith(prefix_of(region.code)) for r in table.valid_on(day)),
        versions=[_version(table, version) for version in table.versions(region.code)],
        now=[_short(heir) for heir in table.became(region.code, day)],
    )


def _version(table: RegionTable, version: Region) -> RegionVersion:
    return RegionVersion(
        version_no=table.version_no(version),
        name_zh=version.zh,
        level=version.level,
        parent_code=version.parent,
        kind=version.kind,
        kind_source=version.kind_source,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        predecessors=[_short(former) for former in table.predecessors(version)],
        successors=[_short(heir, share) for heir, share in table.successors(version)],
    )


def _short(region: Region, share: float | None = None) -> RegionRef:
    return RegionRef(region.code, region.zh, region.level, share)
