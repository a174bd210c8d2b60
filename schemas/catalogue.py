"""Every declared table, by name: what the stores create, the dictionary prints and the engine comparison walks."""

from __future__ import annotations

from sqlalchemy import Table

from schemas import facts
from schemas.columns import METADATA, Tier, table_meta
from schemas.tables import control, dims, identity, intake, link, mart

__all__ = ["TABLES", "control", "dims", "facts", "identity", "intake", "link", "mart", "tables_of"]

TABLES: dict[str, Table] = dict(METADATA.tables)
"""Name -> declared table, all tiers."""


def tables_of(tier: Tier) -> list[Table]:
    """The tables of one tier, in order of declaration."""
    return [t for t in TABLES.values() if table_meta(t).tier is tier]
