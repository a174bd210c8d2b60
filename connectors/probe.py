"""A look at a platform without taking anything: is it there, are its fields as declared, does it have rows?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.contract import Contract
from connectors.families import open_source
from connectors.families.base import Source
from schemas.errors import LiandaoError
from schemas.platform_file import Deployment, Platform
from schemas.receipts import Cursor

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
    return [
        ProbeResult(name, "fields", True, f"{fields} fields as declared" if fields else "no row to show any field"),
        ProbeResult(name, "rows", True, f"{rows} rows in the first unit{total}"),
    ]
