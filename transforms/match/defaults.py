"""Defaults: a whole configuration from the kinds of the fields and the data themselves.

Rules, one for each part of a MatchConfig:

- anchors: what identifies an entity (its names, its identifiers) together with something else that agrees (a birth
  date, a telephone, an address), as long as hardly any pair would agree so by chance;
- household: telephones and addresses; an address spread over several columns is put together until few share it;
- implies: fields whose agreement another field's agreement brings along even between different entities;
- passes: chosen by :mod:`transforms.match.passes`;
- exclusive and certain field: the identity number, or an identifier that is declared exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.match.arrays import ABSENT, Codes, Ints, dense, group_sizes, hash_texts, pairs_within
from transforms.match.collapse import collapse
from transforms.match.compare.identity_number import stated_in
from transforms.match.config import Field, Household, MatchConfig
from transforms.match.estimate import rough_entities
from transforms.match.normalise import Normalised, normalise, record_keys
from transforms.match.passes import Survey, choose_passes, field_of

SEED = 20260930
SAMPLE = 100_000
"""Records that the survey of the data reads."""
STRICT = {
    "person_name_zh": "sounds",
    "person_name": "sounds",
    "identity_number": "valid",
    "identifier": "value",
    "phone": "number",
    "date": "date",
    "address_zh": "address",
    "address": "dwelling",
    "text": "words",
    "number": "value",
    "category": "value",
}
"""The feature by which two values of a kind count as the same for the survey."""
NAMES = ("person_name_zh", "person_name")
NUMBERS = ("identity_number", "identifier")
PLACES = ("address_zh", "address")
CHANCE = 0.05
"""Share of an anchor's pairs that may agree by chance."""
COMMON = 0.02
"""A name that more than this share of pairs have in common (an initial) identifies nobody."""
HOUSE = 8.0
"""Entities that share an address with the median node, above which it is not a household's yet."""
TOGETHER = 20.0
"""How many times more often than by chance strangers must share two columns for these to be parts of one address."""
STATED = 0.8
"""Share of records in which a field says what the identity number states, from which it repeats it."""
TWICE = 0.005
"""Share of a source's records that may seem to occur twice in it by chance."""
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
    number = _first(survey, ("identity_number",)) or _exclusive(fields)
    chosen = choose_passes(survey, anchors, _matches(survey, entity), seed)
    return MatchConfig(
        record_id=record_id,
        fields=tuple(fields),
        passes=chosen.passes,
        anchors=anchors,
        household=home,
        exclusive=f"{number}.valid" if number else None,
        implies=find_implied(survey, entity) | stated_fields(survey),
        certain_field=number or _first(survey, ("identifier",)),
        seed=seed,
    )


def survey_of(table: pa.Table, record_id: str, fields: tuple[Field, ...]) -> Survey:
    """Nodes of a sample of at most SAMPLE records, chosen by their ids alone."""
    rows = table.num_rows
    if rows > SAMPLE:
        keys = hash_texts(pc.cast(table.column(record_id), pa.string()).combine_chunks())
        table = table.take(pa.array(np.sort(np.argpartition(keys, SAMPLE)[:SAMPLE])))
    config = MatchConfig(record_id, fields, (), ())
    records = normalise(table, config)
    scale = (rows / max(table.num_rows, 1)) ** 2
    return Survey(collapse(records, record_keys(table, config)).nodes, tuple(f.kind for f in fields), scale, rows)


def _first(survey: Survey, kinds: tuple[str, ...]) -> str | None:
    return next((n for n, k in zip(survey.nodes.names, survey.kinds, strict=True) if k in kinds), None)


def _exclusive(fields: Sequence[Field]) -> str | None:
    return next((f.name for f in fields if f.kind == "identifier" and f.options.get("exclusive")), None)


def _of(survey: Survey, kinds: tuple[str, ...], below: float = 1.0) -> list[str]:
    """Strict features of the fields of some kinds that at most a share ``below`` of pairs have in common."""
    pairs = zip(survey.nodes.names, survey.kinds, strict=True)
    written = [f"{name}.{STRICT[kind]}" for name, kind in pairs if kind in kinds]
    return [f for f in written if survey.collision(f) < below and np.any(survey.nodes.feature(f) >= 0)]


