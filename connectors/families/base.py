"""What every family of access has in common: it opens a source and yields units of text.

A *unit* is what bytes arrive in: a page, a file, or the rows of one query in slices. Every value is text exactly as the
source has it; nothing is trimmed, rounded, padded or guessed here, because what was lost here could never be found
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from pydantic import BaseModel

from schemas.platform_file import Deployment, Platform, StreamFile
from schemas.receipts import Cursor

if TYPE_CHECKING:  # verifying platform files is quick, and loading Arrow is not
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit read. ``table``: columns of text under the source's own field names; no column at all when the source
    answered nothing that tells its fields. ``declared``: rows the source says the whole answer has, on the first unit.
    ``sha256``: content checksum, for files (it goes into :attr:`schemas.receipts.Cursor.units`)."""

    name: str
    table: pa.Table
    declared: int | None = None
    sha256: str | None = None


class Source(Protocol):
    """An opened platform: one connection, one snapshot where the protocol knows such a thing."""

    def __enter__(self) -> Self:
        """Connect; raises SourceUnreachable or SourceRefused."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        ...

    def read(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        """Units of one stream from ``cursor`` on. May bring rows of the cursor's edge again; loses none."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What a family needs to open a platform. ``schemes``: those that its endpoint may have."""

    platform: Platform
    deployment: Deployment
    home: Path
    schemes: tuple[str, ...]

    @property
    def where(self) -> str:
        """The platform, as errors name it."""
        return self.platform.platform_id


SourceIs = Literal["path", "table", "pattern", "text"]
"""What ``source`` of a stream names: a path below an HTTP address, a table, a pattern of file names, or whatever the
family makes of it (a non-empty text)."""


@dataclass(frozen=True, slots=True)
class Family:
    """A way of access: what a platform file may say when it names this family, and how a platform is opened.

    ``name``: as ``access.family`` writes it. ``schemes``: those that an endpoint's address may have; nothing else is
    ever connected to. ``opens``: makes the source; imports its client only when called, for drivers cost time.
    ``pages``: takes ``access.paging`` and ``access.requests_per_second``. ``reads_files``: takes ``access.format``; a
    unit is a file and is new by its content (:attr:`Unit.sha256`), not by the times inside. ``needs_credential``:
    ``access.credential`` must be there. ``options``: model of ``access.options``, None when the family has none.
    """

    name: str
    schemes: tuple[str, ...]
    opens: Callable[[Opening], Source]
    source_is: SourceIs = "text"
    pages: bool = False
    reads_files: bool = False
    needs_credential: bool = False
    options: type[BaseModel] | None = None


def text_table(names: list[str], columns: list[pa.Array]) -> pa.Table:
    """A table of text columns from equally long arrays."""
    import pyarrow as pa

    return pa.Table.from_arrays(columns, schema=pa.schema([pa.field(n, pa.string()) for n in names]))


def cursor_pattern(stream: StreamFile) -> str | None:
    """The declared strptime pattern of the field that moves the cursor, if any."""
    return stream.formats.get(stream.fields[stream.cursor]) if stream.cursor else None
