"""The answer of ``liandao demo``; see :mod:`liandao.answers.plain`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from liandao.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Truth:
    """The demo's figures beside what its province planted. ``planted``, ``persons`` and ``matters``: by name."""

    planted: dict[str, Any]
    persons: dict[str, Any]
    matters: dict[str, Any]
    high_use_missed: list[str]
    high_use_wrong: list[str]


@dataclass(frozen=True, slots=True)
class Province:
    """The demo's province: the time of its clock, and the comparison with its truth (null where that was deleted)."""

    as_of: str
    truth: Truth | None


@dataclass(frozen=True, slots=True)
class DemoOutcome(Outcome):
    """``demo``: the outcome of a run, and the province it ran on."""

    province: Province
