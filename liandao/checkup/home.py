"""Looks at the home and its project: files, key, secrets, locks, receipts, what is published and what waits."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from liandao.settings import Settings
from schemas.errors import ConfigurationError, NeedsAttention, StoreError
from schemas.refusals import bytes_below
from warehouse import places, reader
from warehouse.lock import holder_of

MEBIBYTE = 1024**2
MOST_REFUSED = 0.1
"""Share of a platform's last batch that was set aside, from which somebody should look."""
MOST_LISTED = 5
STALE = "SELECT platform_id, error_code FROM warehouse.ctl_platform_state WHERE is_stale ORDER BY 1"
REFUSED = """
SELECT platform_id, sum(quarantined_rows)::BIGINT, sum(landed_rows)::BIGINT FROM warehouse.ctl_batch
WHERE (platform_id, batch_id) IN (SELECT (platform_id, max(batch_id)) FROM warehouse.ctl_batch GROUP BY platform_id)
GROUP BY 1 HAVING sum(landed_rows) > 0 ORDER BY sum(quarantined_rows) / sum(landed_rows) DESC, 1
"""
NOTHING = "nothing published yet"


def registry(_settings: Settings) -> str:
    """Whether every platform file is right."""
    from connectors.registry import load_registry

    found = load_registry()
    found.refuse_broken()
    return f"{len(found.platforms)} platforms in {len(found.lines)} lines"


def deployment(settings: Settings) -> str:
    """Addresses and scope."""
    from liandao.project_file import load_deployment

    found = load_deployment(settings.project, settings.home)
    return f"{len(found.endpoints)} endpoints, {len(found.scope)} communities in scope"


def key(settings: Settings) -> str:
    """Whether the key is there, for its owner's eyes alone, and the one that the data were made with."""
    from liandao.home import KEY_FILE
    from liandao.opening import require_own_key

    holds_data = reader.is_published(settings.home) or any((settings.home / "landing").glob("*/*/landed.json"))
    if not holds_data and not (settings.home / KEY_FILE).exists():
        return "none yet: the first run makes one"
    require_own_key(settings.home)
    return str(KEY_FILE)


def secrets(settings: Settings) -> str:
    """Whether every credential's variable is set, and every file is there for its owner's eyes alone."""
    from liandao.project_file import read_places

    wrong = []
    credentials = read_places(settings.project, settings.home).credentials
    for name, reference in credentials.items():
        kind, _, place = reference.partition(":")
        path = settings.home / place
        if kind == "env" and not os.environ.get(place):
            wrong.append(f"{name}: {place} is not set")
        elif kind == "file" and not path.is_file():
            wrong.append(f"{name}: no file {path}")
        elif kind == "file" and path.stat().st_mode & 0o077:
            wrong.append(f"{name}: chmod 600 {path}")
    if wrong:
        raise ConfigurationError("secrets can't be used", expected="set, or files of mode 0600",
                                 found="; ".join(wrong), next_step="liandao config credentials --origin")  # fmt: skip
    return f"{len(credentials)} credentials"


def locks(settings: Settings) -> str:
    """Which locks are held, and by whom."""
    paths = [*settings.home.glob("*.lock"), *(settings.home / "locks").glob("*.lock")]
    held = [f"{path.name}: {holder}" for path in sorted(paths) if (holder := holder_of(path))]
    return "; ".join(held) or "free"


def receipts(settings: Settings) -> str:
    """Whether generations are whole, and receipts of generations and of what waits can be read."""
    from liandao.batches import unpublished
    from liandao.upkeep.trail import all_receipts

    kept = places.generations(settings.home)
    for number in kept:
        folder = places.generation_folder(settings.home, number)
        lacking = [name for name in places.FILES.values() if not (folder / name).is_file()]
        if lacking:
            raise StoreError("a generation is not whole", where=str(folder), found=f"no {', '.join(lacking)}",
                             next_step="liandao rebuild")  # fmt: skip
    unpublished(settings.home)
    return f"{len(kept)} generations, {len(all_receipts(settings.home))} receipts"


def warehouse(settings: Settings) -> str:
    """Whether what is published can be opened."""
    if not reader.is_published(settings.home):
        return f"{NOTHING}: liandao run"
    with reader.connect(settings.home) as con:
        row = con.execute("SELECT max(generation) FROM warehouse.ctl_run").fetchone()
    return f"generation {row[0] if row else '?'}"


def stale(settings: Settings) -> str:
    """Platforms whose last data are published since they could not be read."""
    rows = _rows(settings, STALE)
    if rows:
        listed = ", ".join(f"{platform} ({code})" for platform, code in rows[:MOST_LISTED])
        raise NeedsAttention(f"{len(rows)} platforms are stale", found=listed, next_step="liandao platforms")
    return "none"


def refused(settings: Settings) -> str:
    """How much of each platform's last batch was set aside."""
    shares = [(platform, part / whole) for platform, part, whole in _rows(settings, REFUSED)]
    listed = ", ".join(f"{platform} {share:.1%}" for platform, share in shares[:MOST_LISTED] if share)
    if shares and shares[0][1] > MOST_REFUSED:
        raise NeedsAttention("much of a last batch was set aside", expected=f"at most {MOST_REFUSED:.0%}", found=listed,
                     next_step=f"liandao balance --platform {shares[0][0]}")  # fmt: skip
    return listed or "none"


def waiting(settings: Settings) -> str:
    """Batches that are landed and not published."""
    from liandao.batches import unpublished

    states = Counter(batch.state for batch in unpublished(settings.home))
    listed = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    if states["stopped"]:
        raise NeedsAttention("batches were stopped by a gate", found=listed, next_step="liandao batch list")
    return f"{listed}: liandao batch list" if listed else "none"


def rooms(settings: Settings) -> str:
    """Bytes of each room of the home, the largest first."""
    folders = [path for path in settings.home.glob("*") if path.is_dir() and not path.is_symlink()]
    sizes = sorted(((bytes_below(path), path.name) for path in folders), reverse=True)
    return ", ".join(f"{name} {_shown(size)}" for size, name in sizes if size) or "empty"


def _shown(size: int) -> str:
    return f"{size / MEBIBYTE:,.1f} MiB" if size >= MEBIBYTE / 10 else f"{size / 1024:,.1f} KiB"


def _rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    if not reader.is_published(settings.home):
        return []
    with reader.connect(settings.home) as con:
        found: list[tuple[Any, ...]] = con.execute(query).fetchall()
    return found
