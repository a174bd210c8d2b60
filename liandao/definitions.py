"""What a project declares (tables, rules, measures, calendar), verified as a whole before a run reads anything."""

from __future__ import annotations

from pathlib import Path

from schemas.calendar import project_days
from schemas.catalogue import tables
from schemas.columns import Tier
from schemas.project_rules import project_rules


def verify_definitions(home: Path) -> None:
    """Verify everything that the project in use declares, also against what is published in its home.

    Raises ConfigurationError for a table, rule, measure or calendar that is wrong, and for one that published rows rest
    on and that is declared no longer.
    """
    from transforms.measure.verify import verify_own_measures
    from warehouse import reader
    from warehouse.kept import require_kept
    from warehouse.structure import held_columns

    tables()
    project_days()
    project_rules()
    verify_own_measures()
    if reader.is_published(home):
        with reader.connect(home) as con:
            require_kept(con, held_columns(con, Tier.VAULT))
