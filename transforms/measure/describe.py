"""The catalogue of measures as rows: what ``liandao metrics --rules``, ``mart_measure`` and the generated page
print."""

from __future__ import annotations

import json
from typing import Any

from schemas.measure_file import MeasureFile
from transforms.measure.load import Measure, figure_ids, load_measures
from transforms.measure.values import Overrides, parameters_of


def describe(overrides: Overrides | None = None, measures: dict[str, Measure] | None = None) -> list[dict[str, Any]]:
    """One row per declared figure, by id: the columns of ``mart_measure``, and ``definition`` in both languages at
    once."""
    catalogue = load_measures() if measures is None else measures
    return [row for each in catalogue.values() for row in _rows(each.file, overrides)]


def _rows(file: MeasureFile, overrides: Overrides | None) -> list[dict[str, Any]]:
    return [_row(file, name, overrides) for name in figure_ids(file)]


def _row(file: MeasureFile, measure_id: str, overrides: Overrides | None) -> dict[str, Any]:
    part = file.parts.get(measure_id.partition(".")[2])
    title = file.title if part is None else part.title
    note = None if part is None else part.note
    zh, en = (file.definition.zh, file.definition.en) if note is None else (note.zh, note.en)
    return {
        "measure_id": measure_id,
        "title_zh": title.zh,
        "title_en": title.en,
        "definition_zh": zh,
        "definition_en": en,
        "definition": f"{zh} | {en}",
        "unit": file.unit if part is None else part.unit,
        "direction_code": file.direction if part is None else part.direction,
        "grains": ",".join(file.grains),
        "rule_version": file.rule_version,
        "parameters": json.dumps(parameters_of(file, overrides), ensure_ascii=False, sort_keys=True),
        "source": file.source,
    }
