"""The data dictionary: every declared table and column, from the declarations themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table

from schemas.arrow import arrow_type
from schemas.catalogue import TABLES
from schemas.columns import Tier, meta_of, table_meta

TIERS = {Tier.VAULT: "保险库 vault", Tier.WAREHOUSE: "仓库 warehouse"}


def dictionary_context() -> dict[str, Any]:
    """What the dictionary shows: the warehouse's tables first, then the vault's, each by name."""
    tables = sorted(TABLES.values(), key=lambda t: (table_meta(t).tier is Tier.VAULT, t.name))
    return {"tables": [_table(t) for t in tables]}


def _table(declared: Table) -> dict[str, Any]:
    meta = table_meta(declared)
    return {
        "name": declared.name,
        "zh": meta.zh,
        "en": meta.en,
        "grain": meta.grain,
        "tier": TIERS[meta.tier],
        "key": ", ".join(meta.key),
        "columns": [_column(c) for c in declared.columns],
    }


def _column(col: Column[Any]) -> dict[str, str]:
    meta = meta_of(col)
    rules = [f"{r.zh}（{r.name} {r.severity.value}）" for r in meta.rules]
    masked = [f"仓库层掩码 mask: {meta.mask.value}"] if meta.mask is not None else []
    return {
        "name": col.name,
        "zh": meta.zh,
        "en": meta.en,
        "type": str(arrow_type(col)),
        "unit": meta.unit,
        "klass": meta.klass.value,
        "notes": "；".join([*([meta.definition] if meta.definition else []), *rules, *masked]),
    }
