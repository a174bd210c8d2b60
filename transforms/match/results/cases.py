"""The hardest cases, for people to look at: values masked by kind, levels in words, weight and why it is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import Ints
from transforms.match.cluster import evidence
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.quality.merges import merge_tree
from transforms.match.results.findings import Records
from transforms.match.score import NEVER, Scored

EACH = 12


@dataclass(frozen=True, slots=True)
class Case:
    """One pair. ``why``: weak_link (joined on little), near_miss (kept apart by little), forbidden (only two different
    numbers keep it apart); ``fields``: name, left and right value masked, level."""

    why: str
    left_id: str
    right_id: str
    match_weight: float
    match_probability: float
    fields: list[tuple[str, str, str, str]]

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def hardest_cases(table: pa.Table, records: Records, found: Matched, config: MatchConfig) -> list[Case]:
    """Weakest merges, nearest misses, strongest forbidden pairs. ``table``: the input, from which they are quoted."""
    inside = found.node_cluster[found.pairs.left] == found.node_cluster[found.pairs.right]
    weak, near = found.pairs.where(inside), found.pairs.where(~inside & (found.pairs.weight > NEVER))
    chosen = [
        ("weak_link", weak.where(_weakest(weak, found, config))),
        ("near_miss", near.where(np.lexsort((near.right, near.left, -near.weight))[:EACH])),
        ("forbidden", _strongest(found.contradictions)),
    ]
    return [case for why, pairs in chosen for case in _cases(why, pairs, table, records, found, config)]


def _weakest(inner: Scored, found: Matched, config: MatchConfig) -> Ints:
    """Rows of the merges that rest on the least support."""
    said = np.where(inner.weight <= NEVER, 0.0, evidence(inner, config))
    merges = merge_tree(found.collapsed.sizes, inner.left, inner.right, inner.weight, said)
    least = np.lexsort((merges.right, merges.left, merges.support))[:EACH]
    rows: Ints = merges.pair[least]
    return rows


def _strongest(pairs: Scored) -> Scored:
    return pairs.where(np.lexsort((pairs.right, pairs.left, -pairs.weight))[:EACH])


def _cases(
    why: str, pairs: Scored, table: pa.Table, records: Records, found: Matched, config: MatchConfig
) -> list[Case]:
    first = found.collapsed.first
    sides = [pa.array(first[nodes]) for nodes in (pairs.left, pairs.right)]
    ids = [_named(records, rows) for rows in sides]
    values = {f.name: [_texts(table.column(f.name), rows) for rows in sides] for f in config.fields}
    cases = []
    for i in range(len(pairs.left)):
        fields = []
        for f, (kind, field) in enumerate(zip(found.model.kinds, config.fields, strict=True)):
            level = ["null", *(level.name for level in kind.levels)][pairs.levels[f, i]]
            left, right = (mask(values[field.name][side][i], field.kind) for side in (0, 1))
            fields.append((field.name, left, right, level))
        weight = float(pairs.weight[i])
        cases.append(Case(why, ids[0][i], ids[1][i], round(weight, 2), round(float(pairs.probability[i]), 4), fields))
    return cases


def _named(records: Records, rows: pa.Array) -> list[str]:
    names: list[str] = records.record_id.take(rows).cast(pa.string()).to_pylist()
    if records.source is None:
        return names
    sources = records.source.take(rows).to_pylist()
    return [f"{source} · {name}" for source, name in zip(sources, names, strict=True)]


def _texts(column: pa.ChunkedArray, rows: pa.Array) -> list[str]:
    values: list[str] = pc.fill_null(column.take(rows).cast(pa.string()), "").to_pylist()
    return values


def mask(value: str, kind: str) -> str:
    """A value as it may be shown: enough to see what kind of case it is, too little to know who.

    Names keep their first character, numbers the first three and last four of eight or more, dates the year,
    categories and short numbers everything, all else its first two characters.
    """
    text = value.strip()
    if kind in ("category", "number") or not text:
        return text
    if kind in ("person_name_zh", "person_name"):
        return text[0] + "*" * (min(len(text), 8) - 1)
    if kind == "date":
        return text[:4] + "-**-**" if text[:4].isdigit() else "****"
    if kind in ("identity_number", "phone", "identifier"):
        return text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) > 7 else "*" * len(text)
    return text[:2] + "***"
