"""The province's regions: those of a real province, whatever project is in use."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.region_file import read_region_table
from schemas.regions import Region

FOLDER = Path(__file__).parent / "project"
"""What of the province's project is not invented anew."""


@cache
def regions() -> dict[str, Region]:
    """Regions by 12-digit code, each in its last version; see ``project/reference/README.md`` for source and date."""
    return read_region_table(FOLDER / "reference" / "regions.csv.gz").latest
