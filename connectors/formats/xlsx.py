"""XLSX through calamine, after a look at the archive: a workbook is a zip file, and zip files can be bombs.

Cells become the text that a person sees, as far as the file tells. A number of 16 digits or more is written in
scientific form (``4.30102199001010e+17``): a numeric cell keeps 15 digits, so writing it out would make up the rest,
and the quality rules are to see that the digits are gone.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from connectors.families.base import text_table
from schemas.errors import SourceMalformed

MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 200
MAX_MEMBERS = 5_000
_EXACT = 10**15


def read_xlsx(data: bytes, sheet: str | None, header_row: int, where: str) -> pa.Table:
    """One sheet as text columns (default: the first that is not hidden). Rows without any value are not records.

    ``header_row``: row of the headings from 1. Raises SourceMalformed.
    """
    check_archive(data, where)
    try:
        workbook = calamine.load_workbook(io.BytesIO(data))
        name = sheet or _first_visible(workbook)
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SourceMalformed(
            "the workbook can't be read",
            where=where,
            found=type(error).__name__,
            expected=f"a sheet named {sheet}" if sheet else "an XLSX workbook",
            next_step="a password, another format under this name, or another sheet: look into the file",
        ) from None
    if len(rows) < header_row:
        raise SourceMalformed("the sheet has no row of headings", where=where, expected=f"headings in row {header_row}")
    return _table(rows[header_row - 1], rows[header_row:], where)


def read_sheets(data: bytes, where: str) -> dict[str, list[list[str]]]:
    """Every sheet that is not hidden, by name, as rows of the text that a person sees; for files whose headings are
    yet to be found. Raises SourceMalformed."""
    check_archive(data, where)
    try:
        workbook = calamine.load_workbook(io.BytesIO(data))
        sheets = {n: workbook.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in _visible(workbook)}
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SourceMalformed(
            "the workbook can't be read", where=where, found=type(error).__name__, expected="an XLSX workbook"
        ) from None
    return {name: [[_text(cell) or "" for cell in row] for row in rows] for name, rows in sheets.items()}


def check_archive(data: bytes, where: str) -> None:
    """Refuse archives that unpack to too much, hold too many members, or lie about themselves."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            unpacked = sum(m.file_size for m in members)
            if len(members) > MAX_MEMBERS or unpacked > min(MAX_UNPACKED_BYTES, MAX_RATIO * len(data) + (1 << 20)):
                raise SourceMalformed(
                    "the workbook unpacks to too much",
                    where=where,
                    found=f"{unpacked} bytes",
                    next_step="do not open it; ask the owner who made it",
                )
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise SourceMalformed(
            "the file is not a sound XLSX workbook",
            where=where,
            expected="XLSX",
            next_step="old .xls, a password or a broken transfer: ask the owner for it again",
        ) from None


def _first_visible(workbook: Any) -> str:
    name = next(_visible(workbook), None)
    if name is None:
        raise ValueError("no visible sheet")
    return name


def _visible(workbook: Any) -> Iterator[str]:
    for sheet in workbook.sheets_metadata:
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet:
            yield str(sheet.name)


def _table(headings: list[Any], rows: list[list[Any]], where: str) -> pa.Table:
    names = [str(_text(h) or "").strip() for h in headings]
    while names and not names[-1]:
        names.pop()
    if not names or "" in names:
        raise SourceMalformed(
            "a heading is empty",
            where=where,
            found="a merged or empty heading cell",
            next_step="check header_row in access.format",
        )
    filled = [row for row in rows if any(cell not in ("", None) for cell in row)]
    width = len(names)
    if any(cell not in ("", None) for row in filled for cell in row[width:]):
        raise SourceMalformed("a value stands right of the last heading", where=where)
    columns: Sequence[Sequence[Any]] = list(zip(*filled, strict=True))[:width] if filled else [()] * width
    return text_table(names, [_column(c) for c in columns])


def _column(cells: Sequence[Any]) -> pa.Array:
    if set(map(type, cells)) <= {str}:
        return pa.array(cells, pa.string())
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if isinstance(cell, str) or cell is None:
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds" if not cell.microsecond else "microseconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _number(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.14e}"
    return str(int(value)) if value == int(value) else repr(value)
