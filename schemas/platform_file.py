"""The shape of a platform file: one YAML file under a project's ``sources/<line>/`` makes a platform exist.

The file's name is the platform's id, its folder's name is the line's id; ``_line.yml`` in the folder describes the
line.
No address and no secret stands in a platform file: ``access.endpoint`` and ``access.credential`` are names that
``liandao.yml`` of the project or ``deployment.yml`` of the home resolves.

What several platforms have in common is written once: ``profile`` names a file of this shape, of which any part may be
left out, under the project's ``profiles/``; the platform's own words win. A column under ``codes`` may name a
vocabulary (:mod:`schemas.vocabulary_file`) in place of a mapping. Both are resolved while a file is loaded, so what
stands below is a whole platform file. In ``source``, ``endpoint`` and ``credential``, ``${platform}`` stands for the
platform's id, ``${PLATFORM}`` for the same in capitals, ``${line}`` for the line's id.

Some keys are reserved for what later versions do; see :data:`RESERVED`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.expect import Expect

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]

RESERVED: dict[str, str] = {
    "drift": "is to say what happens when fields appear or go missing (stop, warn or accept)",
    "rhythm": "is to say when new rows are due, so that silence is told",
    "sequence": "is to name the field that orders the versions of one row within one time of change",
    "delivers": "is to say whether each read brings everything there is (snapshot) or what changed (changes)",
    "lookback": "is to say how far behind the cursor is read again, for rows that are written late",
    "deletions": "is to say how rows that are gone are noticed",
    "limits": "is to say when and how much a platform may be asked",
}
"""Keys of a stream (``limits``: of ``access``) that are spoken for and do nothing yet."""


class Strict(BaseModel):
    """No unknown keys, no silent conversion of keys that were misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(Strict):
    """A name in both languages."""

    zh: str
    en: str


class Owner(Strict):
    """Who answers for it. ``office`` is empty when nobody is named (the platform then counts as without an owner).
    ``contact``: where that office is reached, an address of the office and not of a person: ``mailto:…`` or a page."""

    org: str
    office: str | None = None
    contact: Annotated[str, Field(pattern=r"^(mailto:[^\s@]+@[^\s@]+|https?://[^\s/]\S*)$")] | None = None


class LineFile(Strict):
    """``_line.yml``: a line of business. ``schedule`` is a cron line of five parts (or ``@daily`` and the like) in
    Beijing time for its ingest DAG."""

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


class FileFormat(BaseModel):
    """How files are written (families that read files): ``type`` names a format, the other keys are its options
    (:mod:`schemas.file_formats` for those of the program; a format from elsewhere declares its own)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str

    @property
    def options(self) -> dict[str, Any]:
        """The options as they stand in the file; those left out have the format's defaults."""
        return dict(self.model_extra or {})


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
    """How bytes arrive. ``family`` names a family of access (``docs/onboarding.md`` lists those of the program);
    ``endpoint`` and ``credential`` are names that ``liandao.yml`` or ``deployment.yml`` resolves; ``options`` are for a
    family from elsewhere that declares some."""

    family: str
    endpoint: Name
    credential: Name | None = None
    paging: Paging | None = None
    format: FileFormat | None = None
    requests_per_second: float | None = None
    options: dict[str, Any] = {}


class StreamFile(Strict):
    """One stream: where it is, what identifies a row, what moves the cursor, and what each field means.

    ``source`` is the path of an HTTP resource, the name of a table, or a file pattern such as ``dbsq_*.csv``.
    ``fields``: source field -> canonical column. ``codes``: canonical column -> source value -> canonical code (values
    that are canonical codes already need no entry). ``formats``: canonical column -> strptime pattern, where it is none
    of the usual ones; ``constants``: canonical column -> value when the source does not send it; ``ignore``: source
    fields left out by name; ``optional``: mapped fields that may be absent from a page or file (they are null then). A
    field neither mapped nor ignored stops the stream, and so does a mapped one that is missing and not optional.
    """

    source: str
    key: str
    cursor: str | None = None
    """Source field holding the time of the last change; null for files read whole."""
    expect: Expect = Expect()
    fields: dict[str, str]
    codes: dict[str, dict[str, str]] = {}
    formats: dict[str, str] = {}
    constants: dict[str, str] = {}
    ignore: list[str] = []
    optional: list[str] = []


class PlatformFile(Strict):
    """A whole platform file. ``profile``: the one it follows, if any; by then its words are here too."""

    profile: Name | None = None
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
    streams: dict[Name, StreamFile] = Field(min_length=1)
    """By kind: one of the program's, or a table that the project declares."""


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
