"""The 132 habits as arrays: what forms, cases and usage need of each platform, looked up by index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from province.estate import eligible_regions
from province.habits import Habit
from province.population.chance import Bools, Days, Floats, Ints
from province.population.days import day_number
from province.population.people import NEVER
from province.regions import regions
from schemas.eligibility import eligible_communities
from schemas.platform_file import Eligible

HIGH_KINDS = ("high", "small_denominator_high")
PRESENT_FACTOR = {
    "high": 1.0,
    "small_denominator_high": 1.0,
    "log_gap": 1.0,
    "narrow_reach": 0.8,
    "medium": 0.5,
    "seasonal": 0.5,
    "power_user": 0.5,
    "burst": 0.3,
    "low": 0.2,
    "bot": 0.2,
    "clock_in": 0.2,
    "retired": 0.2,
    "zombie": 0.0,
}
"""How much of a platform's ordinary share of forms it gets within the window."""


@dataclass(frozen=True, slots=True)
class Platforms:
    """Arrays over platforms; ``eligible`` has shape (platforms, communities)."""

    habits: tuple[Habit, ...]
    eligible: Bools
    weight: Floats
    present_factor: Floats
    go_live: Days
    retired: Days
    sloppiness: Floats
    prefill_share: Floats
    import_share: Floats

    def __len__(self) -> int:
        return len(self.habits)

    def ids(self) -> list[str]:
        """Platform ids in order."""
        return [h.platform_id for h in self.habits]

    def serving(self, stream: str) -> Bools:
        """Which platforms serve a stream."""
        return np.array([stream in h.streams for h in self.habits], dtype=bool)

    def asking(self, attribute: str) -> Bools:
        """Which platforms ask an attribute on their form."""
        return np.array(["form" in h.streams and attribute in h.asks for h in self.habits], dtype=bool)

    def masking(self, attribute: str) -> Bools:
        """Which platforms send an attribute masked."""
        return np.array([attribute in h.masks for h in self.habits], dtype=bool)

    def of_item(self, item: str) -> Ints:
        """Indexes of the platforms that carry an item as cases."""
        return np.flatnonzero([item in h.items and "case" in h.streams for h in self.habits]).astype(np.int64)


def eligible_of(habit: Habit) -> Eligible:
    """Where a platform is to be used, as its platform file says."""
    return Eligible(kind=habit.eligible_kind, regions=list(eligible_regions(habit.platform_id)))


def read_platforms(habits: Sequence[Habit], communities: list[str]) -> Platforms:
    """Lay the habits out as arrays for the chosen communities."""
    index = {code: n for n, code in enumerate(communities)}
    eligible = np.zeros((len(habits), len(communities)), dtype=bool)
    for row, habit in enumerate(habits):
        eligible[row, [index[c] for c in eligible_communities(eligible_of(habit), communities, regions())]] = True
    return Platforms(
        habits=tuple(habits),
        eligible=eligible,
        weight=np.array([h.form_weight if "form" in h.streams else 0.0 for h in habits]),
        present_factor=np.array([PRESENT_FACTOR[h.usage] for h in habits]),
        go_live=np.array([day_number(h.go_live) for h in habits]),
        retired=np.array([NEVER if h.retired is None else day_number(h.retired) for h in habits]),
        sloppiness=np.array([h.sloppiness for h in habits]),
        prefill_share=np.array([h.prefill_share for h in habits]),
        import_share=np.array([h.import_share for h in habits]),
    )
