"""Generations kept in a home: which there are, and going back to one of them."""

from __future__ import annotations

from pathlib import Path

from liandao.answers.plain import GenerationRow, RolledBack
from liandao.aside import release, set_aside
from liandao.observe.events import tell
from liandao.settings import Settings
from schemas.errors import UsageError
from schemas.events import GenerationRolledBack
from warehouse import places, reader
from warehouse.lock import publish_lock, run_lock
from warehouse.state import generation_facts

ABOUT = """
SELECT run_id, ended_at, code_version, checksum, (SELECT count(DISTINCT batch_id) FROM warehouse.ctl_batch)
FROM warehouse.ctl_run ORDER BY generation DESC
"""
"""The run that made a generation is the last of those that it knows."""


def list_generations(home: Path) -> list[GenerationRow]:
    """Every generation on disk, newest first."""
    current = places.current_generation(home)
    rows = []
    for number in sorted(places.generations(home), reverse=True):
        with reader.connect_generation(home, number) as con:
            _, found = reader.fetch(con, ABOUT, 1)
        run_id, ended, version, checksum, batches = found[0]
        rows.append(GenerationRow(number, number == current, run_id, ended, version, checksum, batches))
    return rows


def roll_back(settings: Settings, number: int, reason: str, by: str) -> RolledBack:
    """Let readers open another generation of those kept, and set aside the batches that it does not hold and the
    published one does, so that the next run does not bring them back. Going forward again releases what it holds.

    Raises UsageError where there is no such generation, RunInProgress while a run works, StoreError when the PostgreSQL
    store can't follow.
    """
    home = settings.home
    with run_lock(home), publish_lock(home):
        current = require_generation(home, number)
        held, wanted = (generation_facts(home, n).batches for n in (current, number))
        aside = set_aside(home, sorted(held - wanted), reason, by)  # before the switch: a run must never see it undone
        places.point_current(home, number)
        released = release(home, sorted(wanted))
        tell(home, GenerationRolledBack, before=current, now=number, set_aside=len(aside), released=len(released))
        _follow(settings)
    return RolledBack(current, number, [a.batch_id for a in aside], released)


def require_generation(home: Path, number: int) -> int:
    """The published generation's number, when this one is kept too; raises UsageError when it is not."""
    current, kept = places.current_generation(home), places.generations(home)
    if number not in kept or current is None:
        raise UsageError(
            "there is no such generation",
            where="GENERATION",
            expected=", ".join(map(str, kept)) or "none is published",
            found=str(number),
            next_step="liandao generations",
        )
    return current


def _follow(settings: Settings) -> None:
    if settings.warehouse_url is not None:
        from warehouse import postgres

        postgres.follow(settings.home, settings.warehouse_url)
