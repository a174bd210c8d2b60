"""Looks at the machine: Python and its packages, clock, encoding, drivers, disk."""

from __future__ import annotations

import hashlib
import locale
import shutil
import sys
from datetime import timedelta
from urllib.parse import urlsplit

from liandao.home import now
from liandao.import_names import ROOT, own_names, taken_names
from liandao.settings import WAREHOUSE_VARIABLE, Settings
from schemas.columns import ZONE
from schemas.errors import ConfigurationError
from schemas.extras import require_extra
from schemas.refusals import bytes_below
from warehouse import places, reader

GIGABYTE = 1024**3
LEAST_FREE = 2 * GIGABYTE
ROOM_FOR_NEXT = 1.5
"""A generation is built beside those that are kept; it grows with what a night brings."""
TOLERATED = timedelta(minutes=5)


def python(_settings: Settings) -> str:
    """Version of Python."""
    return sys.version.split()[0]


def import_names(_settings: Settings) -> str:
    """Whether every package that is imported under our names is ours."""
    taken = taken_names()
    if taken:
        raise ConfigurationError(
            "another distribution has taken names that liandao imports",
            expected=str(ROOT),
            found=", ".join(map(str, taken)),
            next_step="install liandao into an environment of its own",
        )
    return f"{len(own_names())} packages, all our own"


def duckdb_version(_settings: Settings) -> str:
    """Version of DuckDB."""
    import duckdb

    return duckdb.__version__


def sm3(_settings: Settings) -> str:
    """Whether the national digest is there."""
    if "sm3" not in hashlib.algorithms_available:
        raise ConfigurationError(
            "this Python's OpenSSL has no SM3",
            expected="OpenSSL 3 with SM3",
            next_step="use a Python built on OpenSSL 3",
        )
    return "available"


def clock(settings: Settings) -> str:
    """The time in Beijing, and whether it went back behind what was published last: windows and cursors go by it."""
    moment = now()
    if reader.is_published(settings.home):
        with reader.connect(settings.home) as con:
            _, rows = reader.fetch(con, "SELECT max(ended_at) FROM warehouse.ctl_run", 1)
        last = rows[0][0]
        if last is not None and last > moment + TOLERATED:
            raise ConfigurationError(
                "the clock stands before the last run",
                expected=f"later than {last.astimezone(moment.tzinfo):%Y-%m-%d %H:%M}",
                found=f"{moment:%Y-%m-%d %H:%M}",
                next_step="set the clock: timedatectl set-ntp true",
            )
    return f"{moment:%Y-%m-%d %H:%M} {ZONE}"


def encoding(_settings: Settings) -> str:
    """Whether file names and text are UTF-8: Chinese names of files would be lost in another."""
    found = {sys.getfilesystemencoding().lower(), locale.getpreferredencoding(False).lower()}
    if found - {"utf-8", "utf8"}:
        raise ConfigurationError(
            "text is not written as UTF-8 here",
            expected="UTF-8",
            found=", ".join(sorted(found)),
            next_step="export LC_ALL=C.UTF-8",
        )
    return "UTF-8"


def drivers(settings: Settings) -> str:
    """Whether what the platforms and the warehouse in use connect with is installed."""
    from liandao.project_file import read_places

    endpoints = read_places(settings.project, settings.home).endpoints
    named = {f"endpoints.{name}": endpoint.url for name, endpoint in endpoints.items()}
    named[WAREHOUSE_VARIABLE] = settings.warehouse_url or ""
    wanting = [where for where, url in named.items() if urlsplit(url).scheme in ("postgresql", "postgres")]
    if not wanting:
        return "none but our own needed"
    require_extra("postgresql", ", ".join(wanting[:5]))
    return f"PostgreSQL for {len(wanting)}"


def disk(settings: Settings) -> str:
    """Free room against what the next generation may need."""
    place = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(place).free
    folder = places.current_folder(settings.home)
    needed = max(LEAST_FREE, int(ROOM_FOR_NEXT * bytes_below(folder)) if folder else 0)
    if free < needed:
        raise ConfigurationError(
            "little room is left on the disk",
            where=str(place),
            expected=f"{needed / GIGABYTE:.1f} GiB free, for the next generation",
            found=f"{free / GIGABYTE:.1f} GiB",
            next_step="liandao prune --dry-run, or liandao move DIR",
        )
    return f"{free / GIGABYTE:.0f} GiB free, the next generation needs {needed / GIGABYTE:.1f}"
