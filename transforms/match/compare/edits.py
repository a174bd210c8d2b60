"""What one edit makes of a string: compiled, on rows of character matrices (0 behind the end)."""

from __future__ import annotations

from typing import Any

import numba
from numpy.typing import NDArray

SAME, SUBSTITUTION, TRANSPOSITION, INDEL, MORE = range(5)


@numba.njit(cache=True, nogil=True)
def edit_between(a: NDArray[Any], b: NDArray[Any]) -> int:
    """The one edit that turns one row into another: SAME, SUBSTITUTION, TRANSPOSITION, INDEL, or MORE."""
    width = len(a)
    at = first_difference(a, b)
    if at == width:
        return SAME
    behind = at + 1
    while behind < width and a[behind] == b[behind]:
        behind += 1
    if behind == width:
        return SUBSTITUTION if a[at] != 0 and b[at] != 0 else INDEL
    if behind == at + 1 and a[at] == b[behind] and a[behind] == b[at] and _equal_from(a, b, behind + 1, behind + 1):
        return TRANSPOSITION
    if _equal_from(a, b, at + 1, at) or _equal_from(b, a, at + 1, at):
        return INDEL
    return MORE


@numba.njit(cache=True, nogil=True)
def first_difference(a: NDArray[Any], b: NDArray[Any]) -> int:
    """The first position where two rows differ; their width when nowhere."""
    at = 0
    while at < len(a) and a[at] == b[at]:
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def _equal_from(a: NDArray[Any], b: NDArray[Any], i: int, j: int) -> bool:
    """Whether a from i on and b from j on are the same characters."""
    while i < len(a) and j < len(b):
        if a[i] != b[j]:
            return False
        i += 1
        j += 1
    return (i == len(a) or a[i] == 0) and (j == len(b) or b[j] == 0)


@numba.njit(cache=True, nogil=True)
def visibly_equal(a: NDArray[Any], b: NDArray[Any], hidden: int, least: int) -> bool:
    """Whether two rows are equal wherever both are visible, in ``least`` positions or more."""
    seen = 0
    for k in range(len(a)):
        if a[k] == hidden or b[k] == hidden:
            continue
        if a[k] != b[k]:
            return False
        seen += a[k] != 0
    return seen >= least
