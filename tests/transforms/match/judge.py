"""Judging clusters against truth: pairwise precision and recall, overall and by cluster size."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def precision_recall(found: Mapping[str, str], truth: Mapping[str, int]) -> tuple[float, float]:
    """Pairwise precision and recall of ``found`` (record -> cluster) against ``truth`` (record -> person)."""
    both = sum(_pairs(n) for n in Counter((found[r], truth[r]) for r in truth).values())
    said = sum(_pairs(n) for n in Counter(found[r] for r in truth).values())
    true = sum(_pairs(n) for n in Counter(truth.values()).values())
    return both / max(said, 1), both / max(true, 1)


def precision_by_size(found: Mapping[str, str], truth: Mapping[str, int]) -> dict[int, tuple[int, float]]:
    """Cluster size -> (pairs said, share of them that are right)."""
    members: dict[str, list[int]] = defaultdict(list)
    for record, person in truth.items():
        members[found[record]].append(person)
    said: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for people in members.values():
        said[len(people)] += _pairs(len(people))
        right[len(people)] += sum(_pairs(n) for n in Counter(people).values())
    return {size: (said[size], right[size] / said[size]) for size in sorted(said) if said[size]}
