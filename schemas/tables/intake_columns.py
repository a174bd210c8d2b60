"""Columns that intake tables share, and how those that a worker types are declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from schemas.columns import INT, TEXT, TIME, Class, Cleaning, Mask, column
from schemas.rules import Between, Castable, InCodes, Required, Severity

FILLED_BY_US = frozenset({"record_id", "platform_id", "batch_id", "landed_row"})
"""Columns of the lineage that the flow fills itself: no platform file maps them, and no row breaks a rule on them."""
FLAG_CAST = Castable(severity=Severity.FLAG)
NOT_ANCIENT = Between(low="2015-01-01", high="2099-12-31")


def flag_code(codes: str) -> InCodes:
    """A code that a person typed about a person: a wrong one is counted, the row stays."""
    return InCodes(severity=Severity.FLAG, codes=codes)


def lineage() -> list[Column[Any]]:
    """Columns at the head of every intake table: identity of the row and the place it was landed."""
    return [
        column(
            "record_id",
            TEXT,
            "记录标识",
            "record id",
            nullable=False,
            definition="platform_id ':' stream ':' source_key",
        ),
        column("platform_id", TEXT, "平台", "platform id", nullable=False, rules=(Required(),)),
        column("source_key", TEXT, "来源主键", "key in the source", nullable=False, rules=(Required(),)),
        column("batch_id", TEXT, "批次", "landing batch", nullable=False),
        column("landed_row", INT, "落地行号", "row in the landed batch, from 0", nullable=False),
        column("changed_at", TIME, "来源更新时间", "last change in the source", rules=(Required(), Castable())),
    ]


def attribute(
    name: str,
    type_: Any,
    zh: str,
    en: str,
    *rules: Any,
    mask: Mask = Mask.DROP,
    klass: Class = Class.PERSONAL,
    cleaning: Cleaning | None = None,
) -> Column[Any]:
    """Declare a column that a worker types about a person."""
    return column(name, type_, zh, en, klass=klass, mask=mask, rules=rules, attribute=True, cleaning=cleaning)
