"""Explain: why two records are or are not one, field by field in bits, and which chain of links joined a cluster.

Read from the register of the run, so that it is this run's answer: the same values, the same model, the same pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from transforms.match.arrays import Floats, Ints
from transforms.match.compare.kind import NULL
from transforms.match.config import MatchConfig
from transforms.match.constraints import SAME, read_constraints
from transforms.match.model import Model
from transforms.match.normalise import normalise
from transforms.match.register.store import Register
from transforms.match.register.tables import as_worded
from transforms.match.results.findings import SEPARATOR
from transforms.match.score import AGREES, CONTRADICTION, GRADES, NEEDS_PROOF, NEVER, Scored, Scorer, probability
from transforms.match.texts import hash_texts


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """What one field says. ``values``: of both records, as stated; ``level``: at which they agree (``null``: one of
    them has no value); ``weight``: bits for (positive) or against; ``strangers``: the chance that strangers agree so;
    ``matches``: the chance that two records of one entity do; ``counted_in``: the field whose agreement contains it."""

    field: str
    kind: str
    values: tuple[str | None, str | None]
    level: str
    weight: float
    matches: float
    strangers: float
    counted_in: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain: two records, the weight of their pair, and its levels (field -> level)."""

    left_id: str
    right_id: str
    weight: float
    levels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two records are or are not one.

    ``prior``: bits before anything is compared; ``fields``: what each says; ``household``: bits taken away because
    housemates explain the agreement too; ``cap``: why the sum does not stand (``contradiction``, ``needs_proof`` or
    None); ``weight``: prior + fields + household, or what the cap leaves; ``decision``: what a person decided;
    ``together``: whether they are in one cluster; ``chain``: the strongest chain of links between them.
    """

    left_id: str
    right_id: str
    prior: float
    fields: list[FieldEvidence]
    household: float
    cap: str | None
    weight: float
    grade: str
    link_weight: float
    decision: str | None
    together: bool
    same_node: bool
    chain: list[Link]

    @property
    def probability(self) -> float:
        """Probability that the two are one, from their own values alone."""
        return float(probability(np.array([self.weight]))[0])


def explain(register: Register, left_id: str, right_id: str) -> Explanation:
    """Explain a pair from a register. Raises ConfigurationError for a record that it doesn't hold, and when
    it was written by another version."""
    config = register.config
    model = register.read_model(config)
    if model is None:
        raise ConfigurationError(
            "the register was written by another version", where="register", next_step="match again"
        )
    rows = _records(register, (left_id, right_id))
    nodes, clusters = rows["node"].to_pylist(), rows["cluster"].to_pylist()
    stated = as_worded(rows, config)
    scorer = Scorer(normalise(stated, config), model, config)
    side = np.array([0], np.int32), np.array([1], np.int32)
    pattern = scorer.patterns(*side)
    scored = scorer.score(*side, pattern)
    levels = scored.levels[:, 0].astype(np.int64)
    fields, household = _evidence(scorer, levels, stated)
    together = clusters[0] == clusters[1]
    same_node = nodes[0] == nodes[1]
    chain = _chain(register, clusters[0], nodes, scorer, config) if together and not same_node else []
    said = np.bitwise_or.reduce(scorer.flags[np.arange(len(levels)), levels])
    total = float(scorer.priors[0] - scorer.priors[2] + sum(f.weight for f in fields) + household)
    cap = "contradiction" if said & CONTRADICTION else "needs_proof" if scored.weight[0] < total - 1e-6 else None
    return Explanation(
        left_id,
        right_id,
        float(scorer.priors[0] - scorer.priors[2]),
        fields,
        household,
        cap if said & (CONTRADICTION | NEEDS_PROOF) else None,
        float(scored.weight[0]),
        GRADES[int(scored.grade[0])],
        config.link_weight,
        _decision(register, left_id, right_id),
        together,
        same_node,
        chain,
    )


def is_known(register: Register, record_id: str) -> bool:
    """Whether a register holds a record under this id."""
    return bool(register.record.holds(hash_texts(pa.array([record_id])))[0])


def _records(register: Register, ids: tuple[str, str]) -> pa.Table:
    """node, cluster and fields of both, in their order."""
    places, rows = register.record.meet("record_key", hash_texts(pa.array(ids)), ["node", "cluster"])
    missing = [record_id for place, record_id in enumerate(ids) if place not in places]
    if missing:
        others = register.record.all(["record_id"]).column("record_id").slice(0, 1).to_pylist()
        such = f", such as {others[0].replace(SEPARATOR, ' · ')}" if others else ""
        raise ConfigurationError(
            "no such record", where="register", found=", ".join(missing), expected=f"a record id of the last run{such}"
        )
    worded = register.wording.where("node", rows.column("node").to_numpy())
    return pa.table({**dict(zip(worded.column_names, worded.columns, strict=True)), "cluster": rows.column("cluster")})


def _evidence(scorer: Scorer, levels: Ints, stated: pa.Table) -> tuple[list[FieldEvidence], float]:
    """What each field says beside strangers; and the bits that housemates take away from the sum."""
    model, counted = scorer.model, levels.copy()
    contained: dict[int, int] = {}
    for source, target in model.implied:
        if scorer.flags[source, levels[source]] & AGREES and counted[target] == 1:
            counted[target], contained[target] = NULL, source
    fields, homes, strangers = [], scorer.priors[1], scorer.priors[2]
    for f, (name, kind) in enumerate(zip(model.names, model.kinds, strict=True)):
        by_chance = _stranger(scorer, f, counted[f])
        homes, strangers = homes + scorer.house[f, counted[f]], strangers + by_chance
        fields.append(
            FieldEvidence(
                name,
                scorer.config.fields[f].kind,
                (stated[name][0].as_py(), stated[name][1].as_py()),
                "null" if levels[f] == NULL else kind.levels[levels[f] - 1].name,
                float(scorer.match[f, counted[f]] - by_chance),
                float(2 ** scorer.match[f, counted[f]]),
                float(2**by_chance),
                model.names[contained[f]] if f in contained else None,
            )
        )
    return fields, float(-np.log2(1 + 2.0 ** (homes - strangers)))


def _stranger(scorer: Scorer, field: int, level: int) -> float:
    start = scorer.starts[field, level]
    if start < 0:
        return float(scorer.stranger[field, level])
    return float(scorer.chances[start + scorer.codes[0, field]])


def _decision(register: Register, left_id: str, right_id: str) -> str | None:
    told = register.read("decision")
    left, right = pc.field("left_id"), pc.field("right_id")
    asked = ((left == left_id) & (right == right_id)) | ((left == right_id) & (right == left_id))
    found: list[str] = told.filter(asked).column("judgement").to_pylist()
    return found[0] if found else None


def _chain(
    register: Register, cluster: int, ends: list[int], scorer: Scorer, config: MatchConfig
) -> list[Link]:
    """The chain between two nodes of a cluster whose weakest link is strongest."""
    records = register.record.where("cluster", np.array([cluster]), ["record_id", "node"])
    named = records.group_by("node").aggregate([("record_id", "min")]).sort_by("node")
    keys = named["node"].to_numpy()
    worded = as_worded(register.wording.where("node", keys), config)
    inside = Scorer(normalise(worded, config), scorer.model, config)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(keys), k=1))
    scored = inside.score(left, right)
    weight = np.full((len(keys), len(keys)), -np.inf)
    weight[left, right] = weight[right, left] = np.where(scored.weight <= NEVER, -np.inf, scored.weight)
    decided = _decided_same(register, records, keys)
    weight[decided[:, 0], decided[:, 1]] = weight[decided[:, 1], decided[:, 0]] = np.inf
    path = strongest_path(weight, *np.searchsorted(keys, ends).tolist())
    ids = named["record_id_min"].to_pylist()
    return [_link(ids, scored, weight, inside.model, a, b) for a, b in pairwise(path)]


def _decided_same(register: Register, records: pa.Table, keys: Ints) -> Ints:
    """Places of nodes of a cluster that a person decided to be one. ``records``: record_id and node of the cluster."""
    decided = read_constraints(register.read("decision"), hash_texts(records.column("record_id").combine_chunks()))
    place = np.searchsorted(keys, records.column("node").to_numpy())
    same = decided.judgement == SAME
    return np.stack([place[decided.left[same]], place[decided.right[same]]], axis=1)


def _link(ids: list[str], scored: Scored, weight: Floats, model: Model, a: int, b: int) -> Link:
    row = np.flatnonzero((scored.left == min(a, b)) & (scored.right == max(a, b)))[0]
    names = {
        name: "null" if level == NULL else kind.levels[level - 1].name
        for name, kind, level in zip(model.names, model.kinds, scored.levels[:, row].tolist(), strict=True)
    }
    return Link(ids[a], ids[b], float(weight[a, b]), names)


def strongest_path(weight: Floats, start: int, end: int) -> list[int]:
    """The path from one node to another whose weakest edge is strongest, shortest among equals (Dijkstra's algorithm on
    bottlenecks)."""
    count = len(weight)
    best, steps, before = np.full(count, -np.inf), np.full(count, count), np.full(count, -1)
    best[start], steps[start] = np.inf, 0
    open_ = np.ones(count, dtype=bool)
    while open_[end]:
        here = int(np.lexsort((steps, -np.where(open_, best, -np.inf), ~open_))[0])
        open_[here] = False
        through = np.minimum(best[here], weight[here])
        better = open_ & ((through > best) | ((through == best) & (steps[here] + 1 < steps) & np.isfinite(through)))
        best[better], before[better], steps[better] = through[better], here, steps[here] + 1
    path = [end]
    while path[-1] != start:
        if before[path[-1]] < 0:
            return [start, end]
        path.append(int(before[path[-1]]))
    return path[::-1]
