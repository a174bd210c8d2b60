"""Where the published schemas of the answers stand."""

from __future__ import annotations

from pathlib import Path

import schemas

FOLDER = Path(str(schemas.__file__)).parent / "json"
SUFFIX = ".schema.json"


def file_of(command: str) -> Path:
    """The file of a command: ``review list`` has ``review-list.schema.json``."""
    return FOLDER / f"{command.replace(' ', '-')}{SUFFIX}"


def published() -> list[str]:
    """The commands whose answers have a schema, as they are typed (``review list``)."""
    return sorted(path.name.removesuffix(SUFFIX).replace("-", " ") for path in FOLDER.glob(f"*{SUFFIX}"))
