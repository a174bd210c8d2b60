"""Code lists, items, attributes and regions: the reference data that every room shares.

The program's own files come first, those of the project in use are laid over them entry by entry; regions are the
project's alone. Read once per project.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, RootModel

from schemas.errors import ConfigurationError
from schemas.platform_file import Name, Strict
from schemas.project import current, per_project
from schemas.region_file import read_region_table
from schemas.regions import Region, RegionTable
from schemas.typed_yaml import Reader

REFERENCE = Path(__file__).parent / "reference"
READER = Reader()


def load_yaml(path: Path) -> Any:
    """Read one YAML file with the C loader (seven times faster than the pure one), safe types only."""
    with path.open("rb") as handle:
        return yaml.load(handle, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the shared catalogue; see ``reference/attributes.yml`` for the meaning of each part."""

    code: str
    zh: str
    en: str
    shelf_life_days: int | None
    keys: int
    eligible: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item (事项) with the class of matter it belongs to."""

    code: str
    zh: str
    matter_class: str


@dataclass(frozen=True, slots=True)
class MatterClass:
    """A class of matter; ``window_working_days`` is how far apart the applications of one matter may lie."""

    code: str
    zh: str
    en: str
    window_working_days: int


class _CodeFile(RootModel[dict[Name, dict[str, tuple[str, str]]]]):
    """``codes.yml``: list -> code -> its titles in Chinese and English."""


def layered(name: str) -> dict[str, Any]:
    """What the program's and the project's ``reference/<name>`` say together: mappings are merged to any depth, and
    where both say something the project's word counts. Raises ConfigurationError when a file is no mapping."""
    merged: dict[str, Any] = {}
    for path in layers(name):
        merged = merge(merged, _mapping(path))
    return merged


def layers(name: str) -> list[Path]:
    """The files of that name under ``reference/`` that exist: the program's, then the project's."""
    project = current()
    folders = [REFERENCE, *([project.reference] if project else [])]
    return [folder / name for folder in folders if (folder / name).is_file()]


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two mappings as one, to any depth; lists and single values of ``above`` replace those of ``below``."""
    both = {
        key: merge(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return below | both


def _mapping(path: Path) -> dict[str, Any]:
    content = READER.read(path).value
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(
            "a reference file is not a mapping", where=str(path), expected="name: entry", found=type(content).__name__
        )
    return {str(key): value for key, value in (content or {}).items()}


class _AttributeEntry(Strict):
    """An entry of ``attributes.yml``, as program and project say it together."""

    zh: str
    en: str
    shelf_life_days: int | None
    keys: int
    eligible: bool


class _ItemEntry(Strict):
    """An item of ``items.yml``."""

    zh: str
    matter_class: str = Field(alias="class")


class _ClassEntry(Strict):
    """A class of matter of ``items.yml``."""

    zh: str
    en: str
    window_working_days: int


def _entries(file: str, kind: type[BaseModel], *path: str) -> dict[str, Any]:
    """The entries below ``path`` in a reference file, merged and verified. Raises ConfigurationError naming file and
    line of the last layer that speaks of the entry."""
    entries: Any = layered(file)
    for key in path:
        entries = entries.get(key) or {}
    shape = RootModel[dict[str, kind]]  # type: ignore[valid-type]
    tree = next((t for p in reversed(layers(file)) if (t := READER.read(p)).value), None)
    if tree is None or not entries:
        return {}
    located = READER.validate(shape, {str(k): v for k, v in entries.items()}, tree, layers(file)[-1])
    return dict(located.root)


@per_project
def attributes() -> dict[str, Attribute]:
    """Attributes by code, in catalogue order. Raises ConfigurationError for an entry that is not whole."""
    entries = _entries("attributes.yml", _AttributeEntry)
    return {code: Attribute(code=code, **entry.model_dump()) for code, entry in entries.items()}


@per_project
def items() -> dict[str, Item]:
    """Items by code. Raises ConfigurationError for an entry that is not whole or names an unknown class."""
    entries = _entries("items.yml", _ItemEntry, "items")
    unknown = {e.matter_class for e in entries.values()} - set(matter_classes())
    if unknown:
        raise ConfigurationError(
            "an item names a class of matter that there is not",
            where=str(layers("items.yml")[-1]),
            expected=", ".join(matter_classes()),
            found=", ".join(sorted(unknown)),
            next_step="correct it, or add the class under matter_classes",
        )
    return {code: Item(code, entry.zh, entry.matter_class) for code, entry in entries.items()}


@per_project
def matter_classes() -> dict[str, MatterClass]:
    """Classes of matter by code. Raises ConfigurationError for an entry that is not whole."""
    entries = _entries("items.yml", _ClassEntry, "matter_classes")
    return {code: MatterClass(code=code, **entry.model_dump()) for code, entry in entries.items()}


@per_project
def code_lists() -> dict[str, dict[str, tuple[str, str]]]:
    """List name -> code -> (zh, en). ``attribute`` and ``item`` are among them, made from their catalogues.

    Raises ConfigurationError with the line of what is no list of codes with two titles each.
    """
    for path in layers("codes.yml"):
        READER.model(_CodeFile, path)
    raw = layered("codes.yml")
    lists = {name: {str(c): (zh, en) for c, (zh, en) in codes.items()} for name, codes in raw.items()}
    lists["attribute"] = {a.code: (a.zh, a.en) for a in attributes().values()}
    lists["item"] = {i.code: (i.zh, i.zh) for i in items().values()}
    return lists


@per_project
def region_table() -> RegionTable:
    """Every version of every region of the project; empty without a project or a file. Raises ConfigurationError."""
    path = region_path()
    return read_region_table(path) if path is not None and path.is_file() else RegionTable()


def regions() -> dict[str, Region]:
    """Regions of the project by 12-digit code, each in its last version; whatever was ever valid is among them."""
    return region_table().latest


def region_path() -> Path | None:
    """Where the table of regions of the project is, or would be; None without a project.

    Raises ConfigurationError when there are two, since one of them would be overlooked.
    """
    project = current()
    if project is None:
        return None
    plain, packed = project.reference / "regions.csv", project.reference / "regions.csv.gz"
    if plain.is_file() and packed.is_file():
        raise ConfigurationError(
            "there are two tables of regions",
            where=str(project.reference),
            expected="regions.csv or regions.csv.gz",
            found="both",
            next_step="remove the one that is out of date",
        )
    return packed if packed.is_file() else plain
