"""Repair: score the pairs within a component that blocking missed, so that clustering sees all the evidence."""

from __future__ import annotations

import numpy as np

from transforms.match.arrays import Ints, pairs_within
from transforms.match.config import MatchConfig
from transforms.match.model import Model
from transforms.match.normalise import Normalised
from transforms.match.score import Scored, join, score_pairs


def complete(
    labels: Ints, scored: Scored, nodes: Normalised, model: Model, config: MatchConfig
) -> tuple[Scored, Scored]:
    """All pairs within the components (``labels``), and those of them that were missing from ``scored``."""
    count = len(labels)
    inside = scored.where(labels[scored.left] == labels[scored.right])
    left, right = pairs_within(labels)
    missed = ~np.isin(left * count + right, inside.left * count + inside.right)
    found = score_pairs(nodes, left[missed], right[missed], model, config)
    return join([inside, found]), found
