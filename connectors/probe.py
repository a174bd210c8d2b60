"""A look at a platform without taking anything: is it there, are its fields as declared, does it have rows?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.contract import Contract
from connectors.families import open_source
from connectors.families.base import Source
from connectors.families.files import Folder
from schemas.errors import LiandaoError
from schemas.expect import RowsBefore
from schemas.platform_file import Deployment, Platform, StreamFile
from schemas.receipts import Cursor

NAMES_SHOWN = 5
Check = Literal["reachable", "fields", "rows"]


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One check of one stream (``*`` for the platform as a whole). ``detail`` holds counts and names, never values;
    ``error`` is set when the check failed."""

    stream: str
    check: Check
    passed: bool
    detail: str
    error: LiandaoError | None = None


def probe(platform: Platform, deployment: Deployment, home: Path) -> list[ProbeResult]:
    """Connect and read the first unit of each stream. Never raises a LiandaoError: it is in the results."""
    try:
        with open_source(platform, deployment, home) as source:
            reached = ProbeResult("*", "reachable", True, platform.file.access.family)
            return [reached, *(r for name in platform.file.streams for r in _probe_stream(platform, source, name))]
    except LiandaoError as error:
        return [ProbeResult("*", "reachable", False, error.message, error)]


def _probe_stream(platform: Platform, source: Source, name: str) -> list[ProbeResult]:
    stream = platform.file.streams[name]
    contract = Contract(f"{platform.platform_id}.{name}", stream)
    rows, fields, declared = 0, 0, None
    try:
        for unit in source.read(stream, Cursor()):
            declared = unit.declared if declared is None else declared
            rows += unit.table.num_rows
            if unit.table.num_columns:
                contract.check_fields(unit.table.column_names, unit.name)
                fields = unit.table.num_columns
            if rows:
                break
    except LiandaoError as error:
        check: Check = "reachable" if error.exit_code == 3 else "fields"
        return [ProbeResult(name, check, False, error.message, error)]
    total = "" if declared is None else f", {declared} declared"
    shown = ProbeResult(
        name, "fields", True, f"{fields} fields as declared" if fields else "no row to show any field"
    )
    if rows:
        return [shown, ProbeResult(name, "rows", True, f"{rows} rows in the first unit{total}")]
    return [shown, _no_row(source, contract, stream, name)]


def _no_row(source: Source, contract: Contract, stream: StreamFile, name: str) -> ProbeResult:
    """All units were read and none has a row: judged as the first read of a run would be."""
    detail = "no row" + _names_beside(source, stream)
    try:
        contract.check_size(0, RowsBefore(), is_full=True)
    except LiandaoError as error:
        error.found += _names_beside(source, stream)
        return ProbeResult(name, "rows", False, detail, error)
    return ProbeResult(name, "rows", True, detail)


def _names_beside(source: Source, stream: StreamFile) -> str:
    """What lies in a folder of which no file was read."""
    if not isinstance(source, Folder):
        return ""
    names = sorted(entry.name for entry in source.entries())
    more = f", … ({len(names)} in all)" if len(names) > NAMES_SHOWN else ""
    return f"; pattern {stream.source}, in the folder: {', '.join(names[:NAMES_SHOWN]) + more or 'nothing'}"
