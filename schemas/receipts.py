"""Receipts: what each step hands to the next. Counts, paths and checksums, never rows.

Paths are relative to the home. Every receipt is written as JSON beside what it describes and can be read back.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self, get_args, get_origin, get_type_hints

from schemas.durable import sync
from schemas.errors import DamagedFile


class Receipt:
    """Base: JSON in, JSON out, written durably (temporary name, fsync, rename)."""

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists, ready for JSON."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Rebuild nested receipts from plain dictionaries."""
        return cls(**{name: _rebuild(hint, raw[name]) for name, hint in _hints(cls) if name in raw})  # type: ignore[arg-type]

    def write(self, path: Path) -> None:
        """Write durably; a reader sees the whole receipt or none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(path.suffix + ".tmp")
        with temporary.open("w", encoding="utf-8") as handle:
            json.dump(self.to_dict(), handle, ensure_ascii=False, indent=1, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
        sync(path.parent)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one back; raises FileNotFoundError, and DamagedFile when it is not whole."""
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError, AttributeError) as broken:
            raise DamagedFile(
                f"a {cls.__name__.lower()} receipt is not whole",
                where=str(path),
                expected="JSON as it was written",
                found=type(broken).__name__,
                next_step=f"restore it from a backup, or set it aside: mv {path} {path}.damaged",
            ) from None


@cache
def _hints(kind: type[Receipt]) -> list[tuple[str, Any]]:
    """Name and type of each field; working them out costs more than reading a receipt."""
    hints = get_type_hints(kind)
    return [(f.name, hints[f.name]) for f in fields(kind)]  # type: ignore[arg-type]


def _rebuild(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type) and issubclass(hint, Receipt) and isinstance(value, dict):
        return hint.from_dict(value)
    if get_origin(hint) is list and value is not None:
        return [_rebuild(get_args(hint)[0], v) for v in value]
    if get_origin(hint) is dict and value is not None:
        return {k: _rebuild(get_args(hint)[1], v) for k, v in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class Cursor(Receipt):
    """How far a stream has been read.

    ``value``: greatest change time seen, as the source writes it. ``ties``: hashes of rows seen at that very value, so
    that reading from ``>= value`` brings nothing twice. ``units``: for files, content checksum -> name of those read.
    """

    value: str | None = None
    ties: list[str] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LandedFile(Receipt):
    """One immutable Parquet file: ``_row`` (int64, from 0 in the batch's stream), ``_unit`` (page, file or query
    it came
    from), ``_unit_row`` (int64, row within the unit), then every field of the source as text under its own name."""

    path: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LandedStream(Receipt):
    """One stream of one platform in one batch. ``extracted`` rows were taken from the source and all were landed;
    ``overlap`` rows came again at the cursor's edge, identical, and were not taken."""

    platform_id: str
    stream: str
    batch_id: str
    extracted: int
    overlap: int
    declared: int | None
    files: list[LandedFile]
    fields: list[str]
    key_field: str
    cursor_before: Cursor
    cursor_after: Cursor

    @property
    def landed(self) -> int:
        """Rows in the landed files."""
        return sum(f.rows for f in self.files)


@dataclass(frozen=True, slots=True)
class Landed(Receipt):
    """One platform's batch: every stream landed. Times are ISO 8601 in Beijing time."""

    platform_id: str
    line_id: str
    batch_id: str
    started_at: str
    ended_at: str
    streams: list[LandedStream]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep: no row came, and no stream was read any further."""
        return all(s.extracted == 0 and s.cursor_after == s.cursor_before for s in self.streams)


@dataclass(frozen=True, slots=True)
class ConformedStream(Receipt):
    """Where one landed stream's rows went. ``landed = accepted + sum(quarantined) + sum(dropped)``.

    ``tables``: canonical table name -> Parquet path of accepted rows (``core_form`` comes with ``core_entry_event``).
    ``quarantine_path``: Parquet of quarantined and dropped rows (see ``schemas.tables.control.QUARANTINE``).
    ``quarantined`` and ``dropped``: reason code of the first rule broken -> rows. ``flagged``: rule -> rows (accepted).
    """

    platform_id: str
    stream: str
    batch_id: str
    landed: int
    accepted: int
    quarantined: dict[str, int]
    dropped: dict[str, int]
    flagged: dict[str, int]
    tables: dict[str, str]
    quarantine_path: str


@dataclass(frozen=True, slots=True)
class Conformed(Receipt):
    """One platform's batch conformed. ``project``: digest of the project that it was conformed with, empty in receipts
    that were written before projects were kept."""

    platform_id: str
    line_id: str
    batch_id: str
    streams: list[ConformedStream]
    project: str = ""


@dataclass(frozen=True, slots=True)
class Gated(Receipt):
    """One line's table-level suites on one set of batches. ``results_path``: Parquet of ``ctl_quality_result`` rows."""

    line_id: str
    gate_id: str
    batch_ids: list[str]
    passed: bool
    evaluated: int
    failed_stop: list[str]
    failed_warn: list[str]
    results_path: str


@dataclass(frozen=True, slots=True)
class Ingested(Receipt):
    """One platform read and conformed: rows by fate, over all its streams. ``batch_id`` is empty when nothing was
    new."""

    platform_id: str
    line_id: str
    batch_id: str
    extracted: int
    landed: int
    accepted: int
    quarantined: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Built(Receipt):
    """A generation under construction after a step. ``counts``: what the step is proud of; ``problems``: what it left
    out, and why."""

    run_id: str
    step: str
    seconds: float
    counts: dict[str, int]
    problems: dict[str, str] = field(default_factory=dict)
