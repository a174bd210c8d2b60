"""Block: candidate pairs from several passes, sizes known before any pair is made, no pair made twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import ABSENT, Codes, Ints, blocks, mix
from transforms.match.config import MatchConfig, Pass
from transforms.match.normalise import Normalised
from transforms.match.shelf import IN_MEMORY, Shelf

PASSES_TOLD = 64
"""Passes of which it is kept which pairs they bring together: one bit each."""
SORTERS = 2
"""Passes whose keys are sorted side by side."""


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
    """Candidate pairs of nodes (left < right), those of each pass behind the last one's.

    ``bounds``: where the pairs of each pass begin (one more than passes); ``keys``: nodes x passes, the block of each
    node in each pass.
    """

    left: Codes
    right: Codes
    bounds: Ints
    keys: Ints
    passes: tuple[PassReport, ...]

    def report(self) -> list[dict[str, object]]:
        """The passes, readable."""
        return [asdict(p) for p in self.passes]


@dataclass(frozen=True, slots=True)
class Blocks:
    """One pass before pairs are made: the key of each node, nodes in order of their keys, where each block begins."""

    keys: Ints
    rows: Codes
    bounds: Ints
    largest: int
    estimated: int
    refined: int
    left_out: int


def block(nodes: Normalised, config: MatchConfig, shelf: Shelf = IN_MEMORY) -> Candidates:
    """Make the candidate pairs of all passes."""
    keys = shelf.empty((nodes.size, len(config.passes)), np.int64)
    with ThreadPoolExecutor(SORTERS) as pool:
        found = list(pool.map(lambda number: _file(nodes, config.passes[number], keys, number), range(keys.shape[1])))
    parts = [new_pairs(b.rows, b.bounds, keys, number) for number, b in enumerate(found)]
    reports = tuple(
        PassReport(rule.name, b.largest, b.estimated, b.refined, b.left_out, len(left))
        for rule, b, (left, _) in zip(config.passes, found, parts, strict=True)
    )
    none = np.empty(0, np.int32)
    left, right = (np.concatenate([none, *(part[side] for part in parts)]) for side in (0, 1))
    return Candidates(left, right, np.cumsum([0, *(r.made for r in reports)]), keys, reports)


def _file(nodes: Normalised, rule: Pass, keys: Ints, number: int) -> Blocks:
    """The blocks of one pass, its keys written into their column."""
    found = blocks_of(nodes, rule)
    keys[:, number] = found.keys
    return replace(found, keys=keys[:, number])


def blocks_of(nodes: Normalised, rule: Pass) -> Blocks:
    """The blocks of one pass. Those above its limit are refined feature by feature, then left out."""
    keys = nodes.key(rule.features)
    rows, bounds = blocks(keys)
    sizes = np.diff(bounds)
    largest, estimated, refined = int(sizes.max(initial=0)), int(np.sum(sizes * (sizes - 1) // 2)), 0
    for feature in rule.refine:
        large = rows[np.repeat(sizes > rule.max_block, sizes)]
        if not len(large):
            break
        refined = max(refined, len(large))
        keys[large] = mix([keys[large], nodes.feature(feature)[large]])
        rows, bounds = blocks(keys)
        sizes = np.diff(bounds)
    large = rows[np.repeat(sizes > rule.max_block, sizes)]
    if len(large):
        keys[large] = ABSENT
        rows, bounds = blocks(keys)
    return Blocks(keys, rows, bounds, largest, estimated, refined, len(large))


@numba.njit(cache=True, nogil=True)
def new_pairs(rows: Codes, bounds: Ints, keys: Ints, number: int) -> tuple[Codes, Codes]:
    """Pairs of nodes (left < right) in one block of pass ``number`` that share no block of an earlier pass."""
    room = 0
    for b in range(len(bounds) - 1):
        room += (bounds[b + 1] - bounds[b]) * (bounds[b + 1] - bounds[b] - 1) // 2
    left, right, at = np.empty(room, np.int32), np.empty(room, np.int32), 0
    for b in range(len(bounds) - 1):
        for i in range(bounds[b], bounds[b + 1]):
            for j in range(i + 1, bounds[b + 1]):
                if not _met_before(keys[rows[i]], keys[rows[j]], number):
                    left[at], right[at] = min(rows[i], rows[j]), max(rows[i], rows[j])
                    at += 1
    return left[:at].copy(), right[:at].copy()


@numba.njit(cache=True, nogil=True)
def _met_before(a: Ints, b: Ints, number: int) -> bool:
    for earlier in range(number):  # noqa: SIM110 (compiled: any is not)
        if a[earlier] == b[earlier] and a[earlier] >= 0:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def passes_that_meet(keys: Ints, left: Codes, right: Codes) -> NDArray[np.uint64]:
    """Which of the first 64 passes bring each pair of nodes together, as bits (pass 0 is the lowest).

    ``keys``: nodes x passes.
    """
    bits = np.zeros(len(left), dtype=np.uint64)
    for k in range(len(left)):
        a, b = keys[left[k]], keys[right[k]]
        for number in range(min(len(a), PASSES_TOLD)):
            if a[number] == b[number] and a[number] >= 0:
                bits[k] |= np.uint64(1) << np.uint64(number)
    return bits


def block_key(keys: Ints, number: int) -> Ints:
    """What a block of a pass is known by among the blocks of all passes."""
    return mix([keys, np.full(len(keys), number)])
