"""Options of the program's file formats: the keys that may stand beside ``type`` under ``access.format``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Encoding = Literal["utf-8", "utf-8-sig", "gb18030", "utf-16"]


class FormatOptions(BaseModel):
    """Base of all options: no unknown keys, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CsvOptions(FormatOptions):
    """Text with one record a row and headings in the first line."""

    encoding: Encoding = "utf-8"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","


class XlsxOptions(FormatOptions):
    """A workbook. ``sheet``: its name, by default the first that is not hidden. ``header_row``: row of the headings,
    from 1 (with a title line above it is 2)."""

    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1


class XmlOptions(FormatOptions):
    """``record_tag``: the element that is one record; its children are the fields."""

    encoding: Encoding = "utf-8"
    record_tag: str
