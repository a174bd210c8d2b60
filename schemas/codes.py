"""Code lists, items, attributes and regions: the reference data that every room shares, read once per process."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REFERENCE = Path(__file__).parent / "reference"


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


@dataclass(frozen=True, slots=True)
class Region:
    """One region: 12-digit code, name, level (province, city, county, township, community), parent code."""

    code: str
    zh: str
    level: str
    parent: str


@cache
def attributes() -> dict[str, Attribute]:
    """Attributes by code, in catalogue order."""
    raw = load_yaml(REFERENCE / "attributes.yml")
    return {code: Attribute(code=code, **entry) for code, entry in raw.items()}


@cache
def items() -> dict[str, Item]:
    """Items by 12-digit code."""
    raw = load_yaml(REFERENCE / "items.yml")["items"]
    return {code: Item(code, entry["zh"], entry["class"]) for code, entry in raw.items()}


@cache
def matter_classes() -> dict[str, MatterClass]:
    """Classes of matter by code."""
    raw = load_yaml(REFERENCE / "items.yml")["matter_classes"]
    return {code: MatterClass(code=code, **entry) for code, entry in raw.items()}


@cache
def code_lists() -> dict[str, dict[str, tuple[str, str]]]:
    """List name -> code -> (zh, en). ``attribute`` and ``item`` are among them, made from their catalogues."""
    raw = load_yaml(REFERENCE / "codes.yml")
    lists = {name: {str(c): (zh, en) for c, (zh, en) in codes.items()} for name, codes in raw.items()}
    lists["attribute"] = {a.code: (a.zh, a.en) for a in attributes().values()}
    lists["item"] = {i.code: (i.zh, i.zh) for i in items().values()}
    return lists


@cache
def regions() -> dict[str, Region]:
    """Regions of province 43 by 12-digit code (31,691 rows; see ``reference/README.md`` for source and date)."""
    with gzip.open(REFERENCE / "regions_43.csv.gz", "rt", encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle)
        return {r["region_code"]: Region(r["region_code"], r["name_zh"], r["level"], r["parent_code"]) for r in rows}
