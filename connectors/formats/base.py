"""What every file format has in common: bytes of one file in, one table of text out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.file_formats import FormatOptions

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which files are written.

    ``name``: as ``access.format.type`` writes it. ``options``: model of what else may stand under ``access.format``.
    ``read``: bytes, options and the name of platform and file (for errors) -> a table whose columns are text under the
    file's own headings; raises SourceMalformed, never with a value in it. It imports its library only when called.
    """

    name: str
    read: Callable[[bytes, Any, str], pa.Table]
    options: type[FormatOptions] = FormatOptions
