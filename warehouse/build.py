"""A build: the next generation under construction, out of readers' sight.

The vault starts as a copy of the published one, because its tables only change where rows changed; the warehouse tier
starts empty but for the control tables, because everything else in it is derived again. DDL runs only here, before
any row, and ends in a checkpoint: a write-ahead log with DDL in it is what a killed DuckDB may fail to read.

A build survives between processes (each Airflow task reopens it): ``run.json`` says whose it is and whether loading is
complete. A build whose loading did not complete is never reopened; the run starts again from the published generation.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import duckdb

from schemas.columns import ZONE, Tier
from schemas.durable import sync
from schemas.errors import StoreError
from schemas.refusals import bytes_below, refusal_of, require_room
from warehouse import places, structure
from warehouse.lock import Lock, build_lock

LOADING, LOADED = "loading", "loaded"
MEMORY_LIMIT = "1GB"
THREADS = 2


@dataclass(slots=True)
class Build:
    """The next generation. ``con``: DuckDB connection with one catalogue for each of ``tiers``; ``generation``: the
    number it will be published under; ``started_at``: Beijing time. Use as a context manager; leaving it without an
    error makes what was written durable."""

    home: Path
    run_id: str
    generation: int
    started_at: datetime
    con: duckdb.DuckDBPyConnection
    lock: Lock
    tiers: tuple[Tier, ...] = tuple(Tier)

    @property
    def folder(self) -> Path:
        """Where its two files lie until they are published."""
        return places.build_folder(self.home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)

    def close(self, *, complete: bool) -> None:
        """Close the files and give the lock back; ``complete`` says that the step reached its end. Safe to call
        twice."""
        if not self.lock.is_held:
            return
        try:
            if complete:
                self.settle()
            self.con.close()
            if complete:
                _write_state(self, LOADED)
        finally:
            self.lock.release()

    def settle(self) -> None:
        """Write its files out in full, leaving no log behind."""
        for tier in self.tiers:
            self.con.execute(f"CHECKPOINT {tier.value}")


def open_build(
    home: Path,
    run_id: str,
    *,
    fresh: bool = False,
    started_at: datetime | None = None,
    generation: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int = THREADS,
) -> Build:
    """Start the next generation from the published one (from nothing when there is none or ``fresh`` is asked).
    ``started_at``: when it begins, by default now; ``generation``: its number, by default the next one.

    Sweeps what an earlier run left unfinished. Raises RunInProgress, DiskFull where another generation as large as the
    published one would find no room, and StoreError when the published files can't be read.
    """
    lock = build_lock(home)
    try:
        sweep(home)
        before = None if fresh else places.current_folder(home)
        number = generation or (places.current_generation(home) or 0) + 1
        with _carrying_on(before, places.build_folder(home)):
            con = _begin(places.build_folder(home), before, memory_limit, threads)
            build = Build(home, run_id, number, started_at or datetime.now(tz=ZoneInfo(ZONE)), con, lock)
            _write_state(build, LOADING)
            _prepare(build, before)
    except BaseException:
        lock.release()
        raise
    return build


def reopen_build(
    home: Path, run_id: str, *, sealed: bool = False, memory_limit: str = MEMORY_LIMIT, threads: int = THREADS
) -> Build:
    """Go on with the build of the same run in another step or process.

    ``sealed``: for SQL that a project brings. The warehouse tier alone is attached, and the engine reaches no other
    file, no setting and no variable of this program. Raises RunInProgress, and StoreError when there is no such build
    or its loading was cut off.
    """
    lock = build_lock(home)
    tiers = (Tier.WAREHOUSE,) if sealed else tuple(Tier)
    try:
        state = _read_state(home, run_id)
        con = _connect(places.build_folder(home), memory_limit, threads, tiers)
        if sealed:
            structure.seal(con)
    except BaseException:
        lock.release()
        raise
    return Build(home, run_id, state["generation"], datetime.fromisoformat(state["started_at"]), con, lock, tiers)


def sweep(home: Path) -> None:
    """Remove an unfinished build, and a generation that was finished but never became the published one."""
    shutil.rmtree(places.build_folder(home), ignore_errors=True)
    current = places.current_generation(home) or 0
    for generation in places.generations(home):
        if generation > current:
            shutil.rmtree(places.generation_folder(home, generation))


@contextmanager
def _carrying_on(before: Path | None, folder: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if (refused := refusal_of(error, folder)) is not None:
            raise refused from error
        raise StoreError(
            "the published generation can't be carried on",
            where=before.name if before else folder.name,
            found=type(error).__name__,
            next_step="liandao doctor; the warehouse can be rebuilt from landing",
        ) from error


def _begin(folder: Path, before: Path | None, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    if before is not None:  # the next generation will hold as much, and somewhat more
        require_room(folder.parent, bytes_below(before))
    folder.mkdir(parents=True, mode=0o700)  # nobody else reads what is being built
    if before is not None:
        shutil.copyfile(before / places.FILES[Tier.VAULT], folder / places.FILES[Tier.VAULT])
    return _connect(folder, memory_limit, threads)


def _prepare(build: Build, before: Path | None) -> None:
    try:
        for tier in Tier:
            structure.prepare(build.con, tier)
        if before is not None:
            structure.carry_control(build.con, before / places.FILES[Tier.WAREHOUSE])
        build.settle()
    except BaseException:
        build.con.close()
        raise


def _connect(
    folder: Path, memory_limit: str, threads: int, tiers: tuple[Tier, ...] = tuple(Tier)
) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory_limit,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    con.execute(f"SET TimeZone = '{ZONE}'")
    con.execute("SET enable_progress_bar = false")  # the flow shows its own progress
    for tier in tiers:
        con.execute(f"ATTACH {structure.literal(str(folder / places.FILES[tier]))} AS {tier.value}")
    return con


def _write_state(build: Build, stage: str) -> None:
    state = {
        "run_id": build.run_id,
        "generation": build.generation,
        "started_at": build.started_at.isoformat(),
        "stage": stage,
    }
    path = build.folder / "run.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(state), encoding="utf-8")
    sync(temporary)
    temporary.replace(path)


def _read_state(home: Path, run_id: str) -> dict[str, Any]:
    path = places.build_folder(home) / "run.json"
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if state.get("run_id") != run_id or state.get("stage") != LOADED:
        raise StoreError(
            "this run has no loaded build to go on with",
            where="build/run.json",
            expected=f"run {run_id}, {LOADED}",
            found=f"run {state.get('run_id', 'none')}, {state.get('stage', 'nothing')}",
            next_step="start the run again: liandao run",
        )
    return state
