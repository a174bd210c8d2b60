"""Columns that many marts share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from schemas.columns import TEXT, column


def platform(name: str = "platform_id", zh: str = "平台", en: str = "platform") -> Column[Any]:
    """A platform in the key of a mart."""
    return column(name, TEXT, zh, en, nullable=False)
