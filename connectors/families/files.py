"""What the two families of files share: which files are read, and what makes a file one that was read already.

1. The stream's pattern picks names; ``.part``, ``.tmp`` and hidden names are somebody's unfinished work and left alone.
2. A file that is empty, or grows while we look, is left for the next run. One written within the last seconds is
   looked at twice.
3. A file is known by the SHA-256 of its bytes: the same content under a new name is not read again, new content under
   an old name is.
4. Names are data: nothing is stored under them. A name with a path, ``..`` or control characters, a symbolic link or
   anything that is not a plain file stops the stream, for it is either an accident or an attack.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from connectors.families.base import Unit
from connectors.formats import read_file
from schemas.errors import ConfigurationError, SourceMalformed
from schemas.platform_file import FileFormat, StreamFile
from schemas.receipts import Cursor

MAX_FILE_BYTES = 1 << 30
FRESH_S = 3.0
"""A file changed within so many seconds may still be written to."""
SETTLE_S = 0.3
_UNFINISHED = (".part", ".tmp", ".filepart", ".writing", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder. ``age_s``: seconds since its last change, by the clock of where it lies."""

    name: str
    size: int
    changed: float
    age_s: float
    is_plain: bool


@runtime_checkable
class Folder(Protocol):
    """Where files lie: a local folder or one behind SFTP."""

    def entries(self) -> list[Entry]:
        """Every name in the folder, links not followed."""
        ...

    def entry(self, name: str) -> Entry:
        """One name, looked at again."""
        ...

    def content(self, name: str, most: int) -> bytes:
        """The first ``most`` bytes of a file, links not followed."""
        ...


def read_files(
    folder: Folder, stream: StreamFile, cursor: Cursor, form: FileFormat, where: str, pause: Callable[[float], None]
) -> Iterator[Unit]:
    """The stream's files that were not read yet, by name, one unit each."""
    known = set(cursor.units)
    for entry in chosen(folder.entries(), stream.source, where):
        data = _settled_content(folder, entry, where, pause)
        if data is None:
            continue
        digest = hashlib.sha256(data).hexdigest()
        if digest in known:
            continue
        known.add(digest)
        yield Unit(entry.name, read_file(data, form, f"{where} {entry.name}"), None, digest)


def chosen(entries: list[Entry], pattern: str, where: str) -> list[Entry]:
    """The entries that match the pattern, by name; raises SourceMalformed for names and kinds that are refused."""
    matching = [e for e in entries if fnmatch.fnmatchcase(e.name, pattern) and not _is_unfinished(e.name)]
    for entry in matching:
        if "/" in entry.name or "\\" in entry.name or ".." in entry.name or not entry.name.isprintable():
            raise SourceMalformed(
                "a file name is refused",
                where=where,
                expected="a plain name",
                found="a path, '..' or control characters",
                next_step="ask the owner who put it there",
            )
        if not entry.is_plain:
            raise SourceMalformed(
                "a name is not a plain file",
                where=f"{where} {entry.name}",
                found="a symbolic link, folder or device",
                next_step="ask the owner who put it there",
            )
    return sorted(matching, key=lambda e: e.name)


def needed_format(form: FileFormat | None, where: str) -> FileFormat:
    """The declared format; raises ConfigurationError when there is none."""
    if form is None:
        raise ConfigurationError("a family of files needs access.format", where=where)
    return form


def _is_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)


def _settled_content(folder: Folder, entry: Entry, where: str, pause: Callable[[float], None]) -> bytes | None:
    if entry.size > MAX_FILE_BYTES:
        raise SourceMalformed(
            "a file is too large",
            where=f"{where} {entry.name}",
            expected=f"at most {MAX_FILE_BYTES} bytes",
            found=f"{entry.size} bytes",
            next_step="ask the owner to deliver it in parts",
        )
    if entry.size == 0:
        return None
    if entry.age_s < FRESH_S:
        pause(SETTLE_S)
    data = folder.content(entry.name, entry.size + 1)
    now = folder.entry(entry.name)
    is_settled = now.is_plain and len(data) == entry.size == now.size and now.changed == entry.changed
    return data if is_settled else None
