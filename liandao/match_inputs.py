"""The inputs of ``liandao match``: Parquet and CSV files as one table of the columns that the configuration names."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from liandao.match_ids import SHOWN, Identified, record_keys_of
from schemas.errors import ConfigurationError, SourceMalformed
from transforms.match.derive.guess import ANSWERS
from transforms.match.normalise import READERS
from transforms.match.results.findings import Records

CHUNK = 8 << 20
ENCODINGS = ("utf-8", "gb18030")
DELIMITERS = ",\t;|"
PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: ``columns`` it has, ``encoding`` and ``delimiter`` of a CSV file (empty for Parquet)."""

    path: Path
    columns: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON: the name alone, so that equal inputs in other folders give equal reports."""
        parts = asdict(self)
        return {"name": self.path.name, "encoding": parts["encoding"], "delimiter": parts["delimiter"]}


def open_inputs(paths: Sequence[Path]) -> list[InputFile]:
    """Look at each file's headings. Raises ConfigurationError (no such file) and SourceMalformed (unreadable)."""
    for path in paths:
        if not path.is_file():
            raise ConfigurationError(
                "no such file", where=str(path), expected="a Parquet or CSV file", next_step="check the path"
            )
    return [_open_parquet(path) if _is_parquet(path) else _open_csv(path) for path in paths]


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _open_parquet(path: Path) -> InputFile:
    try:
        return InputFile(path, tuple(pq.read_schema(path).names))
    except (pa.ArrowInvalid, OSError):
        raise _malformed(path, "not a whole Parquet file") from None


def _malformed(path: Path, message: str, found: str = "") -> SourceMalformed:
    expected = "Parquet, or CSV in UTF-8 or GB18030"
    return SourceMalformed(message, where=path.name, expected=expected, found=found, next_step="export it again")


def _open_csv(path: Path) -> InputFile:
    if path.stat().st_size == 0:
        raise SourceMalformed("the input is empty", where=path.name, expected="a line of headings and records")
    if path.suffix.lower() in PARQUET:
        raise _malformed(path, "not a Parquet file, though it is called one")
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline() if encoding != "utf-8-sig" else file.readline().removeprefix("\ufeff")
        while first.count('"') % 2 and (more := file.readline()):
            first += more
    delimiter = max(DELIMITERS, key=first.count)
    names = next(csv.reader(io.StringIO(first, newline=""), delimiter=delimiter), [])
    twice = [name for name, count in Counter(names).items() if count > 1 or not name.strip()]
    if twice or not names:
        raise _malformed(path, "a heading is empty or stands twice", ", ".join(n[:60] for n in twice[:SHOWN]))
    return InputFile(path, tuple(names), encoding, delimiter)


