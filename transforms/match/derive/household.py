"""Households: what their members share, found in the data also where an address is spread over several columns."""

from __future__ import annotations

import numpy as np

from transforms.match.arrays import Codes, Ints, group_sizes
from transforms.match.config import Household
from transforms.match.derive.survey import PLACES, Survey, field_of

FEW = 150
"""Nodes below which a household can't be told from a coincidence."""
LENT = 0.005
"""Share of pairs of housemates in which one is registered with the other's identity number."""
HOUSE = 8.0
"""Entities that share an address with the median node, above which it is not a household's yet."""
HOUSED = 0.2
"""Pairs of housemates for each match, at least, where there are households."""
TOGETHER = 20.0
"""How many times more often than by chance strangers must share two columns for these to be parts of one address."""


def find_household(survey: Survey, entity: Ints) -> Household | None:
    """What members of a household share: telephones, addresses, or the parts of one together."""
    if not survey.names:
        return None
    homes = whole_addresses(survey) or joined_address(survey, entity) or _parts_alone(survey, entity)
    features = [*survey.strict(("phone",)), *homes]
    lends = {name: LENT for name in [survey.first(("identity_number",))] if name}
    return Household(tuple(features), lends) if features else None


def whole_addresses(survey: Survey) -> list[str]:
    """Features of address fields that name a dwelling by themselves: most values have both a number and words."""
    found = []
    for feature in survey.strict(PLACES):
        column = survey.nodes.columns[survey.nodes.names.index(field_of(feature))]
        number, words = column.parts["number" if "number" in column.parts else "numbers"], column.parts.get("words")
        is_whole = (number >= 0) & (True if words is None else words >= 0)
        if len(is_whole) and np.mean(is_whole) > 0.5:
            found.append(f"{field_of(feature)}.address")
    return found


def joined_address(survey: Survey, entity: Ints) -> list[str]:
    """Columns that together name a dwelling: those that strangers share together far more often than by chance.

    Features joined by ' + '; none if there are none. Columns are added until the median node shares its dwelling with
    few entities.
    """
    shared = survey.strict((*PLACES, "text", "number", "identifier", "category"), 0.5)
    most = max((survey.filled(f) for f in shared), default=0.0)
    shared = [f for f in shared if survey.filled(f) >= most / 2]
    parts = {field_of(f): f for f in shared if _crowd(survey, (f,), entity) >= 2}
    together = {(a, b): _togetherness(survey, a, b, entity) for a in parts.values() for b in parts.values() if a != b}
    if not together or max(together.values()) < TOGETHER:
        return []
    first, second = max(together, key=lambda ab: together[ab])
    place: tuple[str, ...] = (first, second)
    while _crowd(survey, place, entity) > HOUSE:
        worth = {b: min(together[a, b] for a in place) for b in parts.values() if b not in place}
        best = max(worth, key=lambda b: worth[b], default="")
        if not best or worth[best] < TOGETHER:
            return []
        place = (*place, best)
    return [_written(survey, place)] if _lives_together(survey, place, entity) else []


def _lives_together(survey: Survey, place: tuple[str, ...], entity: Ints) -> bool:
    """Whether more pairs share the place than matches with several errors would explain."""
    sizes = np.bincount(entity[entity >= 0])
    matches = float(np.sum(sizes * (sizes - 1) / 2))
    return len(_relatives(survey, place, entity)[0]) >= HOUSED * matches


def _parts_alone(survey: Survey, entity: Ints) -> list[str]:
    """All address columns together, where the data are too few to say what belongs together."""
    places = tuple(survey.strict(PLACES))
    few = survey.nodes.size < FEW
    return [_written(survey, places)] if few and places and _crowd(survey, places, entity) <= HOUSE else []


def _written(survey: Survey, features: tuple[str, ...]) -> str:
    """Features joined by ' + ', addresses to the letter."""
    return " + ".join(f"{field_of(f)}.address" if survey.kind(field_of(f)) in PLACES else f for f in features)


def _crowd(survey: Survey, features: tuple[str, ...], entity: Ints) -> float:
    """How many entities share the features with the median node that has them."""
    key = survey.key(features)
    present = np.flatnonzero((key >= 0) & (entity >= 0))
    _, first = np.unique(np.stack([key[present], entity[present]]), axis=1, return_index=True)
    sizes = group_sizes(key[present[first]])
    return float(np.median(sizes)) if len(sizes) else np.inf


def _togetherness(survey: Survey, a: str, b: str, entity: Ints) -> float:
    """How much more often relatives that share ``a`` agree in ``b`` than any two do."""
    return survey.agreement(b, *_relatives(survey, (a,), entity, b)) / max(survey.collision(b), 1e-6)


def _relatives(survey: Survey, place: tuple[str, ...], entity: Ints, asked: str = "") -> tuple[Codes, Codes]:
    """Pairs of entities that share a place and a name (nothing personal, where the only name is a whole one).

    ``asked``: what is found out by them, so that it isn't taken for personal (a house number declared an identifier).
    """
    shared = [(n, *place) for n in survey.names]
    if len(shared) == 1 and not _is_family(survey, shared[0], entity):
        shared = [place]
    pairs = [survey.apart(features, entity, asked) for features in shared]
    return np.concatenate([left for left, _ in pairs]), np.concatenate([right for _, right in pairs])


def _is_family(survey: Survey, named: tuple[str, ...], entity: Ints) -> bool:
    """Whether those that share a name and a place are mostly several entities: a family name, not a whole one."""
    left, right = survey.sharing(named)
    known = (entity[left] >= 0) & (entity[right] >= 0)
    return bool(known.any() and np.mean(entity[left][known] != entity[right][known]) > 0.5)
