"""Quality without truth: what the model, the blocking passes and the sources say about precision and recall."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np

from transforms.match.arrays import Ints
from transforms.match.block import PASSES_TOLD
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.quality.capture import Capture, blocking_recall, captured_by
from transforms.match.quality.evidence import Evidence, gather
from transforms.match.quality.expected import Expected, expect
from transforms.match.quality.intervals import Z
from transforms.match.quality.multiplicity import Multiplicity, multiplicity
from transforms.match.quality.sampling import HALF_WIDTHS, Stratum, plan
from transforms.match.quality.sensitivity import AtThreshold, sensitivity


@dataclass(frozen=True, slots=True)
class Quality:
    """Every estimate. ``capture`` is None when no field splits the passes (or none were run), ``multiplicity`` with
    fewer than two sources; ``draws``: half-width -> pairs to look at."""

    expected: Expected
    capture: Capture | None
    multiplicity: Multiplicity | None
    thresholds: list[AtThreshold]
    sampling: list[Stratum]
    draws: dict[float, int]

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        known = self.expected
        return {
            "precision": known.precision.to_dict(),
            "recall": known.recall.to_dict(),
            "blocking_recall": self.capture.recall.to_dict() if self.capture else None,
            "blocking_lists": [asdict(one) for one in self.capture.lists] if self.capture else [],
            "record_pairs": {"said": round(known.said), "expected_wrong": round(known.wrong, 1)},
            "expected_missed": {name: round(value, 1) for name, value in known.missed.items()},
            "precision_by_cluster_size": [
                {"smallest": c.smallest, "largest": c.largest, "pairs": c.pairs} | c.precision.to_dict()
                for c in known.by_size
            ],
            "multiplicity": self.multiplicity.to_dict() if self.multiplicity else None,
            "thresholds": [t.to_dict() for t in self.thresholds],
            "sampling": [s.to_dict() for s in self.sampling],
            "draws": {f"{half:g}": count for half, count in self.draws.items()},
        }


def assess(found: Matched, config: MatchConfig, sources: Ints | None = None) -> Quality:
    """Estimate the quality of what the engine found, without any truth.

    ``sources``: code (from 0) of each record's source, in the order of record ids, when there are several.
    """
    seen = gather(found, config, sources)
    pairs = found.pairs
    linked = found.node_cluster[pairs.left] == found.node_cluster[pairs.right]
    capture = _capture(found, seen, config)
    expected = expect(seen, capture)
    weight, chance = pairs.weight, pairs.probability
    return Quality(
        expected=expected,
        capture=capture,
        multiplicity=None if sources is None else multiplicity(found.cluster_of, sources),
        thresholds=sensitivity(seen, expected, config),
        sampling=plan(weight, chance, linked),
        draws={half: sum(s.draw for s in plan(weight, chance, linked, half)) for half in HALF_WIDTHS},
    )


def _capture(found: Matched, seen: Evidence, config: MatchConfig) -> Capture | None:
    """Blocking recall. Passes that share fields miss the same pairs, so its lower end is had from the records that say
    too little (the same bound as for recall)."""
    pairs = found.pairs
    if found.met_in is None:
        return None
    linked = np.flatnonzero(found.node_cluster[pairs.left] == found.node_cluster[pairs.right])
    capture = blocking_recall(captured_by(found.met_in[linked], min(len(config.passes), PASSES_TOLD)), config)
    if capture is None:
        return None
    alone = seen.sparse_nodes
    worst = capture.caught / max(len(linked) + alone.most + Z * alone.deviation, 1.0)
    bounded = replace(capture.recall, lower=min(capture.recall.lower, worst))
    return replace(capture, recall=bounded)
