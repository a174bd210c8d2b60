"""Every declared table, by name: what the stores create, the dictionary prints and the engine comparison walks.

The program's own are :data:`PROGRAM_TABLES`; everything that works on a project asks :func:`tables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from sqlalchemy import Table

from schemas import facts
from schemas.columns import Tier, table_meta
from schemas.project import per_project
from schemas.project_tables import project_tables
from schemas.tables import control, dims, identity, intake, link, mart

__all__ = ["PROGRAM_TABLES", "control", "dims", "facts", "identity", "intake", "link", "mart", "tables", "tables_of"]


def declared_in(*modules: ModuleType) -> Iterator[Table]:
    """The tables that modules declare, in order of declaration."""
    return (value for module in modules for value in vars(module).values() if isinstance(value, Table))


_MARTS = (mart.mart_redundancy, mart.mart_satisfaction, mart.mart_usage, mart)
_DECLARED = (
    *declared_in(intake, control),
    *(source.fact for source in facts.PROGRAM_FACTS),
    *declared_in(dims, identity, link, *_MARTS),
)
PROGRAM_TABLES: dict[str, Table] = {t.name: t for t in _DECLARED}
"""Name -> table declared by the program, all tiers; in one order, whatever was imported first."""


@per_project
def tables() -> dict[str, Table]:
    """Name -> declared table, all tiers: the program's, then those of the project in use.

    Raises ConfigurationError when a table file of the project is wrong.
    """
    own = [t for declared in project_tables().values() for t in (declared.core, declared.fact.fact)]
    return PROGRAM_TABLES | {t.name: t for t in own}


def tables_of(tier: Tier) -> list[Table]:
    """The tables of one tier, in order of declaration."""
    return [t for t in tables().values() if table_meta(t).tier is tier]
