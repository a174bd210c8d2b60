"""The province as a bureau's project: everything that is written for it, into a folder of its own.

A project that is there already is left as it is: whatever somebody changed in it stays.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from province.onboard import block, profile_files, source_files, vocabulary_files
from province.regions import FOLDER
from schemas.project import PROJECT_FILE
from schemas.project_file import PROJECT_FORMAT

NAME = "demo"
SURVEY = {"high_use": 54, "platforms": 132, "communities": 29_308}
"""What the founding texts count: printed beside what the rules find, never a target."""


def project_exists(root: Path) -> bool:
    """Whether a whole project stands there."""
    return (root / PROJECT_FILE).is_file()


def write_project(root: Path, communities: Sequence[str], window: tuple[date, date]) -> None:
    """Write the province's project; ``liandao.yml`` comes last, so that half a project is none.

    ``communities``: 12-digit codes of those that take part; ``window``: first and last day of what is judged.
    """
    shutil.copytree(FOLDER, root, dirs_exist_ok=True)
    written = {"sources": source_files(), "profiles": profile_files(), "codes": vocabulary_files()}
    for folder, files in written.items():
        for name, text in files.items():
            path = root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    (root / PROJECT_FILE).write_text(project_file(communities, window), encoding="utf-8")


def project_file(communities: Sequence[str], window: tuple[date, date]) -> str:
    """``liandao.yml`` of the province. Addresses change at each start, so the home's ``deployment.yml`` has them."""
    content = {
        "format": PROJECT_FORMAT,
        "name": NAME,
        "title": {"zh": "虚拟省份", "en": "invented province"},
        "window": {"start": window[0], "end": window[1]},
        "scope": list(communities),
        "survey": SURVEY,
    }
    return block(content, "An invented province on real geography; `liandao demo` serves its platforms on loopback.")
