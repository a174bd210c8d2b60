"""Block: candidate pairs from several passes, sizes known before any pair is made, no pair made twice."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Ints, group_sizes, mix, pairs_within
from transforms.match.config import MatchConfig, Pass
from transforms.match.normalise import Normalised


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass did.

    ``made``: pairs that no earlier pass had; ``left_out``: nodes in blocks that stayed too large.
    """

    name: str
    largest_block: int
    estimated: int
    refined: int
    left_out: int
    made: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate pairs of nodes (left < right) with the number of the pass that made each."""

    left: Ints
    right: Ints
    made_by: NDArray[np.uint8]
    passes: tuple[PassReport, ...]

    def report(self) -> list[dict[str, object]]:
        """The passes, readable."""
        return [asdict(p) for p in self.passes]


def block(nodes: Normalised, config: MatchConfig) -> Candidates:
    """Make the candidate pairs of all passes."""
    earlier: list[Ints] = []
    parts: list[tuple[Ints, Ints]] = []
    reports: list[PassReport] = []
    for rule in config.passes:
        keys, report = block_keys(nodes, rule)
        left, right = _new_pairs(keys, earlier)
        earlier.append(keys)
        parts.append((left, right))
        reports.append(PassReport(rule.name, *report, made=len(left)))
    made_by = np.repeat(np.arange(len(parts), dtype=np.uint8), [len(left) for left, _ in parts])
    return Candidates(
        np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]), made_by, tuple(reports)
    )


def block_keys(nodes: Normalised, rule: Pass) -> tuple[Ints, tuple[int, int, int, int]]:
    """The key of each node in one pass, after refining; and largest block, estimated pairs, nodes refined, left out."""
    keys = nodes.key(rule.features)
    sizes = group_sizes(keys)
    estimated = int(np.sum(np.maximum(sizes - 1, 0)) // 2)
    largest, refined = int(sizes.max(initial=0)), 0
    for feature in rule.refine:
        large = np.flatnonzero(sizes > rule.max_block)
        refined = max(refined, len(large))
        keys[large] = mix([keys[large], nodes.feature(feature)[large]])
        sizes = group_sizes(keys)
    large = np.flatnonzero(sizes > rule.max_block)
    keys[large] = ABSENT
    return keys, (largest, estimated, refined, len(large))


def _new_pairs(keys: Ints, earlier: list[Ints]) -> tuple[Ints, Ints]:
    """Pairs of equal keys that no earlier pass has made."""
    left, right = pairs_within(keys)
    for seen in earlier:
        is_new = (seen[left] != seen[right]) | (seen[left] < 0)
        left, right = left[is_new], right[is_new]
    return left, right
