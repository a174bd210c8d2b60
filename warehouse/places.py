"""Where generations lie in a home, and how one file or folder change is made durable.

::

    build/                    the generation under construction: vault.duckdb, warehouse.duckdb, register/, run.json
    published/g000001/        a finished generation, never written again
    published/current         symbolic link to the generation that readers open; swapped in one atomic rename
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from schemas.columns import Tier
from schemas.durable import sync
from schemas.errors import PointerLost

FILES = {tier: f"{tier.value}.duckdb" for tier in Tier}
"""The file of each tier in a generation's folder; DuckDB names the catalogue after it."""
REGISTER = "register"
"""What matching left for the next night. It can be made again from the vault, and holds personal data."""
_NAME = re.compile(r"g(\d{6,})")


def build_folder(home: Path) -> Path:
    """The folder of the generation under construction."""
    return home / "build"


def published_folder(home: Path) -> Path:
    """The folder that holds every generation kept."""
    return home / "published"


def generation_folder(home: Path, generation: int) -> Path:
    """The folder of one finished generation."""
    return published_folder(home) / f"g{generation:06d}"


def current_link(home: Path) -> Path:
    """The link that says which generation readers open."""
    return published_folder(home) / "current"


def current_generation(home: Path) -> int | None:
    """Number of the published generation; None before the first.

    Raises PointerLost when there are generations and nothing that says which of them is published: a copy or a restore
    has left the link behind.
    """
    link, kept = current_link(home), generations(home)
    number = number_of(link.readlink().name) if link.is_symlink() else None
    if number in kept:
        return number
    if number is None and not link.exists() and kept in ([], [1]):  # [1]: a first publish that was cut off
        return None
    raise _pointer_lost(link, kept)


def _pointer_lost(link: Path, kept: list[int]) -> PointerLost:
    newest = f"g{kept[-1]:06d}" if kept else "gNNNNNN"
    aside = f"mv {link} {link}.copy && " if link.exists() and not link.is_symlink() else ""
    return PointerLost(
        "nothing says which generation is published",
        where=str(link),
        expected="a symbolic link to one of the generations beside it",
        found=", ".join(f"g{n:06d}" for n in kept) or "no generation",
        next_step=f"{aside}ln -sfn {newest} {link}" if kept else "restore published/ from its backup",
    )


def current_folder(home: Path) -> Path | None:
    """Folder of the published generation, resolved so that it stays one generation while it is read; None before the
    first."""
    generation = current_generation(home)
    return None if generation is None else generation_folder(home, generation)


def number_of(name: str) -> int | None:
    """The number in a generation's folder name; None for any other name."""
    match = _NAME.fullmatch(name)
    return int(match.group(1)) if match else None


def generations(home: Path) -> list[int]:
    """Numbers of all generations on disk, ascending, published or left behind by a crash."""
    found = (number_of(p.name) for p in published_folder(home).glob("g*"))
    return sorted(n for n in found if n is not None)


def receipt_path(home: Path, run_id: str) -> Path:
    """Where the receipt of the generation that a run published is, for as long as the home."""
    return home / "generations" / f"{run_id}.json"


def register_folder(folder: Path) -> Path:
    """The register of matching in a generation's folder: a folder of files that never change once they are written."""
    return folder / REGISTER


def point_current(home: Path, generation: int) -> None:
    """Make a finished generation the published one: the only step that readers can see, and it is one rename."""
    link = current_link(home)
    temporary = link.with_name("current.next")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(generation_folder(home, generation).name)
    os.replace(temporary, link)
    sync(link.parent)
