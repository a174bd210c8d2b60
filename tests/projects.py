"""Small projects for tests: one line of business with one platform that drops its log into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

COMMUNITY = "430102001001"
PLATFORM = "patrol_log"
REGIONS = f"""\
region_code,name_zh,level,parent_code
430000000000,某省,province,
430100000000,某市,city,430000000000
430102000000,某区,county,430100000000
430102001000,某街道,township,430102000000
{COMMUNITY},某社区,community,430102001000
430102001002,邻社区,community,430102001000
"""
LINE = """\
title:
  zh: 网格
  en: grid
owner:
  org: 某局
schedule: "0 1 * * *"
"""
PLATFORM_FILE = """\
# A log that a machine writes into a shared folder.
title:
  zh: 巡查日志
  en: patrol log
owner:
  org: 某局
go_live: 2024-01-01
access:
  family: folder_files
  endpoint: log
  format:
    type: csv
streams:
  usage:
    source: log_*.csv
    key: id
    expect:
      floor: 0
      ceiling: 1000
    fields:
      id: source_key
      area: community_code
      kind: account_kind_code
      act: action_code
      at: occurred_at
"""


ABOUT = PLATFORM_FILE[: PLATFORM_FILE.index("access:")]
"""What a platform file says before it speaks of access."""
A_WHILE_AGO = 1_780_000_000
"""When a file was last changed that is not looked at twice, as one that has just been written is."""


def reading_on(family: str, endpoint: str, more: str = "") -> str:
    """The file of a platform whose log is read on from a cursor. ``more``: further lines of ``access``, indented."""
    access = f"access:\n  family: {family}\n  endpoint: {endpoint}\n{more}"
    stream = "    source: log\n    key: id\n    cursor: at\n    expect:\n      floor: 0\n"
    return f"{ABOUT}{access}streams:\n  usage:\n{stream}{PLATFORM_FILE[PLATFORM_FILE.index('    fields:') :]}"


def write_project(root: Path, name: str = "bureau", endpoints: Mapping[str, str] | None = None, **more: Any) -> Path:
    """A project with one platform in ``root``; ``more`` goes into ``liandao.yml``. Returns ``root``."""
    window = {"start": "2026-07-01", "end": "2026-09-30"}
    file = {"format": 1, "name": name, "title": {"zh": name, "en": name}, "window": window, **more}
    if endpoints:
        file["endpoints"] = dict(endpoints)
    write(root / "liandao.yml", yaml.safe_dump(file, allow_unicode=True, sort_keys=False))
    write(root / "reference" / "regions.csv", REGIONS)
    write(root / "sources" / "grid" / "_line.yml", LINE)
    write(root / "sources" / "grid" / f"{PLATFORM}.yml", PLATFORM_FILE)
    return root


def write_log(folder: Path, name: str, rows: int, first: int = 0) -> None:
    """A file of the platform's log: ``rows`` lines, a minute apart."""
    lines = [f"{n},{COMMUNITY},worker,create,2026-08-01 08:{n % 60:02d}:00" for n in range(first, first + rows)]
    write(folder / name, "\n".join(["id,area,kind,act,at", *lines, ""]))


def write(path: Path, text: str) -> None:
    """A file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
