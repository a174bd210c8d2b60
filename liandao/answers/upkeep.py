"""What the commands print that keep a home for years; see :mod:`liandao.answers.plain`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """``rebuild``: a generation made again. ``of_generation`` and ``started_at``: which one; ``generation``: its number
    now; ``generations``: how many were gone through. ``is_same``: its content ``checksum`` is the ``expected`` one;
    else see ``differing_tables``. ``program``: the version that rebuilt; ``made_by``: those that had made it.
    ``expired``: batches (``platform/batch``) that could not be brought back, since they are no longer in landing.
    ``folder``: where it lies; empty where it is published in the home itself. ``is_published``: whether readers open it
    now."""

    generation: int
    of_generation: int
    started_at: datetime
    generations: int
    checksum: str
    expected: str
    is_same: bool
    differing_tables: list[str]
    program: str
    made_by: list[str]
    expired: list[str]
    folder: str
    is_published: bool


@dataclass(frozen=True, slots=True)
class TableChange:
    """Rows of one table that are in one of two generations only. A row that was changed counts on both sides."""

    table: str
    gone: int
    new: int


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure of the province that moved; null where a generation has none."""

    measure_id: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """``diff``: what is otherwise in generation ``after`` than in ``before``.

    ``reasons``: what the two were made from that differs, one sentence each in both languages. ``batches``: loaded for
    the one and not for the other. ``files``: of the project. ``unknown``: why no reason can be told.
    """

    before: int
    after: int
    tables: list[TableChange]
    figures: list[FigureChange]
    reasons: list[str]
    batches: list[str]
    files: list[str]


@dataclass(frozen=True, slots=True)
class PrunedRoom:
    """What was removed from one room of the home: how many ``entries`` (generations, batches, files), ``bytes``."""

    room: str
    entries: list[str]
    bytes: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """``prune``. ``is_done``: false where it was only asked what would go."""

    is_done: bool
    rooms: list[PrunedRoom]


@dataclass(frozen=True, slots=True)
class LossAccepted:
    """``batch accept-loss``: a batch whose missing files hold up nothing any more; ``files``: those that are gone."""

    platform_id: str
    batch_id: str
    files: list[str]
    is_published: bool


@dataclass(frozen=True, slots=True)
class BackedUp:
    """``backup``: the file, how many files of the home are in it, and their size. ``generation``: the published one;
    ``checksum``: of its content."""

    file: str
    files: int
    bytes: int
    generation: int | None
    checksum: str
    has_key: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """``restore``: what a backup holds, every file verified. ``home``: where it was laid down; empty where it was only
    verified. ``next``: the command to run."""

    file: str
    home: str
    made_at: datetime
    program: str
    files: int
    generation: int | None
    checksum: str
    next: str


@dataclass(frozen=True, slots=True)
class MovedHome:
    """``move``: where the home was and is, and what is to be changed by hand."""

    before: str
    now: str
    next: list[str]
