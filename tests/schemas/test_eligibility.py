"""Which communities a platform is to be used in."""

from __future__ import annotations

import pytest

from schemas.eligibility import eligible_communities
from schemas.platform_file import Eligible
from schemas.regions import is_village

TOWN, VILLAGE, PARK, FARM = "430102001001", "433125113214", "430111200498", "430381500501"


@pytest.mark.parametrize(
    ("code", "expected"), [(TOWN, False), (VILLAGE, True), (PARK, False), (FARM, True), ("430181100312", True)]
)
def test_villages_are_told_by_code(code: str, expected: bool) -> None:
    assert is_village(code) is expected


@pytest.mark.parametrize(
    ("eligible", "expected"),
    [
        (Eligible(), [TOWN, VILLAGE, FARM]),
        (Eligible(kind="village"), [VILLAGE, FARM]),
        (Eligible(kind="residents"), [TOWN]),
        (Eligible(regions=["4331"]), [VILLAGE]),
        (Eligible(kind="village", regions=["4303", "430102"]), [FARM]),
        (Eligible(regions=[TOWN]), [TOWN]),
        (Eligible(kind="residents", regions=["4331"]), []),
    ],
)
def test_kind_and_prefixes_both_count(eligible: Eligible, expected: list[str]) -> None:
    assert eligible_communities(eligible, [TOWN, VILLAGE, FARM]) == expected
