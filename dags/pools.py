"""The pools that the lines of business name, as ``airflow pools import`` reads them.

    python -m dags.pools > pools.json && airflow pools import pools.json

The project is found as the command line finds it (``LIANDAO_PROJECT``, or upwards from the current folder).

A task whose pool does not exist never runs, so this belongs to setting Airflow up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from connectors.registry import load_registry
from liandao.settings import read_settings
from schemas.platform_file import Line

SLOTS = 4
"""Platforms of one pool read side by side: enough to hide waiting, few enough for a source's own limits."""


def pools(lines: Iterable[Line]) -> dict[str, dict[str, object]]:
    """Pool name -> its definition; Airflow's own ``default_pool`` is left as it is."""
    named: dict[str, list[str]] = {}
    for line in lines:
        named.setdefault(line.file.pool, []).append(line.file.title.zh)
    named.pop("default_pool", None)
    return {
        name: {"slots": SLOTS, "description": "、".join(titles), "include_deferred": False}
        for name, titles in sorted(named.items())
    }


if __name__ == "__main__":
    read_settings()
    json.dump(pools(load_registry().lines.values()), sys.stdout, ensure_ascii=False, indent=1)
