"""The clock of a province: what has happened by now. Servers show only what changed up to it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

LAST_MOMENT = datetime.fromisoformat("2026-10-31T23:59:59+08:00")
"""The province's people live until then."""


def _path(home: Path) -> Path:
    return home / "province" / "province.json"


def exists(home: Path) -> bool:
    """Whether a province was made in this home."""
    return _path(home).is_file()


def read(home: Path) -> datetime:
    """The province's present moment, in Beijing time."""
    return datetime.fromisoformat(json.loads(_path(home).read_text(encoding="utf-8"))["as_of"])


def advance(home: Path, by: timedelta) -> datetime:
    """Move the clock on (never past the last moment) and return it."""
    path = _path(home)
    facts = json.loads(path.read_text(encoding="utf-8"))
    moment = min(datetime.fromisoformat(facts["as_of"]) + by, LAST_MOMENT)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(facts | {"as_of": moment.isoformat()}, indent=1), encoding="utf-8")
    temporary.replace(path)
    return moment
