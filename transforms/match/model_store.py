"""A model as JSON and a table of frequencies, so that a later run (or an explanation) weighs as this one did."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
            {str(level): [f.feature, f.unseen, f.entities] for level, f in of_field.items()}
            for of_field in model.frequencies
        ],
    }
    parts = [
        (field, level, frequency)
        for field, of_field in enumerate(model.frequencies)
        for level, frequency in of_field.items()
    ]
    columns = {
        "field": np.repeat([p[0] for p in parts], [len(p[2].keys) for p in parts]).astype(np.int32),
        "level": np.repeat([p[1] for p in parts], [len(p[2].keys) for p in parts]).astype(np.int32),
        "value": np.concatenate([np.empty(0, np.int64), *(p[2].keys for p in parts)]),
        "holders": np.concatenate([np.empty(0, np.int64), *(p[2].holders for p in parts)]),
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
    found: list[dict[int, Frequency]] = []
    for field, of_field in enumerate(described):
        own = table.filter(pc.equal(table.column("field"), field))
        found.append({int(level): _frequency(own, int(level), *parts) for level, parts in of_field.items()})
    return tuple(found)


def _frequency(own: pa.Table, level: int, feature: str, unseen: float, entities: int) -> Frequency:
    rows = own.filter(pc.equal(own.column("level"), level))
    keys, holders = (rows.column(name).to_numpy() for name in ("value", "holders"))
    order = np.argsort(keys)
    return Frequency(feature, keys[order], holders[order], unseen, entities)
