"""Chance that can be repeated: one generator per purpose, so that a change in one place moves nothing elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.int64]
"""Days since 1970-01-01 (local)."""
Seconds = npt.NDArray[np.int64]
"""Seconds since 1970-01-01 00:00 Beijing time."""
Texts = npt.NDArray[np.object_]


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """The generator of one purpose under a seed."""
    digest = hashlib.sha256("/".join((str(seed), *purpose)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def pick(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Draw ``size`` indexes with probability in proportion to ``weights``."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.asarray(np.searchsorted(edges, rng.random(size) * edges[-1], side="right"), dtype=np.int64)


def zipf(count: int, exponent: float = 0.8) -> Floats:
    """Zipf weights for ranks 1 to ``count``."""
    return np.asarray(np.arange(1, count + 1, dtype=np.float64) ** -exponent)


def texts(values: Sequence[Any]) -> Texts:
    """A one-dimensional array of Python strings (or None), ready for fancy indexing."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def where(condition: Bools, value: Texts | None, otherwise: Texts | None) -> Texts:
    """``numpy.where`` over texts, None allowed."""
    chosen, other = (np.full(len(condition), None, dtype=object) if v is None else v for v in (value, otherwise))
    out: Texts = np.where(condition, chosen, other)
    return out


def rank_within(groups: Ints) -> Ints:
    """0, 1, 2, ... within each group, in order of position."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.r_[True, ordered[1:] != ordered[:-1]] if len(groups) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(groups)), 0)) if len(groups) else np.zeros(0, int)
    out = np.empty(len(groups), dtype=np.int64)
    out[order] = np.arange(len(groups)) - first
    return out
