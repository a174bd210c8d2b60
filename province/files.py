"""Platforms that export files: CSV, XLSX and XML, cut by the time of change, for an SFTP account or a shared folder.

History comes by the year and half-year, the window by the month, and from October on by the day, so that later days
appear as new files and no file that is complete ever changes.
"""

from __future__ import annotations

import io
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.csv
import xlsxwriter

from province.estate_access import file_name, format_of
from province.habits import Habit
from province.serve_store import load_history, moments_of, own_fields
from schemas.file_formats import CsvOptions, XlsxOptions, XmlOptions

DAILY_FROM = datetime.fromisoformat("2026-10-01T00:00:00+08:00")
CUTS: tuple[tuple[str, datetime], ...] = (
    ("2025", datetime.fromisoformat("2026-01-01T00:00:00+08:00")),
    ("2026H1", datetime.fromisoformat("2026-07-01T00:00:00+08:00")),
    ("202607", datetime.fromisoformat("2026-08-01T00:00:00+08:00")),
    ("202608", datetime.fromisoformat("2026-09-01T00:00:00+08:00")),
    ("202609", DAILY_FROM),
    *((f"{DAILY_FROM + timedelta(days=n):%Y%m%d}", DAILY_FROM + timedelta(days=n + 1)) for n in range(62)),
)
"""Period -> the moment after its last. A period without rows has no file; a stream without rows has one empty file."""
ENDS = dict(CUTS)
NUMERIC_CELL = re.compile(r"^\d\.\d{14}E[+]\d\d$")
"""What the rendering leaves of a number that went through a numeric cell."""


def write_files(habit: Habit, data: Path, folder: Path, as_of: datetime) -> None:
    """Bring a platform's folder to what it holds at ``as_of``. Files that are complete and there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted: set[str] = set()
    for stream in habit.streams:
        rows = load_history(data / habit.platform_id / f"{stream}.arrow", as_of)
        for period, start, stop in cut_periods(rows):
            name = file_name(habit, stream, period)
            wanted.add(name)
            _write_new(folder, name, rows.slice(start, stop - start), habit, min(as_of, ENDS[period]))
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()


def cut_periods(rows: pa.Table) -> list[tuple[str, int, int]]:
    """Period, first row and row after the last, for each period with rows; the first period when there are none."""
    ends = np.array([int(end.timestamp() * 1_000_000) for _, end in CUTS])
    stops = np.searchsorted(moments_of(rows), ends, side="left").tolist()
    starts = [0, *stops[:-1]]
    cuts = [(CUTS[n][0], a, b) for n, (a, b) in enumerate(zip(starts, stops, strict=True)) if b > a]
    return cuts or [(CUTS[0][0], 0, 0)]


def write_file(rows: pa.Table, path: Path, form: CsvOptions | XlsxOptions | XmlOptions) -> None:
    """Write one table of text in the given format."""
    if isinstance(form, CsvOptions):
        path.write_bytes(_csv(rows, form))
    elif isinstance(form, XlsxOptions):
        path.write_bytes(_xlsx(rows, form))
    else:
        path.write_bytes(_xml(rows, form))


def _write_new(folder: Path, name: str, rows: pa.Table, habit: Habit, moment: datetime) -> None:
    """Write a file unless it is there with as many rows (a note outside the served folder says how many).

    ``moment``: when its last row was written, which is what its time stamp says.
    """
    note = folder.parent / f".{folder.name}" / name
    if (folder / name).exists() and note.exists() and note.read_text() == str(rows.num_rows):
        return
    write_file(own_fields(rows), folder / name, format_of(habit))
    os.utime(folder / name, (moment.timestamp(), moment.timestamp()))
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(rows.num_rows))


def _csv(rows: pa.Table, form: CsvOptions) -> bytes:
    sink = io.BytesIO()
    pyarrow.csv.write_csv(rows, sink, pyarrow.csv.WriteOptions(delimiter=form.delimiter))
    text = sink.getvalue()
    return text if form.encoding == "utf-8" else text.decode().encode(form.encoding)


def _xlsx(rows: pa.Table, form: XlsxOptions) -> bytes:
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "constant_memory": False})
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - the same bytes every time
    sheet = book.add_worksheet(form.sheet or "Sheet1")
    if form.header_row > 1:
        sheet.write_string(0, 0, "数据导出")
    head = form.header_row - 1
    for number, name in enumerate(rows.column_names):
        sheet.write_string(head, number, name)
        for offset, value in enumerate(rows.column(number).to_pylist(), head + 1):
            if value and value[1:2] == "." and NUMERIC_CELL.match(value):
                sheet.write_number(offset, number, float(value))
            elif value:
                sheet.write_string(offset, number, value)
    book.close()
    return sink.getvalue()


def _xml(rows: pa.Table, form: XmlOptions) -> bytes:
    tag, names = form.record_tag, rows.column_names
    pattern = f"<{tag}>" + "".join(f"<{name}>%s</{name}>" for name in names) + f"</{tag}>"
    columns = ([escape(value or "") for value in column.to_pylist()] for column in rows.columns)
    records = [pattern % record for record in zip(*columns, strict=True)]
    head = f"<?xml version='1.0' encoding={quoteattr(form.encoding)}?>\n<export>\n"
    return (head + "\n".join(records) + "\n</export>\n").encode(form.encoding)
