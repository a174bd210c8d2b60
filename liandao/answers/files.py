"""Where the published schemas of the answers stand."""

from __future__ import annotations

import json
from pathlib import Path

import schemas

FOLDER = Path(str(schemas.__file__)).parent / "json"
SUFFIX = ".schema.json"


def file_of(command: str) -> Path:
    """The file of a command: ``review list`` has ``review-list.schema.json``."""
    return FOLDER / f"{command.replace(' ', '-')}{SUFFIX}"


def published() -> list[str]:
    """The commands whose answers have a schema, as they are typed (``review list``); what each prints when it fails is
    ``error``."""
    return sorted(_typed(path) for path in FOLDER.glob(f"*{SUFFIX}"))


def _typed(path: Path) -> str:
    """The command as the schema's title names it: a hyphen of the file's name may be one of the command's own."""
    title: str = json.loads(path.read_text(encoding="utf-8"))["title"]
    return title.removeprefix("liandao ").removesuffix(" --json") if title.endswith(" --json") else "error"
