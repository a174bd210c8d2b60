"""Options of the program's file formats: the keys that may stand beside ``type`` under ``access.format``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

PARTS_OF_GB18030 = ("gbk", "gb2312", "cp936")


def _name_the_whole(value: object) -> object:
    """People name the older standards; a file outgrows them with the first rare character of a name."""
    if isinstance(value, str) and value.lower() in PARTS_OF_GB18030:
        raise ValueError(f"write gb18030, which reads {value} too and knows the rare characters of names")
    return value


Encoding = Annotated[Literal["utf-8", "utf-8-sig", "gb18030", "utf-16"], BeforeValidator(_name_the_whole)]


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
