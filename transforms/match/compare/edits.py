"""Edit distance of at most one between rows of character matrices, without a loop over rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.match.arrays import Flags, Ints


def mismatches(left: NDArray[Any], right: NDArray[Any]) -> Ints:
    """Number of differing positions of each pair of rows."""
    result: Ints = np.count_nonzero(left != right, axis=1).astype(np.int64)
    return result


def one_substitution(left: NDArray[Any], right: NDArray[Any]) -> Flags:
    """Exactly one position differs, and neither side is empty there."""
    differs = left != right
    both = (left != 0) & (right != 0)
    result: Flags = (np.count_nonzero(differs, axis=1) == 1) & ~np.any(differs & ~both, axis=1)
    return result


def one_transposition(left: NDArray[Any], right: NDArray[Any]) -> Flags:
    """Two neighbouring positions are exchanged, all else is equal."""
    differs = left != right
    crossed = (left[:, :-1] == right[:, 1:]) & (left[:, 1:] == right[:, :-1]) & differs[:, :-1] & differs[:, 1:]
    result: Flags = (np.count_nonzero(differs, axis=1) == 2) & np.any(crossed, axis=1)
    return result


def one_indel(left: NDArray[Any], right: NDArray[Any]) -> Flags:
    """One side has exactly one character more: common prefix and suffix cover the shorter one."""
    lengths = np.count_nonzero(left, axis=1), np.count_nonzero(right, axis=1)
    is_left_longer = lengths[0] > lengths[1]
    longer = np.where(is_left_longer[:, None], left, right)
    shorter = np.where(is_left_longer[:, None], right, left)
    width = left.shape[1]
    prefix = np.argmax(np.pad(longer != shorter, ((0, 0), (0, 1)), constant_values=True), axis=1)
    moved = np.pad(longer[:, 1:], ((0, 0), (0, 1))) == shorter
    behind = np.arange(width)[None, :] >= prefix[:, None]
    result: Flags = (np.abs(lengths[0] - lengths[1]) == 1) & np.all(moved | ~behind, axis=1)
    return result


def one_edit(left: NDArray[Any], right: NDArray[Any]) -> Flags:
    """One substitution, transposition, insertion or deletion apart."""
    return one_substitution(left, right) | one_transposition(left, right) | one_indel(left, right)
