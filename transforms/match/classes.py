"""Classes of pairs and how they are told apart by EM on pattern counts: matches, housemates, strangers, and pairs that
merely have much in common. What a class looks like is P(level | class) of every field; fields are independent in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transforms.match.arrays import Floats, Ints, Levels
from transforms.match.compare.kind import Kind
from transforms.match.model import FLOOR, leave_out_implied, pack, unpack

PRIOR_COUNT = 20.0
"""Pairs that the default m of a level weighs as much as; with few data the defaults decide."""
STRANGER_COUNT = 5.0
"""Pairs that what strangers look like weighs as much as, for the other classes of non-match."""
EM_ROUNDS = 40
PERSONAL = ("person_name_zh", "person_name", "identity_number", "identifier", "date")
"""Kinds in which pairs that merely have much in common agree no more than strangers."""


def expected_matches(
    patterns: Levels,
    counts: Ints,
    others: list[list[Floats]],
    kinds: list[Kind],
    personal: Sequence[bool] = (),
    shared: Sequence[bool] = (),
) -> list[Floats]:
    """EM on counts of distinct patterns; returns per field the expected number of matches at each level.

    ``patterns``: fields x distinct patterns. ``others``: the level probabilities of each class of non-match, strangers
    first, which stay fixed (only their shares are learnt). One more class is learnt with the matches: pairs that have
    much in common without being one (inmates of one institution, found by age and street). In ``personal`` fields they
    agree no more than strangers; without any other field there is no such class. In ``shared`` fields housemates (the
    last class) are as alike as matches. After Fellegi and Sunter 1969 and
    Winkler 2000; patterns as in fastLink (Enamorado 2019).
    """
    m = [_smoothed(np.zeros(len(kind.levels)), kind) for kind in kinds]
    personal = personal or [True] * len(kinds)
    near = [u if p else (own + u) / 2 for own, u, p in zip(m, others[0], personal, strict=True)]
    shared = shared if len(others) > 1 else ()
    shares, result = np.full(2 + len(others), 1 / (2 + len(others))), [np.zeros(len(kind.levels)) for kind in kinds]
    for _ in range(EM_ROUNDS):
        home = [own if s else h for own, h, s in zip(m, others[-1], shared or [False] * len(kinds), strict=True)]
        likelihood = np.stack([log_likelihood(c, patterns) for c in (m, near, *others[:-1], home)])
        likelihood += np.log(shares)[:, None]
        posterior = np.exp(likelihood - np.logaddexp.reduce(likelihood, axis=0)) * counts
        shares = np.maximum(posterior.sum(axis=1) / counts.sum(), 1e-9)
        result = [
            np.bincount(patterns[f], posterior[0], len(k.levels) + 1)[1:].astype(np.float64)
            for f, k in enumerate(kinds)
        ]
        m = [_smoothed(expected, kind) for expected, kind in zip(result, kinds, strict=True)]
        near = [
            others[0][f] if personal[f] else weighted(patterns[f], posterior[1], k, STRANGER_COUNT * others[0][f][1:])
            for f, k in enumerate(kinds)
        ]
    return result


def housemates(
    levels: Levels, used: list[int], house: list[Floats], stranger: tuple[Floats, ...], kinds: tuple[Kind, ...]
) -> Floats:
    """For each pair that shares a household feature the probability that it is two members of one household.

    Matches among such pairs can't all be known beforehand, and the noisier the records, the more of them would be taken
    for housemates. So both classes are learnt together by EM over the fields ``used`` (strangers stay as they are),
    from the default m and from what pairs known to be two look like (``house``).
    """
    found, inverse, times = np.unique(pack(levels[used]), return_inverse=True, return_counts=True)
    patterns, own, apart = unpack(found, len(used)), [kinds[f] for f in used], [stranger[f] for f in used]
    m, home = [_smoothed(np.zeros(len(kind.levels)), kind) for kind in own], [house[f] for f in used]
    shares, posterior = np.full(3, 1 / 3), np.zeros((3, len(found)))
    for _ in range(EM_ROUNDS):
        likelihood = np.vstack([log_likelihood(c, patterns) for c in (m, home, apart)]) + np.log(shares)[:, None]
        posterior = np.exp(likelihood - np.logaddexp.reduce(likelihood, axis=0))
        expected = posterior * times
        shares = np.maximum(expected.sum(axis=1) / max(times.sum(), 1), 1e-9)
        m = [weighted(patterns[i], expected[0], k, PRIOR_COUNT * _prior(k)) for i, k in enumerate(own)]
        home = [weighted(patterns[i], expected[1], k, STRANGER_COUNT * apart[i][1:]) for i, k in enumerate(own)]
    result: Floats = posterior[1][inverse]
    return result


def expected_share(
    patterns: Levels,
    times: Ints,
    kinds: tuple[Kind, ...],
    classes: tuple[tuple[Floats, ...], tuple[Floats, ...], tuple[Floats, ...]],
    implied: tuple[tuple[int, int], ...],
    pairs: float,
) -> float:
    """Share of all ``pairs`` that are matches, from the candidate pairs: only the shares of the classes are learnt.

    ``patterns``: distinct ones of the candidate pairs (fields x patterns); ``times``: how often each occurs.
    Anchors miss what is noisy; where few records have anything certain they miss most matches.
    """
    if not len(times):
        return 0.0
    patterns = leave_out_implied(patterns, kinds, implied)
    likelihood = np.vstack([log_likelihood(list(levels_of), patterns) for levels_of in classes])
    shares = np.full(3, 1 / 3)
    for _ in range(EM_ROUNDS):
        joint = likelihood + np.log(shares)[:, None]
        expected = np.exp(joint - np.logaddexp.reduce(joint, axis=0)) * times
        shares = np.maximum(expected.sum(axis=1) / times.sum(), 1e-12)
    return float(shares[0] * times.sum() / pairs)


def weighted(levels: Levels, weight: Floats, kind: Kind, prior: Floats) -> Floats:
    """Shares of the levels among weighted pairs, with a prior count for each level; index 0 (null) is 1."""
    counts = np.bincount(levels, weight, minlength=len(kind.levels) + 1)[1:] + prior
    return np.append(1.0, np.maximum(counts / counts.sum(), FLOOR))


def log_likelihood(levels_of: Sequence[Floats], patterns: Levels) -> Floats:
    """Natural log of P(pattern | class) of each pattern (``patterns``: fields x patterns)."""
    total: Floats = np.sum([np.log(chance)[patterns[f]] for f, chance in enumerate(levels_of)], axis=0)
    return total


def _prior(kind: Kind) -> Floats:
    return np.array([level.m for level in kind.levels])


def _smoothed(counts: Floats, kind: Kind) -> Floats:
    smoothed = counts + _prior(kind)
    return np.append(1.0, np.maximum(smoothed / smoothed.sum(), FLOOR))
