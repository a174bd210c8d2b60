"""Code lists, items, attributes and regions: the reference data that every room shares.

The program's own files come first, those of the project in use are laid over them entry by entry; regions are the
project's alone. Read once per project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, Field, RootModel

from schemas.errors import ConfigurationError
from schemas.layered_reference import READER, layered_reference, reference_paths
from schemas.platform_file import Name, Strict
from schemas.project import current, per_project
from schemas.region_file import read_region_table
from schemas.regions import Region, RegionTable
from schemas.yaml_layers import LayeredYaml

_Entry = TypeVar("_Entry", bound=BaseModel)
_Coded = TypeVar("_Coded", bound=BaseModel)


def load_yaml(path: Path) -> Any:
    """Read one YAML file with the C loader (seven times faster than the pure one), safe types only."""
    with path.open("rb") as handle:
        return yaml.load(handle, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


class _AttributeEntry(Strict):
    """An entry of ``attributes.yml``, which says what each part means."""

    zh: str
    en: str
    shelf_life_days: int | None
    keys: int
    eligible: bool


class Attribute(_AttributeEntry):
    """One attribute of the shared catalogue."""

    code: str


class _ItemEntry(Strict):
    """An item of ``items.yml``."""

    zh: str
    matter_class: str = Field(alias="class")


class Item(_ItemEntry):
    """One item (事项) with the class of matter it belongs to."""

    code: str


class _ClassEntry(Strict):
    """A class of matter of ``items.yml``."""

    zh: str
    en: str
    window_working_days: int


class MatterClass(_ClassEntry):
    """A class of matter; ``window_working_days`` is how far apart the applications of one matter may lie."""

    code: str


class _CodeFile(RootModel[dict[Name, dict[str, tuple[str, str]]]]):
    """``codes.yml``: list -> code -> its titles in Chinese and English."""


@per_project
def attributes() -> dict[str, Attribute]:
    """Attributes by code, in catalogue order. Raises ConfigurationError for an entry that is not whole."""
    return _coded(Attribute, _entries("attributes.yml", _AttributeEntry))


@per_project
def items() -> dict[str, Item]:
    """Items by code. Raises ConfigurationError for an entry that is not whole or names an unknown class."""
    entries = _entries("items.yml", _ItemEntry, "items")
    unknown = {e.matter_class for e in entries.values()} - set(matter_classes())
    if unknown:
        raise ConfigurationError(
            "an item names a class of matter that there is not",
            where=str(reference_paths("items.yml")[-1]),
            expected=", ".join(matter_classes()),
            found=", ".join(sorted(unknown)),
            next_step="correct it, or add the class under matter_classes",
        )
    return _coded(Item, entries)


@per_project
def matter_classes() -> dict[str, MatterClass]:
    """Classes of matter by code. Raises ConfigurationError for an entry that is not whole."""
    return _coded(MatterClass, _entries("items.yml", _ClassEntry, "matter_classes"))


def _entries(file: str, kind: type[_Entry], *path: str) -> dict[str, _Entry]:
    """The entries below ``path`` in a reference file. Raises ConfigurationError with the file and line of each that
    is not of this kind."""
    whole = layered_reference(file)
    below: Any = whole.value
    for key in path:
        below = below.get(key) or {}
    layers = tuple(replace(layer, part=path) for layer in whole.layers)
    located = LayeredYaml({str(code): entry for code, entry in below.items()}, layers)
    shape = RootModel[dict[str, kind]]  # type: ignore[valid-type]
    entries: dict[str, _Entry] = READER.validate(shape, located.value, located, layers[0].file).root
    return entries


def _coded(kind: type[_Coded], entries: Mapping[str, BaseModel]) -> dict[str, _Coded]:
    return {code: kind(code=code, **entry.model_dump(by_alias=True)) for code, entry in entries.items()}


@per_project
def code_lists() -> dict[str, dict[str, tuple[str, str]]]:
    """List name -> code -> (zh, en). ``attribute`` and ``item`` are among them, made from their catalogues.

    Raises ConfigurationError with the line of what is no list of codes with two titles each.
    """
    for path in reference_paths("codes.yml"):
        READER.model(_CodeFile, path)
    raw = layered_reference("codes.yml").value
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
