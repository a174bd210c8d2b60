"""Which communities a platform is to be used in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from schemas import project
from schemas.eligibility import communities_of, eligible_communities
from schemas.errors import ConfigurationError
from schemas.platform_file import Eligible
from schemas.regions import OPEN
from tests.projects import write

TOWN, VILLAGE, FARM = "430102001001", "433125113214", "430381500501"


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


REGIONS = """\
region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes
439901000000,某县,county,,,,,
439901001000,东镇,township,439901000000,,,,
439901002000,西乡,township,439901000000,,,2026-07-31,439901001000
439901001001,东社区,community,439901001000,village,,,
439901001201,甲村,community,439901001000,,,2026-07-31,439901001209
439901001202,乙村,community,439901001000,,,2026-07-31,439901001209
439901001209,甲乙村,community,439901001000,,2026-08-01,,
439901001203,丙村,community,439901001000,,,2026-07-31,
439901001203,丙水村,community,439901001000,residents,2026-08-01,,
439901002204,丁村,community,439901002000,,,2026-07-31,439901001209
439901002205,戊村,community,439901002000,,,2026-07-31,
"""
EAST, JOINED, RENAMED = "439901001001", "439901001209", "439901001203"
JULY, AUGUST = date(2026, 7, 31), date(2026, 8, 1)


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[None]:
    before = project.current()
    write(tmp_path / "reference" / "regions.csv", REGIONS)
    project.use(tmp_path)
    yield
    project.use(before.root if before else None)


#  scope | day | communities
SCOPES = {
    "everything of a day": ([], JULY, [EAST, "439901001201", "439901001202", RENAMED, "439901002204", "439901002205"]),
    "everything after a merger, each once": ([], AUGUST, [EAST, RENAMED, JOINED]),
    "everything that is open": ([], OPEN, [EAST, RENAMED, JOINED]),
    "a township by its whole code": (["439901001000"], AUGUST, [EAST, RENAMED, JOINED]),
    "a township by its beginning": (["439901001"], AUGUST, [EAST, RENAMED, JOINED]),
    "communities that were merged, once": (["439901001201", "439901001202"], AUGUST, [JOINED]),
    "communities before they were merged": (["439901001201"], JULY, ["439901001201"]),
    "a renamed one": ([RENAMED], AUGUST, [RENAMED]),
    "a township that was dissolved": (["439901002"], AUGUST, [JOINED]),
    "overlapping codes, each once": (["4399", EAST], AUGUST, [EAST, RENAMED, JOINED]),
}


@pytest.mark.parametrize(("scope", "day", "expected"), SCOPES.values(), ids=SCOPES)
@pytest.mark.usefixtures("bureau")
def test_a_scope_means_the_communities_of_a_day(scope: list[str], day: date, expected: list[str]) -> None:
    assert communities_of(scope, "liandao.yml: scope", day) == expected


#  a code of the scope | what is told
NOWHERE = [
    ("4388", "4388"),
    (JOINED, f"{JOINED}: 1 communities, none of them valid on 2026-07-31"),
    ("439901002205", "439901002205: 1 communities, none of them valid on 2026-08-01, and nothing succeeded them"),
]


@pytest.mark.parametrize(("code", "found"), NOWHERE)
@pytest.mark.usefixtures("bureau")
def test_a_scope_without_communities_is_refused(code: str, found: str) -> None:
    with pytest.raises(ConfigurationError, match=r"liandao\.yml: scope") as error:
        communities_of([EAST, code], "liandao.yml: scope", JULY if code == JOINED else AUGUST)
    assert error.value.found.startswith(found)


@pytest.mark.usefixtures("bureau")
def test_the_kind_that_the_table_states_wins_over_the_code() -> None:
    communities = [EAST, RENAMED, JOINED, "439901001299"]
    assert eligible_communities(Eligible(kind="village"), communities) == [EAST, JOINED, "439901001299"]
    assert eligible_communities(Eligible(kind="residents"), communities) == [RENAMED]
    assert eligible_communities(Eligible(kind="residents"), communities, {}) == [EAST]
