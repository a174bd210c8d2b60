"""Working days: the State Council's, and what a project says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from schemas import project
from schemas.calendar import is_workday, last_known_day
from schemas.errors import ConfigurationError
from tests.conftest import PROJECT
from tests.projects import write

WITH_CALENDAR = """\
working:
  - 2026-08-08
  - 2031-01-04
holidays:
  - 2026-08-10
  - 2031-01-06
"""


@pytest.fixture
def calendar(tmp_path: Path) -> Iterator[Path]:
    write(tmp_path / "reference" / "calendar.yml", WITH_CALENDAR)
    project.use(tmp_path)
    yield tmp_path / "reference" / "calendar.yml"
    project.use(PROJECT)


#  day | by the State Council | in the project | why
DAYS = [
    (date(2026, 10, 1), False, False, "National Day"),
    (date(2026, 10, 10), True, True, "a Saturday worked in exchange"),
    (date(2026, 8, 8), False, True, "a Saturday that the bureau works"),
    (date(2026, 8, 10), True, False, "a Monday that the bureau is off"),
    (date(2026, 8, 11), True, True, "a Tuesday"),
]


@pytest.mark.parametrize(("day", "announced", "here"), [d[:3] for d in DAYS], ids=[d[3] for d in DAYS])
def test_days(request: pytest.FixtureRequest, day: date, announced: bool, here: bool) -> None:
    assert is_workday(day) is announced
    request.getfixturevalue("calendar")
    assert is_workday(day) is here


def test_a_year_is_known_once_the_project_names_a_day_of_it(request: pytest.FixtureRequest) -> None:
    with pytest.warns(UserWarning, match="2031"):
        assert is_workday(date(2031, 1, 7))
    assert last_known_day() < date(2031, 1, 1)
    request.getfixturevalue("calendar")
    assert last_known_day() == date(2031, 12, 31)
    assert [is_workday(date(2031, 1, n)) for n in (4, 5, 6, 7)] == [True, False, False, True]


def test_a_day_can_not_be_both(calendar: Path) -> None:
    write(calendar, "working: [2026-08-10]\nholidays: [2026-08-10]\n")
    project.reload(project.current())
    with pytest.raises(ConfigurationError, match="2026-08-10"):
        is_workday(date(2026, 8, 11))
