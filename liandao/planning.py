"""What a run would read, without asking any platform: for ``liandao run --dry-run``."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.families import family_of
from liandao.answers.plain import PlannedStream
from liandao.batches import read_positions
from liandao.flow import Choice
from liandao.ingest import Ground, read_ground
from liandao.settings import Settings
from schemas.platform_file import Platform
from schemas.receipts import Cursor


def plan(settings: Settings, choice: Choice) -> list[PlannedStream]:
    """Every stream that the run would ask for, with where it would read on from; platforms whose file is not right too.
    Nothing is written but what opening a home writes."""
    ground = choice.of(read_ground(settings))
    positions = read_positions(settings.home, ground.published)
    rows = [row for p in ground.platforms.values() for row in _streams(ground, p, positions.of(p.platform_id)[0])]
    broken = ((name, file, file.error) for name, file in ground.broken.items())
    rows += [PlannedStream(file.line_id, name, "", f"{error.code} {error.message}") for name, file, error in broken]
    return sorted(rows, key=lambda row: (row.line_id, row.platform_id, row.stream))


def _streams(ground: Ground, platform: Platform, cursors: dict[str, Cursor]) -> Iterator[PlannedStream]:
    starts = ground.scope.positions(platform, cursors)
    for name, stream in ground.scope.of(platform).file.streams.items():
        start = starts.get(name, Cursor())
        if family_of(platform).reads_files and start.units:
            reading = f"新文件 new files ({len(start.units)} 已读 read)"
        elif start.value is not None and stream.cursor is not None:
            reading = f"≥ {start.value}"
        else:
            reading = "从头 from the beginning"
        yield PlannedStream(platform.line_id, platform.platform_id, name, reading)
