"""What another threshold would have given: clusters, records merged, expected precision and recall at each."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from transforms.match.config import MatchConfig
from transforms.match.quality.evidence import AS_SAID, Evidence, chance_of
from transforms.match.quality.expected import Expected, left_after_refusal

ABOVE = (0.83, 1.83, 2.83, 3.47, 4.83, 6.83, 8.83, 10.83, 13.83)
"""Bits above the threshold in use; with the default of 3.17 bits: 4, 5, 6, 6.64 (99 %), 8, 10, 12, 14, 17."""
BELOW = (1.17, 2.17, 3.17, 4.17)


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """One threshold (bits; as probability). ``merged``: records less clusters."""

    weight: float
    probability: float
    in_use: bool
    clusters: int
    merged: int
    precision: float
    recall: float

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def sensitivity(seen: Evidence, expected: Expected, config: MatchConfig) -> list[AtThreshold]:
    """Cut the merge tree at each threshold. Below the one in use, finished clusters merge by their best pair as long
    as no law forbids it; what was refused although it lay above stays refused."""
    link = config.link_weight
    thresholds = sorted({round(link - b, 2) for b in BELOW} | {link} | {round(link + a, 2) for a in ABOVE})
    left = (1 + left_after_refusal(seen, AS_SAID)) / 2
    return [_at(seen, expected, weight, weight == link, left) for weight in thresholds]


def _at(seen: Evidence, expected: Expected, weight: float, in_use: bool, left: float) -> AtThreshold:
    merges, further = seen.merges.weight >= weight, seen.further.weight >= weight
    copies = ~seen.is_split & (seen.own >= weight)
    merged = int(merges.sum() + further.sum() + (seen.copy_records - 1)[copies].sum())
    kept = np.concatenate([seen.merges.pairs[merges], seen.copies[copies]])
    chance = chance_of(np.concatenate([seen.merges.support[merges], seen.own[copies]]), AS_SAID)
    more, by_chance = seen.further.pairs[further], chance_of(seen.further.support[further], AS_SAID)
    said = float(kept.sum() + more.sum())
    right = said - float(np.sum(kept * (1 - chance))) * left - float(np.sum(more * (1 - by_chance)))
    return AtThreshold(
        weight=round(weight, 2),
        probability=round(float(chance_of(np.array([weight]), AS_SAID)[0]), 5),
        in_use=in_use,
        clusters=seen.records - merged,
        merged=merged,
        precision=round(right / said, 6) if said else 1.0,
        recall=round(min(right / expected.true, 1.0), 6) if expected.true else 1.0,
    )
