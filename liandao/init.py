"""A new project: the folders and files that a bureau goes on from, written once and never written over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template

from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE
from schemas.project_file import PROJECT_FORMAT

NAME = r"[a-z][a-z0-9_]{0,59}"
SKELETON = Path(__file__).parent / "skeleton"
FILLED_IN = ("liandao.yml", "README.md", "README.zh-CN.md")
"""Files at the top that name the project."""
RENAMED = {"env.example": ".env.example", "gitignore": ".gitignore"}
"""Files whose own names would hide them in the program's tree or in its package."""


def init_project(root: Path, name: str, title_zh: str, title_en: str) -> list[Path]:
    """Write a new project into ``root``; returns the files written. Files that are there already stay as they are.

    Raises ConfigurationError where a project stands already.
    """
    if not re.fullmatch(NAME, name):
        raise ConfigurationError(
            "a project can't have this name",
            where=name,
            expected="a letter, then lower-case letters, digits and underscores",
            next_step="liandao init DIR --name NAME",
        )
    if file := next((p for p in (root, *root.parents) if p.exists() and not p.is_dir()), None):
        raise ConfigurationError(
            "a file stands where the project's folder is due",
            where=str(file),
            expected="a folder, or nothing",
            next_step="choose another folder",
        )
    if (root / PROJECT_FILE).exists():
        raise ConfigurationError(
            "a project stands there already",
            where=str(root / PROJECT_FILE),
            next_step="choose another folder, or go on with this one: liandao config --project " + str(root),
        )
    return add_skeleton(root, name, title_zh, title_en)


def add_skeleton(root: Path, name: str, title_zh: str, title_en: str, but: str = "") -> list[Path]:
    """Write the files of a new project that are not there yet, except the one called ``but``; returns those written."""
    words = {"format": str(PROJECT_FORMAT), "name": name, "title_zh": title_zh, "title_en": title_en}
    quoted = {key: json.dumps(word, ensure_ascii=False) for key, word in words.items() if key != "format"}
    written = []
    files = [p for p in SKELETON.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    for source in sorted(files, key=lambda p: (p.name == PROJECT_FILE, p)):  # liandao.yml last: half a project is none
        relative = source.relative_to(SKELETON)
        path = root / relative.with_name(RENAMED.get(relative.name, relative.name))
        if not path.exists() and relative.name != but:
            path.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text(encoding="utf-8")
            if str(relative) in FILLED_IN:
                text = Template(text).substitute(words | quoted if path.suffix == ".yml" else words)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def name_from(folder: Path) -> str:
    """A project's name from that of its folder: lower-case letters, digits and underscores, Chinese by its sounds."""
    from pypinyin import lazy_pinyin

    name = re.sub(r"[^a-z0-9]+", "_", "".join(lazy_pinyin(folder.name)).lower()).strip("_")
    return name if re.fullmatch(NAME, name) else f"bureau_{name}".rstrip("_")
