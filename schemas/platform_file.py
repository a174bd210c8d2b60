"""The shape of a platform file: one YAML file under a project's ``sources/<line>/`` makes a platform exist.

The file's name is the platform's id, its folder's name is the line's id; ``_line.yml`` in the folder describes the
line.
No address and no secret stands in a platform file: ``access.endpoint`` and ``access.credential`` are names that
``liandao.yml`` of the project or ``deployment.yml`` of the home resolves.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
StreamName = Literal["form", "case", "rating", "survey", "ticket", "usage"]
Family = Literal["http_page", "http_cursor", "sql", "sftp_files", "folder_files"]


EVENT_TIME: dict[str, str] = {
    "form": "entered_at",
    "case": "apply_at",
    "rating": "rated_at",
    "survey": "answered_at",
    "ticket": "received_at",
    "usage": "occurred_at",
}
"""The time of the event itself. A source without a time of change has only this: ``changed_at`` is then taken from it
(a constant would be a lie), and it may be the cursor too."""


class Strict(BaseModel):
    """No unknown keys, no silent conversion of keys that were misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(Strict):
    """A name in both languages."""

    zh: str
    en: str


class Owner(Strict):
    """Who answers for it. ``office`` is empty when nobody is named (the platform then counts as without an owner)."""

    org: str
    office: str | None = None


class LineFile(Strict):
    """``_line.yml``: a line of business. ``schedule`` is a cron line in Beijing time for its ingest DAG."""

    title: Title
    owner: Owner
    schedule: str
    pool: Name = "default_pool"
    tags: list[str] = []


class Eligible(Strict):
    """Which communities in scope are to use it: all, villages only, residents' committees only, or by county prefix."""

    kind: Literal["all", "village", "residents"] = "all"
    regions: list[str] = []
    """Region code prefixes (4, 6 or 9 digits); empty means anywhere. Full 12-digit codes name single communities."""


class FileFormat(Strict):
    """How files are written (families ``sftp_files`` and ``folder_files``)."""

    type: Literal["csv", "xlsx", "xml"]
    encoding: Literal["utf-8", "utf-8-sig", "gb18030", "utf-16"] = "utf-8"
    delimiter: str = ","
    sheet: str | None = None
    header_row: int = 1
    """Row of the headings, from 1 (xlsx with a title line above has 2)."""
    record_tag: str | None = None
    """XML element that is one record; its children are the fields."""


class Paging(Strict):
    """How an HTTP source pages. ``rows`` is the dotted path to the list in the envelope, ``code`` (if any) the field
    that tells success inside an HTTP 200, ``ok`` its good value, ``total`` the dotted path to the declared row
    count."""

    rows: str = "data.list"
    total: str | None = "data.total"
    code: str | None = None
    ok: str | int | None = None
    size: int = 1000
    page_parameter: str = "page"
    size_parameter: str = "size"
    since_parameter: str = "since"
    cursor_parameter: str = "cursor"
    next: str = "data.next"
    """Dotted path to the next cursor (family ``http_cursor``); null or empty ends."""


class Access(Strict):
    """How bytes arrive. ``endpoint`` and ``credential`` are names resolved by the deployment file."""

    family: Family
    endpoint: Name
    credential: Name | None = None
    paging: Paging | None = None
    format: FileFormat | None = None
    requests_per_second: float | None = None


class Expect(Strict):
    """How many rows are plausible. Below ``floor`` (of all rows ever landed) the stream stops; above ``ceiling``
    (of one
    batch) it warns."""

    floor: int = Field(ge=0)
    ceiling: int = Field(gt=0)


class StreamFile(Strict):
    """One stream: where it is, what identifies a row, what moves the cursor, and what each field means.

    ``source`` is the path of an HTTP resource, the name of a table, or a file pattern such as ``dbsq_*.csv``.
    ``fields``: source field -> canonical column. ``codes``: canonical column -> source value -> canonical code (values
    that are canonical codes already need no entry). ``formats``: canonical column -> strptime pattern, where it is none
    of the usual ones; ``constants``: canonical column -> value when the source does not send it; ``ignore``: source
    fields left out by name. A field neither mapped nor ignored stops the stream.
    """

    source: str
    key: str
    cursor: str | None = None
    """Source field holding the time of the last change; null for files read whole."""
    expect: Expect
    fields: dict[str, str]
    codes: dict[str, dict[str, str]] = {}
    formats: dict[str, str] = {}
    constants: dict[str, str] = {}
    ignore: list[str] = []


class PlatformFile(Strict):
    """A whole platform file."""

    title: Title
    owner: Owner
    go_live: date
    retired: date | None = None
    eligible: Eligible = Eligible()
    masked: list[str] = []
    """Canonical columns that the source sends masked (stars in place of characters)."""
    timezone: Literal["Asia/Shanghai", "UTC"] = "Asia/Shanghai"
    """Zone of times written without one."""
    access: Access
    streams: dict[StreamName, StreamFile] = Field(min_length=1)


class Platform(Strict):
    """A platform as the registry hands it out: its file plus what its place in the tree says."""

    platform_id: Name
    line_id: Name
    file: PlatformFile
    path: str


class Line(Strict):
    """A line as the registry hands it out."""

    line_id: Name
    file: LineFile


class Endpoint(Strict):
    """Where a named endpoint is: ``http://…``, ``sftp://host:port/folder``, ``file:folder``
    (relative to
    the home), ``postgresql://…`` or ``sqlite:file``. ``host_key``: pinned SSH host key (SFTP). ``schema_name``:
    database
    schema that holds the platform's tables (PostgreSQL)."""

    url: str
    host_key: str | None = None
    schema_name: str | None = None


class Deployment(Strict):
    """Everything that differs between one bureau and another, as a run needs it: read from ``liandao.yml`` of the
    project and ``deployment.yml`` of the home.

    ``credentials``: name -> ``env:VARIABLE`` or ``file:path`` (relative to the home, mode 0600); never the secret
    itself. The secret of an HTTP credential is a bearer token; of SFTP and PostgreSQL it is ``user:password``.
    ``scope``: communities connected so far (12-digit codes).
    ``window_start``, ``window_end``: the days that usage is judged on, both included.
    """

    endpoints: dict[Name, Endpoint]
    credentials: dict[Name, str] = {}
    scope: list[str]
    window_start: date
    window_end: date


def platform_file_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of a platform file, for editors; published as ``schemas/platform_file.schema.json``."""
    schema: dict[str, object] = PlatformFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Liandao platform file",
        **{key: value for key, value in schema.items() if key != "title"},
    }
