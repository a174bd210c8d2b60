"""What is the same for all figures of a measure's part is added to its rows: id, rule version, window, unit, note."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from schemas.measure_file import MeasureFile
from transforms.measure.load import NEXT_STEP, Statement


def complete(statement: Statement, rows: pa.Table, start: date, end: date) -> pa.Table:
    """Figure rows as a step gives them -> rows of ``mart_figure``.

    ``part`` (empty where there is none) names the figure's part and becomes part of its id. The measure's or part's
    note comes before the row's own. Raises ConfigurationError when a part or a grain is not declared.
    """
    file = statement.measure
    grains = set(pc.unique(rows["grain"]).to_pylist()) - set(file.grains)
    if grains:
        raise ConfigurationError(
            "a step gives figures at grains that its measure does not declare", where=statement.where,
            expected=", ".join(file.grains), found=", ".join(map(str, sorted(grains, key=str))), next_step=NEXT_STEP,
        )  # fmt: skip
    if "part" not in rows.column_names:
        rows = rows.append_column("part", pa.array([""] * len(rows), pa.string()))
    parts = ["", *file.parts]
    unknown = set(pc.unique(rows["part"]).to_pylist()) - set(parts)
    if unknown:
        raise ConfigurationError(
            "a step gives figures of parts that its measure does not declare", where=statement.where,
            expected=", ".join(file.parts) or "no part", found=", ".join(map(str, unknown)), next_step=NEXT_STEP,
        )  # fmt: skip
    index = pc.index_in(rows["part"], pa.array(parts, pa.string()))
    constants = pa.Table.from_pylist([_constants(file, part, start, end) for part in parts]).take(index)
    own = rows["note"] if "note" in rows.column_names else pa.chunked_array([pa.nulls(len(rows))])
    shared, own = constants["note"].cast(pa.string()), own.cast(pa.string())
    both = pc.binary_join_element_wise(shared, own, "；")
    note = pc.coalesce(both, shared, own)
    for name in set(rows.column_names) - {"part", "note"}:
        constants = constants.append_column(name, rows[name])
    return constants.set_column(constants.column_names.index("note"), "note", note)


def _constants(file: MeasureFile, part: str, start: date, end: date) -> dict[str, object]:
    declared = file.parts.get(part)
    note = file.note if declared is None else declared.note
    return {
        "measure_id": f"{file.id}.{part}" if part else file.id,
        "rule_version": file.rule_version,
        "window_start": start,
        "window_end": end,
        "unit": file.unit if declared is None else declared.unit,
        "note": None if note is None else f"{note.zh} | {note.en}",
    }
