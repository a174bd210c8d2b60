"""Family ``folder_files``: files that a platform drops into a folder under the home (``file:folder``)."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from connectors.deployment import path_under, resolve_endpoint
from connectors.families.base import Opening, Unit
from connectors.families.files import Entry, needed_format, read_files
from schemas.errors import SourceRefused, SourceUnreachable
from schemas.platform_file import StreamFile
from schemas.receipts import Cursor


class FolderSource:
    """A local folder; see :mod:`connectors.families.files` for how it is read."""

    def __init__(self, opening: Opening) -> None:
        access = opening.platform.file.access
        _, parts = resolve_endpoint(opening.deployment, access.endpoint, opening.schemes)
        self._folder = path_under(opening.home, parts, f"endpoints.{access.endpoint}.url")
        self._format = needed_format(access.format, opening.where)
        self._where = opening.where

    def __enter__(self) -> Self:
        if self._folder.is_file():
            raise SourceRefused(
                "the address is that of a file",
                where=self._where,
                expected="the folder that files are dropped into",
                found=str(self._folder),
                next_step="take the file's name out of the endpoint's url; `source` of a stream says which files",
            )
        if not self._folder.is_dir():
            raise SourceUnreachable(
                "the folder is not there",
                where=self._where,
                expected=str(self._folder),
                next_step="check the endpoint's url, or whether the share is mounted",
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def read(self, stream: StreamFile, cursor: Cursor) -> Iterator[Unit]:
        """Files not read yet, one unit each."""
        try:
            yield from read_files(self, stream, cursor, self._format, self._where, time.sleep)
        except PermissionError:
            raise SourceRefused(
                "a file may not be read", where=self._where, next_step="grant this account reading"
            ) from None
        except FileNotFoundError:
            raise SourceUnreachable("a file went away while it was read", where=self._where) from None

    def entries(self) -> list[Entry]:
        """Names in the folder."""
        with os.scandir(self._folder) as found:
            return [_entry(e.name, e.stat(follow_symlinks=False)) for e in found]

    def entry(self, name: str) -> Entry:
        """One name, looked at again."""
        return _entry(name, os.lstat(self._folder / name))

    def content(self, name: str, most: int) -> bytes:
        """Bytes of a file; ``O_NOFOLLOW``, for a link may have taken its place since the listing."""
        handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            return file.read(most)


def _entry(name: str, status: os.stat_result) -> Entry:
    plain = stat.S_ISREG(status.st_mode)
    return Entry(name, status.st_size, status.st_mtime, time.time() - status.st_mtime, plain)
