"""A model as JSON and a table of frequencies, so that a later run (or an explanation) weighs as this one did."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.match.compare import kind_of
from transforms.match.config import MatchConfig
from transforms.match.model import Frequency, Model


def dump_model(model: Model) -> tuple[str, pa.Table]:
    """The model as JSON text, and its frequencies (columns field, level, value, holders)."""
    body = {
        "names": model.names,
        "levels": {
            name: [level.name for level in kind.levels] for name, kind in zip(model.names, model.kinds, strict=True)
        },
        **{part: [values.tolist() for values in getattr(model, part)] for part in ("m", "house", "stranger")},
        "implied": model.implied,
        "match_share": model.match_share,
        "house_share": model.house_share,
        "entities": model.entities,
        "frequencies": [
            {str(level): [f.feature, f.unseen, f.entities, len(f.keys)] for level, f in of_field.items()}
            for of_field in model.frequencies
        ],
    }
    every = [frequency for of_field in model.frequencies for frequency in of_field.values()]
    columns = {
        "value": np.concatenate([np.empty(0, np.int64), *(f.keys for f in every)]),
        "holders": np.concatenate([np.empty(0, np.int64), *(f.holders for f in every)]),
    }
    return json.dumps(body, ensure_ascii=False), pa.table(columns)


def load_model(text: str, frequencies: pa.Table, config: MatchConfig) -> Model | None:
    """The model that :func:`dump_model` wrote; None if it was learnt for other fields or levels."""
    body = json.loads(text)
    kinds = tuple(kind_of(f.kind, f.options) for f in config.fields)
    levels = {f.name: [level.name for level in kind.levels] for f, kind in zip(config.fields, kinds, strict=True)}
    if levels != body["levels"]:
        return None
    m, house, stranger = (tuple(np.array(values) for values in body[part]) for part in ("m", "house", "stranger"))
    return Model(
        tuple(body["names"]),
        kinds,
        m,
        house,
        stranger,
        _frequencies(body["frequencies"], frequencies),
        tuple((a, b) for a, b in body["implied"]),
        body["match_share"],
        body["house_share"],
        body["entities"],
    )


def _frequencies(described: list[dict[str, Any]], table: pa.Table) -> tuple[dict[int, Frequency], ...]:
    """One after another, as they were written down; keys ascend."""
    keys, holders = (table.column(name).to_numpy() for name in ("value", "holders"))
    found: list[dict[int, Frequency]] = []
    start = 0
    for of_field in described:
        found.append({})
        for level, (feature, unseen, entities, count) in of_field.items():
            rows = slice(start, start + count)
            found[-1][int(level)] = Frequency(feature, keys[rows], holders[rows], unseen, entities)
            start += count
    return tuple(found)
