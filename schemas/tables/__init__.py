"""Every declared table, by name."""

from __future__ import annotations

from sqlalchemy import Table

from schemas.columns import METADATA
from schemas.tables import control, dims, intake, link, mart

__all__ = ["TABLES", "control", "dims", "intake", "link", "mart"]

TABLES: dict[str, Table] = dict(METADATA.tables)
"""Name -> declared table, all tiers."""
