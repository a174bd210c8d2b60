"""The data dictionary: every declared table and column, from the declarations themselves, and every measure.

What the project in use declares stands among what the program does, and is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table

from reports.read import Row
from schemas.arrow import arrow_type
from schemas.catalogue import PROGRAM_TABLES, tables
from schemas.columns import Tier, meta_of, table_meta
from schemas.measure_file import project_measure_ids
from schemas.project_rules import rules_of
from schemas.rules import Rule

TIERS = {Tier.VAULT: "保险库 vault", Tier.WAREHOUSE: "仓库 warehouse"}
OWN = "本项目 project"


def dictionary_context(measures: Sequence[Row] = ()) -> dict[str, Any]:
    """What the dictionary shows: the warehouse's tables first, then the vault's, each by name; then measures as
    ``mart_measure`` has them."""
    declared = sorted(tables().values(), key=lambda t: (table_meta(t).tier is Tier.VAULT, t.name))
    own = set(project_measure_ids())
    marked = [m | {"own": OWN if m["measure_id"].partition(".")[0] in own else ""} for m in measures]
    return {"tables": [_table(t) for t in declared], "measures": marked}


def _table(declared: Table) -> dict[str, Any]:
    meta = table_meta(declared)
    return {
        "name": declared.name,
        "zh": meta.zh,
        "en": meta.en,
        "grain": meta.grain,
        "tier": TIERS[meta.tier],
        "own": "" if declared.name in PROGRAM_TABLES else OWN,
        "key": ", ".join(meta.key),
        "columns": [_column(c) for c in declared.columns],
    }


def _column(col: Column[Any]) -> dict[str, str]:
    meta = meta_of(col)
    rules = [_rule(r, is_own=r not in meta.rules) for r in rules_of(col)]
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


def _rule(rule: Rule, *, is_own: bool) -> str:
    return f"{rule.zh}（{rule.name} {rule.severity.value}{f'，{OWN}' if is_own else ''}）"
