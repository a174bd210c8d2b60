"""File formats: bytes of one file in, one table of text out.

Strict: what can't be read as declared is an error, never a guess.
"""

from __future__ import annotations

import pyarrow as pa

from schemas.platform_file import FileFormat


def read_file(data: bytes, form: FileFormat, where: str) -> pa.Table:
    """Read one file as declared. ``where`` names platform and file in errors. Raises SourceMalformed."""
    if form.type == "csv":
        from connectors.formats.csv import read_csv

        return read_csv(data, form.encoding, form.delimiter, where)
    if form.type == "xlsx":
        from connectors.formats.xlsx import read_xlsx

        return read_xlsx(data, form.sheet, form.header_row, where)
    from connectors.formats.xml import read_xml

    return read_xml(data, form.encoding, form.record_tag or "", where)
