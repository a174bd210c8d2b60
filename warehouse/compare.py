"""Two generations beside each other: rows that only one of them has, figures that moved, settings that differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from schemas import ddl
from schemas.catalogue import tables_of
from schemas.columns import ZONE, Tier
from schemas.errors import StoreError
from warehouse import places
from warehouse.checksum import SKIPPED, row_text
from warehouse.queries import guarded, query
from warehouse.structure import held_columns, literal, seal

SIDES = ("before", "after")


@contextmanager
def both(home: Path, before: int, after: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A sealed connection with the warehouse tiers of two generations as catalogues ``before`` and ``after``. Raises
    StoreError."""
    con = duckdb.connect(":memory:", config={"threads": 2})
    con.execute(f"SET TimeZone = '{ZONE}'")
    try:
        for side, generation in zip(SIDES, (before, after), strict=True):
            path = places.generation_folder(home, generation) / places.FILES[Tier.WAREHOUSE]
            con.execute(f"ATTACH {literal(str(path))} AS {ddl.identifier(side)} (READ_ONLY)")
        with guarded("comparing generations"):
            yield seal(con)
    except duckdb.Error as error:
        raise StoreError(
            "a generation can't be read", where=f"g{before}, g{after}", found=type(error).__name__,
            next_step="liandao generations",
        ) from None  # fmt: skip
    finally:
        con.close()


def changed_rows(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Table, rows that only ``before`` has, rows that only ``after`` has; tables without a difference are left out.
    Where a row was landed and what a run says of itself are no difference."""
    held = [held_columns(con, side) for side in SIDES]
    changes = []
    for tab in tables_of(Tier.WAREHOUSE):
        if tab.name in SKIPPED or any(tab.name not in side for side in held):
            continue
        shared = {c.name for c in tab.columns} & held[0][tab.name].keys() & held[1][tab.name].keys()
        text = query("compare_rows", table=ddl.identifier(tab.name), row=row_text(tab, only=shared))
        gone, new = con.execute(text).fetchone() or (0, 0)
        if gone or new:
            changes.append((tab.name, int(gone), int(new)))
    return changes


def moved_figures(con: duckdb.DuckDBPyConnection) -> list[tuple[str, float | None, float | None]]:
    """Figures of the whole province whose value differs: measure, before, after."""
    return con.execute(query("compare_figures")).fetchall()


def changed_settings(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None, str | None]]:
    """Settings that figures depend on, where they differ: name, before, after."""
    return con.execute(query("compare_settings")).fetchall()


def batches_of_one(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Batches that only one of both holds: ``side``, ``platform_id``, ``batch_id``, ``landed_rows``."""
    rows: list[dict[str, Any]] = con.execute(query("compare_batches")).to_arrow_table().to_pylist()
    return rows
