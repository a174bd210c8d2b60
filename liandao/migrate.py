"""Bringing a home and a project of an earlier format up to this program's.

Format 1 of a home (Liandao 0.1.0) knew no project: its ``deployment.yml`` held scope and window, the platform files lay
in the program, and so did the regions. All of these go into a project; the data are left as they are.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from liandao import __version__
from liandao.home_file import HOME_FILE, KEPT, is_former, read_home_file, write_home_file
from liandao.init import add_skeleton, name_from
from liandao.project_file import DEPLOYMENT_FILE, READER, read_deployment_file, read_project
from schemas import project
from schemas.durable import sync
from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE, Project
from schemas.project_file import HOME_FORMAT, PROJECT_FORMAT, DeploymentFile
from warehouse import reader

MOVED = ("scope", "window_start", "window_end")
REGION_COLUMNS = ("region_code", "name_zh", "level", "parent_code")


def home_format(home: Path) -> int:
    """The format of a home: what ``home.json`` says, else what its deployment file shows."""
    if written := read_home_file(home):
        return written.format
    return 1 if is_former(home) else HOME_FORMAT


def migrate_home(home: Path, root: Path, sources: Path | None) -> list[str]:
    """Bring a home of format 1 up; returns what was done, one sentence each.

    ``root``: the project that it is to belong to, made when there is none. ``sources``: the folder of platform files of
    the former program (``connectors/sources``), copied where the project has no file of that name. Each step leaves
    what is done already as it is, so a migration that was cut off goes on when it is asked for again. Raises
    ConfigurationError where something is missing.
    """
    found = home_format(home)
    if found > HOME_FORMAT:
        raise ConfigurationError(
            "this home was made by a later version", where=str(home), expected=f"format {HOME_FORMAT}",
            found=f"format {found}", next_step="install that version",
        )  # fmt: skip
    if found == HOME_FORMAT:
        return [] if (home / HOME_FILE).exists() else _claim(home, root)
    former = _former(home)
    _verify_places(home, former)
    done = [*_make_project(root, former), *_bring_sources(root, sources), *_bring_regions(root, home)]
    project.reload(Project(root.resolve()))
    done += _split_deployment(home, former)
    write_home_file(home, root, read_project(root).name, __version__)
    return [*done, f"{home / HOME_FILE}: format {HOME_FORMAT}"]


def _claim(home: Path, root: Path) -> list[str]:
    """Write the file that says whose a home is, where a restore has left it behind."""
    write_home_file(home, root, read_project(root).name, __version__)
    return [f"{home / HOME_FILE}: written anew, for the project {root}"]


def _former(home: Path) -> dict[str, Any]:
    """The former deployment file, also when its place was taken by the new one already."""
    path = next((p for p in (home / KEPT, home / DEPLOYMENT_FILE) if p.is_file()), None)
    content = READER.read(path).value if path else None
    if not isinstance(content, dict) or not set(MOVED) <= set(content):
        raise ConfigurationError(
            "the home's deployment file is not one of version 0.1.0",
            where=str(path or home / DEPLOYMENT_FILE),
            expected=", ".join(MOVED),
            next_step="put the former file back, then run liandao migrate again",
        )
    return content


def _make_project(root: Path, former: Mapping[str, Any]) -> list[str]:
    if (root / PROJECT_FILE).is_file():
        return []
    name = name_from(root)
    content = {
        "format": PROJECT_FORMAT,
        "name": name,
        "title": {"zh": name, "en": name},
        "window": {"start": former["window_start"], "end": former["window_end"]},
        "scope": former["scope"],
    }
    root.mkdir(parents=True, exist_ok=True)
    add_skeleton(root, name, name, name, but=PROJECT_FILE)
    _write(root / PROJECT_FILE, content, "Made from a home of version 0.1.0.")
    return [f"{root / PROJECT_FILE}: window and scope of the home"]


def _bring_sources(root: Path, sources: Path | None) -> list[str]:
    if sources is None:
        return []
    if not sources.is_dir():
        raise ConfigurationError("there is no such folder", where=str(sources), expected="folders of platform files")
    copied = 0
    for path in sorted(sources.glob("*/*.yml")):
        target = root / "sources" / path.parent.name / path.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(path, target)
            copied += 1
    return [f"{root / 'sources'}: {copied} files copied"]


def _bring_regions(root: Path, home: Path) -> list[str]:
    """The regions that the former program brought stand in what was published."""
    path = root / "reference" / "regions.csv"
    if path.exists() or path.with_suffix(".csv.gz").exists() or not reader.is_published(home):
        return []
    with reader.connect(home) as con:
        columns = ", ".join(REGION_COLUMNS)
        rows = con.execute(f"SELECT {columns} FROM warehouse.dim_region ORDER BY 1").fetchall()  # noqa: S608
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(REGION_COLUMNS)
        writer.writerows([value or "" for value in row] for row in rows)
    temporary.replace(path)
    sync(path.parent)
    return [f"{path}: {len(rows)} regions"]


def _verify_places(home: Path, former: Mapping[str, Any]) -> None:
    """What stays in the home is verified before anything is written; raises ConfigurationError naming the line."""
    path = home / (KEPT if (home / KEPT).is_file() else DEPLOYMENT_FILE)
    READER.validate(DeploymentFile, _places(former), READER.read(path), path)


def _places(former: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in former.items() if key not in MOVED}


def _split_deployment(home: Path, former: Mapping[str, Any]) -> list[str]:
    path = home / DEPLOYMENT_FILE
    if not (home / KEPT).exists():
        _copy(path, home / KEPT)
    _write(path, _places(former), f"Addresses and credentials of this machine; the former file is {KEPT}.")
    read_deployment_file(home)
    return [f"{path}: addresses and credentials alone, the former file kept as {KEPT}"]


def _copy(path: Path, target: Path) -> None:
    """Copy a file so that a reader, or a migration that goes on, sees the whole of it or nothing."""
    temporary = target.with_suffix(".tmp")
    shutil.copyfile(path, temporary)
    temporary.replace(target)
    sync(target.parent)


def _write(path: Path, content: Mapping[str, Any], comment: str) -> None:
    text = yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, default_flow_style=False)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(f"# {comment}\n{text}", encoding="utf-8")
    temporary.replace(path)
    sync(path.parent)
