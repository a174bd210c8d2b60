"""Fact tables of the warehouse, derived from the core tables of the vault by the masks their columns declare.

``core_form`` becomes ``fact_form`` and so on: columns masked ``DROP`` are gone, ``TOKEN`` columns are renamed
``<name>_token``, the others keep their name; the surrogates ``person_id`` and ``matter_id`` are added where they apply.
The warehouse fills these tables from the same declarations (``warehouse/facts.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Table

from schemas.columns import TEXT, Class, Mask, Tier, column, meta_of, table, table_meta
from schemas.tables import intake


@dataclass(frozen=True, slots=True)
class FactSource:
    """One fact table: its core table and the surrogates it carries."""

    core: Table
    fact: Table
    surrogates: tuple[str, ...]


def fact_column_name(col: Column[object]) -> str:
    """The name of a core column in the fact table."""
    return f"{col.name}_token" if meta_of(col).mask is Mask.TOKEN else col.name


def _masked(col: Column[object]) -> Column[object]:
    meta = meta_of(col)
    name = fact_column_name(col)
    type_ = TEXT if meta.mask in (Mask.TOKEN, Mask.NAME, Mask.NUMBER) else col.type
    return column(
        name,
        type_,
        meta.zh,
        meta.en,
        definition=meta.definition,
        unit=meta.unit,
        klass=Class.INTERNAL,
        nullable=bool(col.nullable),
    )


def _surrogate(name: str) -> Column[object]:
    titles = {"person_id": ("人员标识", "person surrogate"), "matter_id": ("事件标识", "matter surrogate")}
    return column(name, TEXT, *titles[name])


def _fact(core: Table, name: str, *surrogates: str) -> FactSource:
    meta = table_meta(core)
    kept = [_masked(c) for c in core.columns if meta_of(c).mask is not Mask.DROP]
    fact = table(
        name,
        *kept,
        *(_surrogate(s) for s in surrogates),
        zh=meta.zh,
        en=meta.en,
        tier=Tier.WAREHOUSE,
        key=meta.key,
        grain=meta.grain,
    )
    return FactSource(core, fact, surrogates)


FACTS: tuple[FactSource, ...] = (
    _fact(intake.FORM, "fact_form", "person_id"),
    _fact(intake.ENTRY_EVENT, "fact_entry", "person_id", "matter_id"),
    _fact(intake.CASE, "fact_case", "person_id", "matter_id"),
    _fact(intake.RATING, "fact_rating", "matter_id"),
    _fact(intake.SURVEY, "fact_survey"),
    _fact(intake.TICKET, "fact_ticket", "person_id"),
    _fact(intake.USAGE, "fact_usage"),
)
"""Every fact table with its source. ``person_id`` of a case is that of the form that opened it."""
