"""Settings: where everything is kept and which store the bureau uses. Flags win over the environment, which wins
over defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError

HOME_VARIABLE = "LIANDAO_HOME"
WAREHOUSE_VARIABLE = "LIANDAO_WAREHOUSE"
WORKERS_VARIABLE = "LIANDAO_WORKERS"
DEFAULT_HOME = Path("home")
LEAST_WORKERS, MOST_WORKERS = 1, 64


@dataclass(frozen=True, slots=True)
class Settings:
    """``home``: absolute folder of the deployment. ``warehouse_url``: ``postgresql://…`` to publish to PostgreSQL
    as well;
    None keeps the file warehouse alone. ``workers``: processes that ingest lines side by side."""

    home: Path
    warehouse_url: str | None
    workers: int


def read_settings(home: Path | None = None) -> Settings:
    """Resolve settings; raises ConfigurationError naming the variable that is wrong."""
    chosen = home or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    return Settings(chosen.expanduser().resolve(), _warehouse_url(), _workers())


def _warehouse_url() -> str | None:
    url = os.environ.get(WAREHOUSE_VARIABLE, "").strip()
    if not url or url == "duckdb":
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(
            "the warehouse address is not one that Liandao can write to",
            where=WAREHOUSE_VARIABLE,
            expected="empty, 'duckdb' or postgresql://user@host/database",
            found=f"an address starting with {url.split(':', 1)[0][:20]!r}",
            next_step=f"unset {WAREHOUSE_VARIABLE} to use the file warehouse",
        )
    return url


def _workers() -> int:
    text = os.environ.get(WORKERS_VARIABLE, "").strip()
    if not text:
        return max(LEAST_WORKERS, min(4, os.cpu_count() or 1))
    if not text.isdigit() or not LEAST_WORKERS <= int(text) <= MOST_WORKERS:
        raise ConfigurationError(
            "the number of worker processes is not usable",
            where=WORKERS_VARIABLE,
            expected=f"a number from {LEAST_WORKERS} to {MOST_WORKERS}",
            found=repr(text[:20]),
        )
    return int(text)
