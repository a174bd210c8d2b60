"""Must-link constraints: what people decided to be one comes together, after clustering and without taking it apart.

Clusters are found as if nobody had said *same*, so that no decision can change what it does not name. Then, in the
order in which the decisions were made: two clusters that nothing keeps apart become one. Where something does (two
exclusive values, a cannot-link constraint, any hard contradiction), the named records move alone, and only where it is
plain which of the two: those of one side that may meet all of the other cluster and state no exclusive value of their
own, where such values are what keeps the two apart. Otherwise the decision waits, and nobody moves.
"""

from __future__ import annotations

import numba
import numpy as np

from transforms.match.arrays import Flags, Ints, by_first, components
from transforms.match.constraints import Decided
from transforms.match.score import NEVER, Scored


def joined_by(labels: Ints, decided: Decided) -> Ints:
    """Components of ``labels`` (of nodes) that decisions join into one."""
    left, right = decided.together
    if not len(left):
        return labels
    of_label = components(labels[left], labels[right], int(labels.max(initial=-1)) + 1)
    result: Ints = of_label[labels]
    return result


def must_link(labels: Ints, joined: Ints, inner: Scored, number: Ints, stated: Flags, decided: Decided) -> Ints:
    """Clusters of nodes with the decisions obeyed that can be.

    ``labels``: clusters found without them; ``joined``: components with them; ``inner``: all pairs within these,
    scored; ``number``: exclusive codes; ``stated``: nodes that state something of the exclusive field, be it masked or
    wrong.
    """
    left, right = decided.together
    asunder = np.unique(joined[left[labels[left] != labels[right]]])
    result = labels.copy()
    for component in asunder.tolist():
        nodes = np.flatnonzero(joined == component)
        never = _forbidden(nodes, inner.where(joined[inner.left] == component), number)
        edges = joined[left] == component
        ends = np.searchsorted(nodes, left[edges]), np.searchsorted(nodes, right[edges])
        result[nodes] = _obey(labels[nodes], ends[0], ends[1], never, number[nodes], stated[nodes])
    return by_first(result)


def _forbidden(nodes: Ints, pairs: Scored, number: Ints) -> Flags:
    """For each two of some nodes whether they can't meet."""
    own = number[nodes]
    never: Flags = (own[:, None] != own[None, :]) & (own[:, None] >= 0) & (own[None, :] >= 0)
    hard = pairs.weight <= NEVER
    left, right = (np.searchsorted(nodes, side[hard]) for side in (pairs.left, pairs.right))
    never[left, right] = never[right, left] = True
    return never


@numba.njit(cache=True, nogil=True)
def _obey(group: Ints, left: Ints, right: Ints, never: Flags, number: Ints, stated: Flags) -> Ints:
    """Go through the decisions in order until none can be obeyed any more that is not."""
    group, changed = group.copy(), True
    while changed:
        changed = False
        for k in range(len(left)):
            here, there = group[left[k]], group[right[k]]
            if here == there:
                continue
            if _may_meet(group == here, group == there, never):
                group[group == there] = here
                changed = True
                continue
            one, other = _bound(group, left, right, left[k]), _bound(group, left, right, right[k])
            bind = stated & _are_told_apart(number, group == here, group == there)
            one_moves = not np.any(one & bind) and _may_meet(one, group == there, never)
            other_moves = not np.any(other & bind) and _may_meet(other, group == here, never)
            if one_moves != other_moves:
                group[one if one_moves else other] = there if one_moves else here
                changed = True
    return group


@numba.njit(cache=True, nogil=True)
def _bound(group: Ints, left: Ints, right: Ints, node: int) -> Flags:
    """The nodes of its group that decisions bind a node to, itself among them."""
    bound = np.zeros(len(group), dtype=np.bool_)
    bound[node] = True
    grows = True
    while grows:
        grows = False
        for k in range(len(left)):
            if group[left[k]] == group[right[k]] and bound[left[k]] != bound[right[k]]:
                bound[left[k]] = bound[right[k]] = True
                grows = True
    return bound


@numba.njit(cache=True, nogil=True)
def _are_told_apart(number: Ints, one: Flags, other: Flags) -> bool:
    """Whether two groups hold two different exclusive values."""
    here, there = np.max(np.where(one, number, -1)), np.max(np.where(other, number, -1))
    return bool(here >= 0 and there >= 0 and here != there)


@numba.njit(cache=True, nogil=True)
def _may_meet(one: Flags, other: Flags, never: Flags) -> bool:
    """Whether nothing forbids that any two nodes of two sets share a group."""
    for a in range(len(one)):
        if one[a]:
            for b in range(len(other)):
                if other[b] and never[a, b]:
                    return False
    return True
