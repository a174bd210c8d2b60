"""Repair: score the pairs within a component that blocking missed, so that clustering sees all the evidence."""

from __future__ import annotations

import numpy as np

from transforms.match.arrays import Ints, pairs_within
from transforms.match.score import Scored, Scorer, join


def complete(labels: Ints, scored: Scored, scorer: Scorer) -> tuple[Scored, Scored]:
    """All pairs within the components (``labels``), and those of them that were missing from ``scored``."""
    count = np.int64(len(labels))
    inside = scored.where(labels[scored.left] == labels[scored.right])
    sizes = np.bincount(labels)
    left, right = pairs_within(np.where(sizes[labels] > 1, labels, -1))
    known = np.sort(inside.left * count + inside.right)
    packed = left * count + right
    place = np.searchsorted(known, packed)
    missed = np.append(known, -1)[place] != packed
    found = scorer.score(left[missed], right[missed])
    return join([inside, found]), found
