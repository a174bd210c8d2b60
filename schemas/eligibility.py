"""Which communities a platform is to be used in: the one reading of :class:`schemas.platform_file.Eligible`.

The denominator of reach is made from it, so the warehouse and whoever plans a platform's use must agree to the last
community.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from schemas.codes import regions
from schemas.errors import ConfigurationError
from schemas.platform_file import Eligible

LEVELS, FULL = (2, 4, 6, 9), 12
"""Digits that name a province, city, county and township, and those of a whole code."""


def is_village(community: str) -> bool:
    """True for a village, false for a residents' committee, from the last three digits of the 12-digit code.

    The statistical division codes keep 001-199 for residents' committees, 200-399 for villages, 400-499 for what
    is like a residents' committee and 500-599 for what is like a village (rules of the statistics bureau, 2009).
    Names won't do: in province 43 villages end in 村, 村委会, 村民委员会 and in misspellings of these.
    """
    part = int(community[9:12])
    return 200 <= part < 400 or part >= 500


def eligible_communities(eligible: Eligible, communities: Iterable[str]) -> list[str]:
    """Those of ``communities`` (12-digit codes) in which a platform is to be used, in the order given.

    ``eligible.regions`` are prefixes of region codes, of any length; none means anywhere.
    """
    prefixes = tuple(eligible.regions) or ("",)
    wanted = {"all": (True, False), "village": (True,), "residents": (False,)}[eligible.kind]
    return [c for c in communities if c.startswith(prefixes) and is_village(c) in wanted]


def communities_of(scope: Sequence[str], where: str) -> list[str]:
    """The communities that a scope names, in order of code: those that lie under its codes, of any length, in the
    regions of the project; no code at all means every community.

    A code of 12 digits is taken as it stands while the project has no regions yet. Raises ConfigurationError (``where``
    says of what) for a code that no community lies under.
    """
    known = sorted(r.code for r in regions().values() if r.level == "community")
    if not known:
        return sorted(code for code in scope if len(code) == FULL)
    return sorted({code for named in scope or [""] for code in _below(named, known, where)})


def _below(named: str, communities: Sequence[str], where: str) -> Sequence[str]:
    prefix = named[: next(n for n in (*LEVELS, FULL) if not named[n:].strip("0"))] if len(named) == FULL else named
    chosen = communities[bisect_left(communities, prefix) : bisect_left(communities, prefix + ":")]
    if not chosen:
        raise ConfigurationError(
            "the scope names a region that has no community",
            where=where,
            expected="codes of communities, or the beginning of their codes, as in reference/regions.csv",
            found=named,
            next_step="correct it, or bring in the regions: liandao regions import FILE",
        )
    return chosen