def _encoding(path: Path) -> str:
    """UTF-8 (with or without mark), else GB18030, decided over the whole file: a byte that is neither is an error."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    where = ""
    for encoding in ENCODINGS:
        where = _undecodable(path, encoding)
        if not where:
            return "utf-8-sig" if encoding == "utf-8" and head.startswith(codecs.BOM_UTF8) else encoding
    raise _malformed(path, "the file is neither UTF-8 nor GB18030", where)


def _undecodable(path: Path, encoding: str) -> str:
    """Where a file stops being text of an encoding; empty if nowhere. Also refuses a file cut off within quotes."""
    decoder, line, quotes = codecs.getincrementaldecoder(encoding)(), 1, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return f"line {line + chunk[: error.start].count(10)}"
            line, quotes = line + chunk.count(b"\n"), quotes + chunk.count(b'"')
            if not chunk:
                break
    if quotes % 2:
        raise _malformed(path, "the file ends inside a quoted value")
    return ""


def check_columns(files: Sequence[InputFile], wanted: Sequence[str], is_update: bool = False) -> None:
    """Raise ConfigurationError naming the columns that a file lacks, and those that look like them."""
    otherwise = "give the columns of the run before" if is_update else "name the columns that the file has"
    for file in files:
        missing = [name for name in wanted if name not in file.columns]
        if missing:
            near = [m for name in missing for m in get_close_matches(name, file.columns, 1)]
            raise ConfigurationError(
                "the input has no such column",
                where=file.path.name,
                expected=", ".join(missing),
                found=", ".join(file.columns[:20]) or "no columns",
                next_step=f"did you mean {', '.join(near)}?" if near else otherwise,
            )


def read_columns(file: InputFile, wanted: Sequence[str], coded: bool = False) -> pa.Table:
    """The wanted columns of one file, nothing else is read; an empty CSV cell is null.

    ``coded``: columns of text but the first are dictionary-encoded as they are read, two at a time, so that the text of
    all records is never held at once. Raises SourceMalformed.
    """
    names = list(dict.fromkeys(wanted))
    if not file.encoding:
        try:
            with ThreadPoolExecutor(READERS) as pool:
                columns = list(pool.map(lambda name: _column(file.path, name, coded and name != names[0]), names))
        except (pa.ArrowInvalid, OSError):
            raise _malformed(file.path, "not a whole Parquet file") from None
        return pa.table(columns, names=names)
    bad: list[tuple[int | None, int]] = []

    def refuse(row: pcsv.InvalidRow) -> str:
        bad.append((row.number, row.actual_columns))
        return "error"

    text = pa.dictionary(pa.int32(), pa.string()) if coded else pa.string()
    convert = pcsv.ConvertOptions(
        include_columns=names,
        column_types=dict.fromkeys(names, text) | {names[0]: pa.string()},
        strings_can_be_null=True,
        null_values=[""],
    )
    encoding = "utf-8" if file.encoding == "utf-8-sig" else file.encoding
    parse = pcsv.ParseOptions(delimiter=file.delimiter, newlines_in_values=True, invalid_row_handler=refuse)
    try:
        return pcsv.read_csv(file.path, pcsv.ReadOptions(encoding=encoding, use_threads=False), parse, convert)
    except (pa.ArrowInvalid, UnicodeError):  # its message would quote the row
        found = f"row {bad[0][0]}: {bad[0][1]} values" if bad else "text that is not CSV"
        raise _malformed(
            file.path, f"a row does not have as many values as there are headings ({len(file.columns)})", found
        ) from None


def _column(path: Path, name: str, coded: bool) -> pa.ChunkedArray:
    """One column of a Parquet file. Mapped and read on this thread: reading ahead costs more than it saves here."""
    column = pq.read_table(path, columns=[name], use_threads=False, memory_map=True, pre_buffer=False)[name]
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return column.dictionary_encode() if coded and is_text else column


def read_for_guessing(file: InputFile) -> pa.Table:
    """A whole file, except columns that may hold the answer: those are there by name, with nothing in them."""
    kept = [name for name in file.columns if not re.search(ANSWERS, name, re.IGNORECASE)]
    table = read_columns(file, kept)
    none = pa.nulls(table.num_rows, pa.string())
    return pa.table({name: table.column(name) if name in kept else none for name in file.columns})


def source_names(files: Sequence[InputFile]) -> list[str]:
    """What each file is called as a source: its stem, with as much of its folder as tells it from the others."""
    for depth in range(1, max(len(f.path.resolve().parts) for f in files) + 1):
        names = ["/".join(f.path.resolve().with_suffix("").parts[-depth:]) for f in files]
        if len(set(names)) == len(files):
            return names
    raise ConfigurationError("one file is given twice", where=", ".join(sorted({str(f.path) for f in files})))


def read_inputs(
    files: Sequence[InputFile],
    record_id: str,
    source: str | None,
    fields: Sequence[str],
    before: Identified | None = None,
) -> tuple[pa.Table, Records]:
    """All records as one table of text, dates and numbers as they came, and who they are.

    Without ``source``, or where none of several files has that column, the file is the source. The column
    ``record_id`` of the table is the key that is unique over all inputs: the id itself, or source and id
    where ids are unique within a source alone; as it was ``before`` when these records join others. Raises
    ConfigurationError for ids that are empty or met twice.
    """
    are_sources = len(files) > 1 or (before is not None and before.has_sources)
    if source and are_sources and not any(source in file.columns for file in files):
        source = None
    wanted = [record_id, *([source] if source else []), *fields]
    check_columns(files, wanted, before is not None)
    tables = [read_columns(file, wanted, coded=True) for file in files]
    if before is None and not sum(t.num_rows for t in tables):
        names = ", ".join(f.path.name for f in files)
        raise ConfigurationError("the input has no records", where=names, expected="at least one row")
    ids = _one_type([t.column(record_id) for t in tables])
    sources = _sources(tables, files, source, before is not None and before.has_sources)
    key = record_keys_of(ids, sources, record_id, None if before is None else before.is_qualified)
    table = _concatenated(tables).set_column(0, record_id, key)
    return table, Records(key, ids, sources)


def nothing_arrives(record_id: str, fields: Sequence[str], before: Identified) -> tuple[pa.Table, Records]:
    """No records, for an update that only takes some away."""
    none = pa.array([], pa.string())
    table = pa.table(dict.fromkeys((record_id, *fields), none))
    return table, Records(none, none, none if before.has_sources else None)


def _concatenated(tables: list[pa.Table]) -> pa.Table:
    """One table; a column that is of several types in several files becomes text."""
    names = tables[0].column_names
    columns = {}
    for name in names:
        types = {t.schema.field(name).type for t in tables}
        parts = [t.column(name) if len(types) == 1 else t.column(name).cast(pa.string()) for t in tables]
        columns[name] = pa.chunked_array([c for part in parts for c in part.chunks], parts[0].type).combine_chunks()
    return pa.table(columns)


def _one_type(ids: list[pa.ChunkedArray]) -> pa.Array:
    """Record ids as they came where they are integers or text in every file, as text otherwise."""
    types = {i.type for i in ids}
    kept = len(types) == 1 and (pa.types.is_integer(ids[0].type) or pa.types.is_string(ids[0].type))
    parts = [i if kept else i.cast(pa.string()) for i in ids]
    return pa.chunked_array([c for part in parts for c in part.chunks], parts[0].type).combine_chunks()


def _sources(
    tables: list[pa.Table], files: Sequence[InputFile], source: str | None, are_files: bool
) -> pa.Array | None:
    if source is not None:
        parts = [t.column(source).cast(pa.string()) for t in tables]
        return pa.chunked_array([c for part in parts for c in part.chunks], pa.string()).combine_chunks()
    if len(files) == 1 and not are_files:
        return None
    names = pa.array(source_names(files))
    return names.take(pa.array(np.repeat(np.arange(len(files)), [t.num_rows for t in tables])))
