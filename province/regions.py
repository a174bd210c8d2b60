"""The province's regions: those of a real province, whatever project is in use."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.codes import Region, read_regions

FOLDER = Path(__file__).parent / "project"
"""What of the province's project is not invented anew."""


@cache
def regions() -> dict[str, Region]:
    """Regions by 12-digit code; see ``project/reference/README.md`` for source and date."""
    return read_regions(FOLDER / "reference" / "regions.csv.gz")
