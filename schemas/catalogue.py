"""Every declared table, by name: what the stores create, the dictionary prints and the engine comparison walks.

The program's own are :data:`PROGRAM_TABLES`; everything that works on a project asks :func:`tables`.
"""

from __future__ import annotations

from sqlalchemy import Table

from schemas import facts
from schemas.columns import METADATA, Tier, table_meta
from schemas.project import per_project
from schemas.project_tables import project_tables
from schemas.tables import control, dims, identity, intake, link, mart

__all__ = ["PROGRAM_TABLES", "control", "dims", "facts", "identity", "intake", "link", "mart", "tables", "tables_of"]

PROGRAM_TABLES: dict[str, Table] = dict(METADATA.tables)
"""Name -> table declared by the program, all tiers."""


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
