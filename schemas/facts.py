"""Fact tables of the warehouse, derived from the core tables of the vault by the masks their columns declare.

``core_form`` becomes ``fact_form`` and so on: columns masked ``DROP`` are gone, ``TOKEN`` columns are renamed
``<name>_token``, the others keep their name; the surrogates ``person_id`` and ``matter_id`` are added where they apply.
The warehouse fills these tables from the same declarations (``warehouse/facts.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, MetaData, Table

from schemas.columns import METADATA, TEXT, Class, Mask, Tier, column, meta_of, table, table_meta
from schemas.tables import intake


@dataclass(frozen=True, slots=True)
class Surrogate:
    """How a row finds who or what it is about. ``of``: whose surrogate it is: the row's own ``record``, or the ``form``
    or ``case`` of the same platform whose key stands in ``column``."""

    name: str
    of: str = "record"
    column: str = "record_id"


@dataclass(frozen=True, slots=True)
class FactSource:
    """One fact table: its core table and the surrogates it carries."""

    core: Table
    fact: Table
    surrogates: tuple[Surrogate, ...]


PERSON, MATTER = Surrogate("person_id"), Surrogate("matter_id")
OF_FORM, OF_CASE = Surrogate("person_id", "form", "form_key"), Surrogate("matter_id", "case", "case_no")
TITLES = {"person_id": ("人员标识", "person surrogate"), "matter_id": ("事件标识", "matter surrogate")}


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


def fact_of(core: Table, name: str, *surrogates: Surrogate, metadata: MetaData = METADATA) -> FactSource:
    """The fact table of a core table, declared under ``name`` in ``metadata``."""
    meta = table_meta(core)
    kept = [_masked(c) for c in core.columns if meta_of(c).mask is not Mask.DROP]
    fact = table(
        name,
        *kept,
        *(column(s.name, TEXT, *TITLES[s.name]) for s in surrogates),
        zh=meta.zh,
        en=meta.en,
        tier=Tier.WAREHOUSE,
        key=meta.key,
        grain=meta.grain,
        metadata=metadata,
    )
    return FactSource(core, fact, surrogates)


PROGRAM_FACTS: tuple[FactSource, ...] = (
    fact_of(intake.FORM, "fact_form", PERSON),
    fact_of(intake.ENTRY_EVENT, "fact_entry", PERSON, OF_CASE),
    fact_of(intake.CASE, "fact_case", OF_FORM, MATTER),
    fact_of(intake.RATING, "fact_rating", OF_CASE),
    fact_of(intake.SURVEY, "fact_survey"),
    fact_of(intake.TICKET, "fact_ticket", PERSON),
    fact_of(intake.USAGE, "fact_usage"),
)
"""The fact tables that the program brings. ``person_id`` of a case is that of the form that opened it. Those of the
project in use are among :func:`schemas.streams.fact_sources`."""
