"""File formats: bytes of one file in, one table of text out. ``docs/extending.md`` says how a bureau adds one.

Strict: what can't be read as declared is an error, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.extensions import Choice
from connectors.formats.base import Format
from schemas.file_formats import CsvOptions, XlsxOptions, XmlOptions
from schemas.platform_file import FileFormat

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = "liandao.formats"
"""Entry points of this group are formats too."""


def read_file(data: bytes, form: FileFormat, where: str) -> pa.Table:
    """Read one file as declared. ``where`` names platform and file in errors. Raises SourceMalformed."""
    chosen = find_format(form.type)
    return chosen.read(data, chosen.options.model_validate(form.options), where)


def _csv(data: bytes, options: CsvOptions, where: str) -> pa.Table:
    from connectors.formats.csv import read_csv

    return read_csv(data, options.encoding, options.delimiter, where)


def _xlsx(data: bytes, options: XlsxOptions, where: str) -> pa.Table:
    from connectors.formats.xlsx import read_xlsx

    return read_xlsx(data, options.sheet, options.header_row, where)


def _xml(data: bytes, options: XmlOptions, where: str) -> pa.Table:
    from connectors.formats.xml import read_xml

    return read_xml(data, options.encoding, options.record_tag, where)


BUILT_IN: dict[str, Format] = {
    form.name: form
    for form in (Format("csv", _csv, CsvOptions), Format("xlsx", _xlsx, XlsxOptions), Format("xml", _xml, XmlOptions))
}
"""The program's own formats; no other distribution can take their place."""
_CHOICE = Choice(BUILT_IN, GROUP, Format, "format", "access.format.type")
find_format, format_names = _CHOICE.find, _CHOICE.names
