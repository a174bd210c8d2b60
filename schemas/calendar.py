"""Working days: the State Council's calendar, with the days that the project says are otherwise.

``reference/calendar.yml`` of a project names days that are worked although the calendar says no (``working``) and days
off although it says yes (``holidays``). A year that the calendar does not know yet counts from Monday to Friday; once
the project names a day of it, it counts as announced.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import Self

from pydantic import Field, model_validator

from schemas.platform_file import Strict
from schemas.project import current, per_project
from schemas.typed_yaml import Reader

FILE = "calendar.yml"
FRIDAY = 4


class CalendarFile(Strict):
    """A whole ``calendar.yml``."""

    working: list[date] = Field(default_factory=list)
    holidays: list[date] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        both = sorted(set(self.working) & set(self.holidays))
        if both:
            raise ValueError(f"{both[0]} stands under working and under holidays")
        return self


@per_project
def project_days() -> dict[date, bool]:
    """Days that the project in use knows otherwise -> whether they are worked. Raises ConfigurationError."""
    project = current()
    path = project.reference / FILE if project else None
    if path is None or not path.is_file():
        return {}
    file = Reader().model(CalendarFile, path)
    return dict.fromkeys(file.holidays, False) | dict.fromkeys(file.working, True)


@per_project
def last_known_day() -> date:
    """The last day of the last year whose holidays the State Council has announced or the project names."""
    from chinese_calendar.constants import holidays

    return date(max(day.year for day in (*holidays, *project_days())), 12, 31)


def is_workday(day: date) -> bool:
    """Whether a day is worked; Monday to Friday, with a warning, in a year that nobody has announced."""
    from chinese_calendar import is_workday as is_announced_workday

    if day in project_days():
        return project_days()[day]
    try:
        return bool(is_announced_workday(day))
    except NotImplementedError:
        if day > last_known_day():
            warnings.warn(f"no published calendar for {day.year}: Monday to Friday are taken as worked", stacklevel=3)
        return day.weekday() <= FRIDAY
