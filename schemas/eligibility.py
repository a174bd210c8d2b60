"""Which communities a platform is to be used in: the one reading of :class:`schemas.platform_file.Eligible`.

The denominator of reach is made from it, so the warehouse and whoever plans a platform's use must agree to the last
community.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.platform_file import Eligible


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
