"""A new project: the folders and files that a bureau goes on from, written once and never written over."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE
from schemas.project_file import PROJECT_FORMAT

SKELETON = Path(__file__).parent / "skeleton"
RENAMED = {"env.example": ".env.example", "gitignore": ".gitignore"}
"""Files whose own names would hide them in the program's tree or in its package."""


def init_project(root: Path, name: str, title_zh: str, title_en: str) -> list[Path]:
    """Write a new project into ``root``; returns the files written. Files that are there already stay as they are.

    Raises ConfigurationError where a project stands already.
    """
    if (root / PROJECT_FILE).exists():
        raise ConfigurationError(
            "a project stands there already",
            where=str(root / PROJECT_FILE),
            next_step="choose another folder, or go on with this one: liandao config --project " + str(root),
        )
    return add_skeleton(root, name, title_zh, title_en)


def add_skeleton(root: Path, name: str, title_zh: str, title_en: str) -> list[Path]:
    """Write the files of a new project that are not there yet; returns those written."""
    words = {"format": str(PROJECT_FORMAT), "name": name, "title_zh": title_zh, "title_en": title_en}
    written = []
    for source in sorted(p for p in SKELETON.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        relative = source.relative_to(SKELETON)
        path = root / relative.with_name(RENAMED.get(relative.name, relative.name))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(source.read_text(encoding="utf-8")).safe_substitute(words), encoding="utf-8")
            written.append(path)
    return written


def name_from(folder: Path) -> str:
    """A project's name from that of its folder: lower-case letters, digits and underscores."""
    name = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_")
    return name if name and name[0].isalpha() else "bureau"
