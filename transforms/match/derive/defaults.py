"""Defaults: a whole configuration from the kinds of the fields and the data themselves.

Rules, one for each part of a MatchConfig:

- anchors: what identifies an entity (its names, its identifiers) together with something else that agrees (a birth
  date, a telephone, an address), as long as hardly any pair would agree so by chance;
- household: telephones and addresses; an address spread over several columns is put together until few share it;
- implies: fields whose agreement another field's agreement brings along even between different entities;
- passes: chosen by :mod:`transforms.match.derive.passes`;
- exclusive and certain field: the identity number, or an identifier that is declared exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import ABSENT, Ints, dense, mix, totals
from transforms.match.compare.identity_number import stated_in
from transforms.match.config import Field, MatchConfig
from transforms.match.derive.anchors import AS_PERSONAL, find_anchors, highest, personal_rates
from transforms.match.derive.household import find_household
from transforms.match.derive.passes import choose_passes
from transforms.match.derive.survey import NAMES, NUMBERS, PLACES, STRICT, Survey, field_of, survey_of
from transforms.match.estimate import rough_entities

SEED = 20260930
STATED = 0.8
"""Share of records in which a field says what the identity number states, from which it repeats it."""
LEAST_SHARED, TWICE = 50, 0.01
"""Records of a source that must be found elsewhere, and the share that may seem to occur in it twice by chance."""
LEAST_IMPLYING = 200
"""Pairs of different entities that it takes to see that a field implies another."""
IMPLIED = 0.6
"""Agreement among different entities that agree in another field, from which the other field implies it."""


def derive(table: pa.Table, record_id: str, fields: Sequence[Field], seed: int = SEED) -> MatchConfig:
    """The configuration for ``table`` (columns as the kinds read them). Raises ConfigurationError on bad columns.

    It depends on the values alone: neither the order of rows nor the names of columns matter.
    """
    survey = survey_of(table, record_id, tuple(fields))
    anchors = find_anchors(survey)
    base = MatchConfig(record_id, tuple(fields), (), anchors, seed=seed)
    entity, _ = rough_entities(survey.nodes, base)
    home = find_household(survey, entity)
    number = survey.first(("identity_number",)) or _exclusive(fields)
    chosen = choose_passes(survey, anchors, _matches(survey, entity), seed)
    return MatchConfig(
        record_id=record_id,
        fields=tuple(fields),
        passes=chosen.passes,
        anchors=anchors,
        household=home,
        exclusive=f"{number}.valid" if number else None,
        implies=find_implied(survey, entity) | stated_fields(survey),
        certain_field=number or surest_identifier(survey, anchors),
        seed=seed,
    )


def _exclusive(fields: Sequence[Field]) -> str | None:
    return next((f.name for f in fields if f.kind == "identifier" and f.options.get("exclusive")), None)


def surest_identifier(survey: Survey, anchors: tuple[tuple[str, ...], ...]) -> str | None:
    """The identifier that the pairs of the anchors agree in and strangers don't: neither a serial number of records,
    which nobody shares with himself, nor one that a house shares."""
    found = survey.strict(("identifier",), survey.common)
    rates = highest(personal_rates(survey, anchors, found))
    proven = [f for f, rate in zip(found, rates, strict=True) if rate < 0 or rate >= AS_PERSONAL]
    return field_of(min(proven, key=survey.collision)) if proven else None


def _matches(survey: Survey, entity: Ints) -> float:
    """Pairs of nodes of the whole that are about one entity."""
    sizes = np.bincount(entity[entity >= 0])
    return max(float(np.sum(sizes * (sizes - 1) / 2)) * survey.scale, 1.0)


def find_implied(survey: Survey, entity: Ints) -> dict[str, tuple[str, ...]]:
    """Field -> fields that agree in most pairs of different entities that agree in it, though seldom otherwise."""
    implied: dict[str, tuple[str, ...]] = {}
    strict = {field_of(f): f for f in survey.strict(tuple(STRICT))}
    kinds = dict(zip(survey.nodes.names, survey.kinds, strict=True))
    for source, feature in strict.items():
        left, right = survey.apart((feature,), entity)
        targets = [t for t in strict if t != source and kinds[t] in ("category", "number", "date", *PLACES)]
        found = tuple(t for t in targets if survey.agreement(strict[t], left, right, LEAST_IMPLYING) >= IMPLIED)
        if found and kinds[source] not in (*NAMES, *NUMBERS, "phone"):
            implied[source] = tuple(t for t in found if source not in implied.get(t, ()))
    return {source: targets for source, targets in implied.items() if targets}


def stated_fields(survey: Survey) -> dict[str, tuple[str, ...]]:
    """Identity number -> the fields that repeat what it states: the birth date, and a code that goes with the sex."""
    number = survey.first(("identity_number",))
    if number is None:
        return {}
    nodes = survey.nodes
    birth, sex = stated_in(nodes.columns[nodes.names.index(number)])
    born = pc.strftime(birth, format="%Y%m%d").cast(pa.int64()).fill_null(ABSENT).to_numpy()
    odd = sex.cast(pa.int64()).fill_null(ABSENT).to_numpy()
    found = []
    for name, kind in zip(nodes.names, survey.kinds, strict=True):
        if kind == "date" and _repeats(nodes.feature(f"{name}.date"), born) > STATED:
            found.append(name)
        if kind == "category":
            codes, count = dense(nodes.feature(f"{name}.value"))
            known = (codes >= 0) & (odd >= 0)
            table = np.bincount(codes[known] * 3 + odd[known], minlength=3 * count).reshape(count, 3)
            if known.any() and count <= 10 and table.max(axis=1).sum() > STATED * known.sum():
                found.append(name)
    return {number: tuple(found)} if found else {}


def _repeats(own: Ints, stated: Ints) -> float:
    known = (own >= 0) & (stated >= 0)
    return float(np.mean(own[known] == stated[known])) if known.any() else 0.0


def free_sources(table: pa.Table, record_id: str, fields: tuple[Field, ...], source: str) -> tuple[str, ...]:
    """Sources that hold every entity once, as far as can be told: there is an anchor that finds many of a source's
    records in other sources and hardly any twice within it (equal records are two of one)."""
    every = tuple(sorted(str(v) for v in pc.unique(table.column(source)).to_pylist() if v is not None))
    survey = survey_of(table, record_id, (*fields, Field(source, "source", {"duplicate_free": every})))
    origin = survey.nodes.columns[survey.nodes.names.index(source)]
    share = 1 / float(np.sqrt(survey.scale))  # of the records in the sample: of two that are one, how often both are
    free: set[str] = set()
    for anchor in find_anchors(survey):
        keys = survey.key(anchor)
        held, found = (totals(k, survey.copies) for k in (mix([keys, origin.codes]), keys))
        for code, name in enumerate(origin.values.to_pylist()):
            own = (origin.codes == code) & (keys >= 0)
            shared = found[own] > held[own]
            twice, elsewhere = np.mean(held[own] > 1) / share, np.mean(shared) / share
            if shared.sum() >= LEAST_SHARED and elsewhere > 10 * TWICE and twice < TWICE:
                free.add(name)
    return tuple(sorted(free))
