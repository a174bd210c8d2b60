"""Publish: a finished build becomes the generation that readers open, in one atomic step.

Order of things, and what a kill between two of them leaves:

1. integrity checks, content checksum, the run's row; checkpoint, close, fsync -> an unfinished build, swept next time
2. rename ``build`` to ``published/gN``                            -> a generation nobody opens, swept next time
3. swap ``published/current``: the publication                     -> published; old generations still there
4. remove generations beyond the last few                          -> published
5. bring the PostgreSQL store, if one is set, up to the generation -> PostgreSQL one generation behind

**Which store decides.** ``published/current`` does: cursors, batches and links are read back from the files it
points to. The PostgreSQL store is a copy for the bureau's readers, made from the published files and switched in one
transaction of its own; when step 5 fails or is cut off, readers there keep the generation before, whole, and the
next publish catches up.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas import ddl
from schemas.arrow import arrow_schema
from schemas.columns import ZONE, Tier
from schemas.durable import sync
from schemas.extras import require_extra
from schemas.receipts import Receipt
from schemas.tables import control
from warehouse import places
from warehouse.build import Build
from warehouse.checksum import overall_checksum, table_checksums
from warehouse.integrity import check_integrity
from warehouse.queries import guarded, query

VAULT_MODE, FOLDER_MODE = 0o600, 0o755
KEEP = 3
"""Generations kept, the published one among them."""


@dataclass(frozen=True, slots=True)
class Published(Receipt):
    """A generation that readers now open. ``folder`` is relative to the home; ``tables``: table -> ``rows:hash``."""

    run_id: str
    generation: int
    checksum: str
    folder: str
    tables: dict[str, str]


def publish(build: Build, *, warehouse_url: str | None = None, keep: int = KEEP) -> Published:
    """Check, seal and publish a build, then bring the PostgreSQL store along if one is set; closes the build.

    Raises StoreError when a check fails (nothing is published) or when the PostgreSQL store can't be brought along
    (the file warehouse is published all the same).
    """
    check_integrity(build)
    tables = table_checksums(build.con)
    checksum = overall_checksum(tables)
    _write_run(build, checksum)
    seal(build)
    install(build)
    places.point_current(build.home, build.generation)
    prune(build.home, keep)
    if warehouse_url is not None:
        require_extra("postgresql", "LIANDAO_WAREHOUSE")
        from warehouse import postgres  # its drivers are not needed otherwise

        postgres.follow(build.home, warehouse_url)
    build.lock.release()
    folder = places.generation_folder(build.home, build.generation).relative_to(build.home)
    return Published(build.run_id, build.generation, checksum, str(folder), tables)


def _write_run(build: Build, checksum: str) -> None:
    row = {
        "run_id": build.run_id,
        "generation": build.generation,
        "started_at": build.started_at,
        "ended_at": datetime.now(tz=ZoneInfo(ZONE)),
        "code_version": _code_version(),
        "checksum": checksum,
    }
    table = ddl.qualified(control.RUN)
    with guarded("run record"):
        build.con.execute("DELETE FROM warehouse.ctl_run WHERE run_id = ?", [build.run_id])
        build.con.register("run_row", pa.Table.from_pylist([row], schema=arrow_schema(control.RUN)))
        build.con.execute(query("insert_rows", table=table, columns=ddl.column_list(control.RUN), source="run_row"))


def seal(build: Build) -> None:
    """Close the files for good, vault and register for their owner alone, and force them to disk."""
    with guarded("checkpoint"):
        build.settle()
        build.con.close()
    shutil.rmtree(build.folder / "spill", ignore_errors=True)
    (build.folder / "run.json").unlink(missing_ok=True)
    (build.folder / places.FILES[Tier.VAULT]).chmod(VAULT_MODE)
    build.folder.chmod(FOLDER_MODE)
    register = places.register_folder(build.folder)
    held = [*register.rglob("*"), register] if register.is_dir() else []
    for path in (*(build.folder / name for name in places.FILES.values()), *held):
        sync(path)
    sync(build.folder)


def install(build: Build) -> None:
    """Move the sealed build to its place among the generations; nobody opens it yet."""
    target = places.generation_folder(build.home, build.generation)
    target.parent.mkdir(exist_ok=True)
    build.folder.rename(target)
    sync(target.parent)


def prune(home: Path, keep: int) -> None:
    """Remove generations beyond the last ``keep``; whoever has one open keeps reading it."""
    current = places.current_generation(home) or 0
    for generation in places.generations(home):
        if generation <= current - max(keep, 1):
            shutil.rmtree(places.generation_folder(home, generation), ignore_errors=True)


def _code_version() -> str:
    try:
        return version("liandao")
    except PackageNotFoundError:
        return "unknown"
