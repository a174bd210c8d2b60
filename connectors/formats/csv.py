"""CSV: RFC 4180 with any single-character delimiter, line breaks inside quotes, all values as text."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pyarrow as pa
import pyarrow.csv as pc

from connectors.formats.text import to_utf8
from schemas.errors import SourceMalformed

_HEADER_BYTES = 1 << 16
_END = "\x1eend\x1e"


def read_csv(data: bytes, encoding: str, delimiter: str, where: str) -> pa.Table:
    """One file as text columns; an empty cell is an empty string.

    Raises SourceMalformed naming the row, never its values.

    A file that was cut off inside a quoted value reads as if it were whole; to notice, a last line of our own is
    appended and has to come out as a row of its own.
    """
    text = to_utf8(data, encoding, where)
    names = _header(text, delimiter, where)
    sentinel = delimiter.join([_END] * len(names)).encode()
    whole = b"".join((text, b"" if text.endswith((b"\n", b"\r")) else b"\n", sentinel, b"\n"))
    table = _parse(whole, names, delimiter, where)
    last = table.slice(table.num_rows - 1).to_pydict() if table.num_rows else {}
    if not last or set().union(*last.values()) != {_END}:
        raise SourceMalformed(
            "the file ends inside a quoted value",
            where=where,
            expected="a closing quote",
            next_step="the file was cut off, or has an unescaped quote: ask the owner for it again",
        )
    return table.slice(0, table.num_rows - 1)


def _parse(text: bytes, names: list[str], delimiter: str, where: str) -> pa.Table:
    bad: list[tuple[int, int]] = []

    def refuse(row: pc.InvalidRow) -> str:
        bad.append((row.number, row.actual_columns))
        return "error"

    try:
        return pc.read_csv(
            pa.BufferReader(text),
            pc.ReadOptions(
                use_threads=False, block_size=16 << 20
            ),  # one thread: rows can be numbered, cores are shared
            pc.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse),
            pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:  # its message would quote the row
        place = f"{where} row {bad[0][0]}" if bad else where
        found = f"{bad[0][1]} values" if bad else "text that is not CSV"
        raise SourceMalformed(
            "a row does not have as many values as there are headings",
            where=place,
            expected=f"{len(names)} values",
            found=found,
            next_step="a delimiter or line break without quotes: ask the owner to export it again",
        ) from None


def _header(text: bytes, delimiter: str, where: str) -> list[str]:
    first = io.StringIO(text[:_HEADER_BYTES].decode("utf-8", "ignore"), newline="")
    names = next(csv.reader(first, delimiter=delimiter), [])
    if not names:
        raise SourceMalformed("the file has no line of headings", where=where, expected="headings in the first line")
    twice = [n for n, count in Counter(names).items() if count > 1 or not n.strip()]
    if twice:
        raise SourceMalformed(
            "a heading is empty or stands twice", where=where, found=", ".join(n[:60] for n in twice[:5])
        )
    return names
