"""Which communities a platform is to be used in: the one reading of :class:`schemas.platform_file.Eligible`.

The denominator of reach is made from it, so the warehouse and whoever plans a platform's use must agree to the last
community. It is made for one day, the last of the window: what was merged before counts as what it became. Where
figures are to follow a merger within the window, this is the place to give each community its days
(:meth:`schemas.regions.RegionTable.became` and ``predecessors`` say what became of what).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from schemas.codes import region_table, regions
from schemas.errors import ConfigurationError
from schemas.platform_file import Eligible
from schemas.regions import COMMUNITY, FULL, OPEN, RESIDENTS, VILLAGE, Region, RegionTable, kind_by_code, prefix_of


def eligible_communities(
    eligible: Eligible, communities: Iterable[str], known: Mapping[str, Region] | None = None
) -> list[str]:
    """Those of ``communities`` (12-digit codes) in which a platform is to be used, in the order given.

    ``eligible.regions`` are prefixes of region codes, of any length; none means anywhere. Whether a community is a
    village is what ``known`` (by default the project's regions) says, else what its code says.
    """
    prefixes = tuple(eligible.regions) or ("",)
    chosen = [code for code in communities if code.startswith(prefixes)]
    if eligible.kind == "all":
        return chosen
    table = regions() if known is None else known
    wanted = {"village": VILLAGE, "residents": RESIDENTS}[eligible.kind]
    return [code for code in chosen if _kind(code, table) == wanted]


def _kind(community: str, known: Mapping[str, Region]) -> str:
    region = known.get(community)
    return (region.kind if region is not None else "") or kind_by_code(community)


def communities_of(scope: Sequence[str], where: str, day: date = OPEN) -> list[str]:
    """The communities that a scope names, in order of code: those valid on ``day`` (by default those that are open)
    under its codes, of any length, in the regions of the project; no code at all means every community.

    A code under which nothing is valid any more stands for what succeeded it, so that a scope written before a merger
    keeps meaning the same place. A code of 12 digits is taken as it stands while the project has no regions yet.
    Raises ConfigurationError (``where`` says of what) for a code that no community lies under.
    """
    table = region_table()
    if not table.rows:
        return sorted({code for code in scope if len(code) == FULL})
    valid = sorted(region.code for region in table.valid_on(day, COMMUNITY))
    return sorted({code for named in scope or [""] for code in _meant(named, valid, table, day, where)})


def _meant(named: str, valid: Sequence[str], table: RegionTable, day: date, where: str) -> Sequence[str]:
    prefix = prefix_of(named)
    if chosen := _beginning_with(prefix, valid):
        return chosen
    former = sorted({r.code for r in table.rows if r.code.startswith(prefix) and r.level == COMMUNITY})
    heirs = [heir.code for code in former for heir in table.became(code, day) if heir.level == COMMUNITY]
    if not heirs:
        when = "open" if day == OPEN else f"valid on {day}"
        none_left = f"{named}: {len(former)} communities, none of them {when}, and nothing succeeded them"
        raise ConfigurationError(
            "the scope names a region that has no community",
            where=where,
            expected="codes of communities, or the beginning of their codes, as in reference/regions.csv",
            found=none_left if former else named,
            next_step="correct it, or bring in the regions: liandao regions import FILE",
        )
    return heirs


def _beginning_with(prefix: str, codes: Sequence[str]) -> Sequence[str]:
    """Those of sorted 12-digit codes that begin with a prefix."""
    return codes[bisect_left(codes, prefix) : bisect_left(codes, prefix + ":")]