def find_anchors(survey: Survey) -> tuple[tuple[str, ...], ...]:
    """Combinations that nearly surely mean one entity."""
    names = _of(survey, NAMES, COMMON)
    numbers = _of(survey, NUMBERS, COMMON)
    proofs = [*_of(survey, ("date",), COMMON), *_of(survey, ("phone", *PLACES), COMMON)]
    others = [f for f in _of(survey, ("category", "number", "text"), 0.5) if f not in names]
    texts = [] if names else _of(survey, ("text",), COMMON)
    wanted: list[tuple[str, ...]] = [(n, p) for n in numbers for p in [*names, *proofs, *texts]]
    wanted += [(a, b) for a, b in combinations(numbers, 2)]
    core = tuple(names or texts)
    if core:
        wanted += [(*core, p) for p in [*proofs, *numbers]] or [core]
        wanted += [(*core, o) for o in others if o not in core]
    else:
        wanted += [(n,) for n in numbers] or [tuple(p) for p in combinations([*proofs, *others], 2)]
    if len(names) > 1:
        wanted += [(n, *pair) for pair in combinations(proofs, 2) for n in _given(survey, names, pair)]
    found = [_strengthened(survey, anchor, [*proofs, *others]) for anchor in dict.fromkeys(wanted)]
    return tuple(dict.fromkeys(a for a in found if a))


def _given(survey: Survey, names: list[str], pair: tuple[str, ...]) -> list[str]:
    """The names that don't go with what two nodes share: a family name does, a given name tells members apart."""
    keys = survey.nodes.key(pair)
    keys[group_sizes(keys) > 50] = ABSENT
    left, right = pairs_within(keys)
    rate = {n: _agree(survey.nodes, n, left, right) for n in names}
    return [n for n in names if rate[n] <= min(rate.values()) + 0.1]


def _strengthened(survey: Survey, anchor: tuple[str, ...], others: list[str]) -> tuple[str, ...] | None:
    """The anchor, with more features as long as chance explains too many of its pairs; None if that never ends."""
    for feature in [None, *sorted(others, key=survey.collision)]:
        if feature is not None and field_of(feature) not in [field_of(f) for f in anchor]:
            anchor = (*anchor, feature)
        seen = survey.pairs(anchor)
        nodes = survey.nodes.size
        chance = nodes * (nodes - 1) / 2 * float(np.prod([survey.collision(f) for f in anchor]))
        if seen >= 1 and chance <= CHANCE * seen:
            return anchor
    return None


def _matches(survey: Survey, entity: Ints) -> float:
    """Pairs of nodes of the whole that are about one entity."""
    sizes = np.bincount(entity[entity >= 0])
    return max(float(np.sum(sizes * (sizes - 1) / 2)) * survey.scale, 1.0)


def find_household(survey: Survey, entity: Ints) -> Household | None:
    """What members of a household share: telephones, addresses, or the parts of one together."""
    if not _of(survey, NAMES):
        return None
    features = [*_of(survey, ("phone",)), *whole_addresses(survey)]
    if not whole_addresses(survey):
        home = joined_address(survey, entity)
        features += [home] if home else []
    lends = {name: 0.005 for name in [_first(survey, ("identity_number",))] if name}
    return Household(tuple(features), lends) if features else None


def whole_addresses(survey: Survey) -> list[str]:
    """Features of address fields that name a dwelling by themselves: most values have both a number and words."""
    found = []
    for feature in _of(survey, PLACES):
        column = survey.nodes.columns[survey.nodes.names.index(field_of(feature))]
        number, words = column.parts["number" if "number" in column.parts else "numbers"], column.parts.get("words")
        is_whole = (number >= 0) & (True if words is None else words >= 0)
        if len(is_whole) and np.mean(is_whole) > 0.5:
            found.append(f"{field_of(feature)}.address")
    return found


def joined_address(survey: Survey, entity: Ints) -> str:
    """Columns that together name a dwelling: those that strangers share together far more often than by chance.

    Features joined by ' + '; empty if there are none. Columns are added until the median node shares its dwelling with
    few entities.
    """
    shared = _of(survey, (*PLACES, "text", "number", "identifier", "category"), 0.5)
    filled = {f: float(np.mean(survey.nodes.feature(f) >= 0)) for f in shared}
    shared = [f for f in shared if filled[f] >= max(filled.values()) / 2]
    parts = {field_of(f): f for f in shared if _crowd(survey, (f,), entity) >= 2}
    together = {(a, b): _togetherness(survey, a, b, entity) for a in parts.values() for b in parts.values() if a != b}
    if not together or max(together.values()) < TOGETHER:
        return ""
    first, second = max(together, key=lambda ab: together[ab])
    place: tuple[str, ...] = (first, second)
    while _crowd(survey, place, entity) > HOUSE:
        worth = {b: min(together[a, b] for a in place) for b in parts.values() if b not in place}
        best = max(worth, key=lambda b: worth[b], default="")
        if not best or worth[best] < TOGETHER:
            return ""
        place = (*place, best)
    kinds = dict(zip(survey.nodes.names, survey.kinds, strict=True))
    return " + ".join(f"{field_of(f)}.address" if kinds[field_of(f)] in PLACES else f for f in place)


