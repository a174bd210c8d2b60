"""The shape of ``liandao.yml``, the file that makes a folder a bureau's project, and of a home's ``deployment.yml``.

What every machine of the bureau shares stands in ``liandao.yml`` and is kept in git. What differs from machine to
machine (addresses, where secrets are) may stand in either; the home's ``deployment.yml`` wins.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from schemas.notify_file import Notify
from schemas.platform_file import Endpoint, Name, Strict, Title

PROJECT_FORMAT = 1
"""The version of a project's layout; an older one is brought up by ``liandao migrate``."""
HOME_FORMAT = 2
"""The version of a home's layout. 1 was that of Liandao 0.1.0, which wrote no number."""
RegionPrefix = Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")]
Workers = Annotated[int, Field(ge=1, le=64)]


class Window(Strict):
    """The days that use, ratings and service levels are judged on: ``start`` and ``end``, both included, or the last
    ``months`` whole months before today."""

    start: date | None = None
    end: date | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.months is None) == (self.start is None and self.end is None):
            raise ValueError("give start and end, or months")
        if self.months is None and (self.start is None or self.end is None):
            raise ValueError("start and end belong together")
        if self.start and self.end and self.start > self.end:
            raise ValueError("the window ends before it starts")
        return self

    def days(self, today: date) -> tuple[date, date]:
        """First and last day of the window, seen from ``today``."""
        if self.start is not None and self.end is not None:
            return self.start, self.end
        last = today.replace(day=1) - timedelta(days=1)
        months = last.year * 12 + last.month - (self.months or 1)
        return date(months // 12, months % 12 + 1, 1), last


class ProjectSettings(Strict):
    """How the program runs. An environment variable (``LIANDAO_HOME``, ``LIANDAO_WORKERS``, ``LIANDAO_WAREHOUSE``) and
    an option of the command line win over what stands here."""

    home: str = "home"
    """The folder of the data, relative to the project."""
    workers: Workers | None = None
    """Lines of business ingested side by side; by default what the machine has, four at most."""
    reading_minutes: Annotated[int, Field(ge=1, le=1440)] = 180
    """When reading ends, in minutes from a run's beginning: who has not answered fails, and the run goes on."""
    warehouse: str | None = None
    """``postgresql://user@host/database`` to publish to PostgreSQL as well; without a password."""


class Retention(Strict):
    """What is kept, for ``liandao prune``; nothing but the generations beyond the last ones is removed by a run."""

    generations: Annotated[int, Field(ge=1, le=1000)] = 3
    """Generations kept, the published one among them."""
    landing_days: Annotated[int, Field(ge=1)] | None = None
    """Days for which landed files of published batches are kept; without it, for ever. Their receipts stay."""
    log_days: Annotated[int, Field(ge=1)] | None = 365
    """Days for which logs, events and lineage are kept."""


def _allow_plain_addresses(schema: dict[str, Any]) -> None:
    """What :class:`Places` takes as an address, for its JSON Schema."""
    by_name = schema["patternProperties"].items()
    schema["patternProperties"] = {name: {"anyOf": [whole, {"type": "string"}]} for name, whole in by_name}


class Lineage(Strict):
    """Where OpenLineage events go besides the home's own file. ``address``: credential that holds the whole address
    (``https://…/api/v1/lineage``); ``token``: credential of a bearer token."""

    address: Name | None = None
    token: Name | None = None


class Places(Strict):
    """Where platforms are and what opens them. ``endpoints``: name -> address; ``credentials``: name ->
    ``env:VARIABLE`` or ``file:path`` (relative to the home, mode 0600), never the secret itself; ``notify``: who is
    told when something fails; ``lineage``: who is sent lineage."""

    endpoints: dict[Name, Endpoint] = Field(default_factory=dict, json_schema_extra=_allow_plain_addresses)
    credentials: dict[Name, str] = Field(default_factory=dict)
    notify: Notify = Notify()
    lineage: Lineage = Lineage()

    @field_validator("endpoints", mode="before")
    @classmethod
    def _plain_addresses(cls, value: object) -> object:
        """``name: address`` is short for ``name: {url: address}``."""
        if not isinstance(value, dict):
            return value
        return {name: {"url": entry} if isinstance(entry, str) else entry for name, entry in value.items()}


class Survey(Strict):
    """What a survey of the bureau's own counted, printed beside the program's figures; no rule is tuned to it."""

    high_use: Annotated[int, Field(ge=0)] | None = None
    """Platforms found in frequent use."""
    platforms: Annotated[int, Field(ge=1)] | None = None
    """Platforms that it asked about."""
    communities: Annotated[int, Field(ge=1)] | None = None
    """Villages and residents' committees of the province."""


class ProjectFile(Places):
    """A whole ``liandao.yml``. ``scope``: codes of the communities connected so far, or of regions above them, for all
    communities in these; none means every community of the regions table."""

    format: Annotated[int, Field(ge=1)]
    name: Name
    title: Title
    window: Window = Window(months=3)
    scope: list[RegionPrefix] = Field(default_factory=list)
    settings: ProjectSettings = ProjectSettings()
    retention: Retention = Retention()
    survey: Survey = Survey()

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: int) -> int:
        """A project of a later program is not read by halves."""
        if value > PROJECT_FORMAT:
            raise ValueError(f"this project has format {value}, this program reads up to {PROJECT_FORMAT}")
        return value


class DeploymentFile(Places):
    """``deployment.yml`` of a home: addresses and credentials of this machine, laid over the project's."""
