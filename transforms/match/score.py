"""Score: match weight of each pair in bits, probability, and grade after the FHIR convention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Flags, Floats, Ints, Levels
from transforms.match.compare import compare_pairs
from transforms.match.config import MatchConfig
from transforms.match.model import Model, count_once, stranger_chance
from transforms.match.normalise import Normalised

CHUNK = 500_000
NEVER = -99.0
"""Weight of a pair with a hard contradiction."""

NO, POSSIBLE, PROBABLE, CERTAIN = range(4)
GRADES = ("no", "possible", "probable", "certain")


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs with their evidence.

    ``levels``: fields x pairs; ``against``: sum of the negative weights (bits); ``house``: how much better housemates
    explain the pair than strangers do (bits, capped); ``grade``: index into GRADES.
    """

    left: Ints
    right: Ints
    levels: Levels
    weight: Floats
    against: Floats
    house: Floats
    grade: NDArray[np.int8]

    def where(self, rows: Ints | Flags) -> Scored:
        """A choice of pairs."""
        return Scored(
            self.left[rows],
            self.right[rows],
            self.levels[:, rows],
            self.weight[rows],
            self.against[rows],
            self.house[rows],
            self.grade[rows],
        )

    @property
    def probability(self) -> Floats:
        """Probability that the two are one."""
        return probability(self.weight)


def probability(weight: Floats) -> Floats:
    """Probability of a match weight (posterior log2 odds)."""
    result: Floats = 1 / (1 + np.exp2(-np.clip(weight, -200, 200)))
    return result


def join(parts: list[Scored]) -> Scored:
    """Put scored pairs together."""
    return Scored(
        left=np.concatenate([p.left for p in parts]),
        right=np.concatenate([p.right for p in parts]),
        levels=np.concatenate([p.levels for p in parts], axis=1),
        weight=np.concatenate([p.weight for p in parts]),
        against=np.concatenate([p.against for p in parts]),
        house=np.concatenate([p.house for p in parts]),
        grade=np.concatenate([p.grade for p in parts]),
    )


def score_pairs(nodes: Normalised, left: Ints, right: Ints, model: Model, config: MatchConfig) -> Scored:
    """Compare and score pairs of nodes, a chunk at a time."""
    parts = [
        score_levels(
            nodes,
            left[i : i + CHUNK],
            right[i : i + CHUNK],
            compare_pairs(nodes.kinds, nodes.columns, left[i : i + CHUNK], right[i : i + CHUNK]),
            model,
            config,
        )
        for i in range(0, max(len(left), 1), CHUNK)
    ]
    return join(parts)


def score_levels(
    nodes: Normalised, left: Ints, right: Ints, levels: Levels, model: Model, config: MatchConfig
) -> Scored:
    """Score compared pairs (``levels``: fields x pairs, as compared)."""
    counted = count_once(levels.copy(), model.kinds, model.implied)
    match = np.full(len(left), np.log2(model.match_share))
    house = np.full(len(left), np.log2(max(model.house_share, 1e-12)))
    stranger = np.full(len(left), np.log2(1 - model.match_share))
    against = np.zeros(len(left))
    for f, field_levels in enumerate(counted):
        for_match = np.log2(model.m[f])[field_levels]
        by_chance = np.log2(stranger_chance(model, nodes, f, field_levels, left))
        match += for_match
        house += np.log2(model.house[f])[field_levels]
        stranger += by_chance
        against += np.minimum(for_match - by_chance, 0)
    weight = match - np.logaddexp2(house, stranger)
    weight = np.where(_lacks_proof(levels, model, config), np.minimum(weight, config.link_weight - 1), weight)
    contradiction = [[level.is_contradiction for level in kind.levels] for kind in model.kinds]
    weight = np.where(any_level(levels, model, contradiction), NEVER, weight)
    return Scored(
        left, right, levels, weight, against, np.clip(house - stranger, -50, 50), _grade(levels, weight, model, config)
    )


def is_masked(levels: Levels, model: Model) -> Flags:
    """Whether any field agrees on visible positions only."""
    return any_level(levels, model, [[level.is_masked for level in kind.levels] for kind in model.kinds])


def any_level(levels: Levels, model: Model, flags: list[list[bool]]) -> Flags:
    """Whether any field of each pair is at a flagged level (flags: field -> level, null is never flagged)."""
    found = np.zeros(levels.shape[1], dtype=bool)
    for f in range(len(model.kinds)):
        found |= np.array([False, *flags[f]])[levels[f]]
    return found


def _lacks_proof(levels: Levels, model: Model, config: MatchConfig) -> Flags:
    """Pairs at a level that needs proof, where the certain field doesn't agree."""
    needs = any_level(levels, model, [[level.needs_proof for level in kind.levels] for kind in model.kinds])
    if config.certain_field is None:
        return needs
    proof = config.field_index(config.certain_field)
    agrees = np.array([False, *(level.agrees and not level.is_masked for level in model.kinds[proof].levels)])
    lacks: Flags = needs & ~agrees[levels[proof]]
    return lacks


def _grade(levels: Levels, weight: Floats, model: Model, config: MatchConfig) -> NDArray[np.int8]:
    """Certain needs the certain field at its best level and nothing masked; the rest goes by weight."""
    grade = np.where(weight >= config.possible_weight, POSSIBLE, NO)
    grade = np.where(weight >= config.link_weight, PROBABLE, grade)
    if config.certain_field is not None:
        proven = levels[config.field_index(config.certain_field)] == 1
        grade = np.where((weight >= config.certain_weight) & proven & ~is_masked(levels, model), CERTAIN, grade)
    return grade.astype(np.int8)