def _crowd(survey: Survey, features: tuple[str, ...], entity: Ints) -> float:
    """How many entities share the features with the median node that has them."""
    key = survey.nodes.key(features)
    present = np.flatnonzero((key >= 0) & (entity >= 0))
    _, first = np.unique(np.stack([key[present], entity[present]]), axis=1, return_index=True)
    sizes = group_sizes(key[present[first]])
    return float(np.median(sizes)) if len(sizes) else np.inf


def _togetherness(survey: Survey, a: str, b: str, entity: Ints) -> float:
    """How much more often relatives that share ``a`` agree in ``b`` than any two do.

    Relatives share one of several names; where there is but one name they are those that share nothing personal.
    """
    names = _of(survey, NAMES, COMMON)
    shared = [(n, a) for n in names] if len(names) > 1 else [(a,)]
    pairs = [_apart(survey, features, entity) for features in shared]
    left, right = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return _agree(survey.nodes, b, left, right) / max(survey.collision(b), 1e-6)


def find_implied(survey: Survey, entity: Ints) -> dict[str, tuple[str, ...]]:
    """Field -> fields that agree in most pairs of different entities that agree in it, though seldom otherwise."""
    implied: dict[str, tuple[str, ...]] = {}
    strict = {field_of(f): f for f in _of(survey, tuple(STRICT))}
    kinds = dict(zip(survey.nodes.names, survey.kinds, strict=True))
    for source, feature in strict.items():
        left, right = _apart(survey, (feature,), entity)
        targets = [t for t in strict if t != source and kinds[t] in ("category", "number", "date", *PLACES)]
        found = tuple(t for t in targets if _agree(survey.nodes, strict[t], left, right) >= IMPLIED)
        if found and kinds[source] not in (*NAMES, *NUMBERS, "phone"):
            implied[source] = tuple(t for t in found if source not in implied.get(t, ()))
    return {source: targets for source, targets in implied.items() if targets}


def stated_fields(survey: Survey) -> dict[str, tuple[str, ...]]:
    """Identity number -> the fields that repeat what it states: the birth date, and a code that goes with the sex."""
    number = _first(survey, ("identity_number",))
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


def _apart(survey: Survey, features: tuple[str, ...], entity: Ints) -> tuple[Codes, Codes]:
    """Pairs of different entities that share ``features`` and nothing else personal (some 100,000; small blocks)."""
    keys = survey.nodes.key(features)
    keys[group_sizes(keys) > 50] = ABSENT
    left, right = pairs_within(keys)
    step = max(len(left) // 200_000, 1)
    left, right = left[::step], right[::step]
    apart = (entity[left] != entity[right]) & (entity[left] >= 0) & (entity[right] >= 0)
    for personal in _of(survey, (*NAMES, *NUMBERS, "date"), COMMON):
        if personal not in features:
            own = survey.nodes.feature(personal)
            apart &= (own[left] != own[right]) | (own[left] < 0)
    return left[apart], right[apart]


def _agree(nodes: Normalised, feature: str, left: Codes, right: Codes) -> float:
    keys = nodes.feature(feature)
    known = (keys[left] >= 0) & (keys[right] >= 0)
    return float(np.mean(keys[left][known] == keys[right][known])) if known.sum() >= 30 else 0.0


def free_sources(table: pa.Table, record_id: str, fields: tuple[Field, ...], source: str) -> tuple[str, ...]:
    """Sources that hold every entity once, as far as the anchors can tell: they find many of its records in other
    sources, and hardly any twice within it."""
    nodes = survey_of(table, record_id, (*fields, Field(source, "source")))
    entity, _ = rough_entities(nodes.nodes, MatchConfig(record_id, fields, (), find_anchors(nodes)))
    column = nodes.nodes.columns[nodes.nodes.names.index(source)]
    known = (entity >= 0) & (column.codes >= 0)
    entity, origin = entity[known], column.codes[known].astype(np.int64)
    held = group_sizes(entity * column.size + origin)
    shared = group_sizes(entity) > held
    free = []
    for code, name in enumerate(column.values.to_pylist()):
        own = origin == code
        if own.sum() >= 100 and np.mean(held[own] > 1) < TWICE and np.mean(shared[own]) > 10 * TWICE:
            free.append(name)
    return tuple(sorted(free))
