"""Every stream kind: those of the program and those that the project in use declares."""

from __future__ import annotations

from sqlalchemy import Table

from schemas.columns import table_meta
from schemas.facts import PROGRAM_FACTS, FactSource
from schemas.project import per_project
from schemas.project_tables import project_tables
from schemas.rule_fit import nearest
from schemas.tables.intake import PROGRAM_STREAMS


@per_project
def stream_tables() -> dict[str, Table]:
    """Kind -> the canonical table of the vault that it fills: the program's, then the project's by name.

    Raises ConfigurationError when a table file of the project is wrong.
    """
    return PROGRAM_STREAMS | {kind: declared.core for kind, declared in project_tables().items()}


@per_project
def fact_sources() -> tuple[FactSource, ...]:
    """Every fact table with its source: the program's, and ``fact_<kind>`` of each kind of the project.

    Raises ConfigurationError when a table file of the project is wrong.
    """
    return PROGRAM_FACTS + tuple(declared.fact for declared in project_tables().values())


def event_time(kind: str) -> str:
    """The column that says when an event of this kind was itself."""
    return str(table_meta(stream_tables()[kind]).event_time)


def unknown_kind(kind: str) -> str | None:
    """What to say of a kind that nobody declares; None when it is declared."""
    kinds = stream_tables()
    return None if kind in kinds else f"no stream kind is called {kind}{nearest(kind, kinds)}"
