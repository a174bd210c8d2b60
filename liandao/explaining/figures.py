"""Figures by their measure's id: definition, rule, and the published value with what it stands on."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from liandao.answers.explained import FigureExplained, FigureValue, Words
from transforms.measure.describe import describe
from warehouse import places, reader

STALE = "SELECT platform_id FROM warehouse.ctl_platform_state WHERE is_stale ORDER BY 1"


def declared_figures() -> dict[str, dict[str, Any]]:
    """Id -> row of ``mart_measure`` for every figure of the program and of the project in use."""
    return {row["measure_id"]: row for row in describe()}


def explain_figure(home: Path | None, measure_id: str) -> FigureExplained:
    """A figure's definition and, where ``home`` has published it, its value for the province. Raises KeyError."""
    figures = declared_figures()
    row = figures[measure_id]
    generation, published, stale = None, None, list[str]()
    if home is not None and (generation := places.current_generation(home)) is not None:
        published, stale = _published(home, measure_id)
    return FigureExplained(
        topic="figure",
        measure_id=measure_id,
        title=Words(row["title_zh"], row["title_en"]),
        definition=Words(row["definition_zh"], row["definition_en"]),
        unit=row["unit"],
        rule_version=row["rule_version"],
        source=row["source"],
        grains=row["grains"].split(","),
        parameters=row["parameters"],
        parts=[name for name in figures if name.startswith(f"{measure_id}.")],
        generation=generation,
        published=published,
        stale=stale,
    )


def _published(home: Path, measure_id: str) -> tuple[FigureValue | None, list[str]]:
    columns = ", ".join(f.name for f in fields(FigureValue))
    with reader.connect(home) as con:
        found = con.execute(
            f"SELECT {columns} FROM warehouse.mart_figure WHERE measure_id = ? AND grain = 'province'",  # noqa: S608
            [measure_id],
        ).fetchone()
        stale = [platform_id for (platform_id,) in con.execute(STALE).fetchall()]
    return (FigureValue(*found) if found else None), stale
