"""How matters hang together: what a household applies for as one, what is about a place, what may lawfully follow what.

Reference data (``reference/matters.yml``, the program's and the project's), each line with the law it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.codes import items, matter_classes
from schemas.errors import ConfigurationError
from schemas.layered_reference import layered_reference
from schemas.project import per_project

FILE = "matters.yml"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A lawful sequence: applying for an item of ``following`` within ``within_working_days`` of an item of ``first``
    is a matter of its own, and no duplicate. ``why``: the law."""

    code: str
    zh: str
    en: str
    first: tuple[str, ...]
    following: tuple[str, ...]
    within_working_days: int
    why: str


@dataclass(frozen=True, slots=True)
class MatterRules:
    """``household_classes``: one application serves the household. ``place_classes``: about a place. ``sequences``:
    by code."""

    household_classes: frozenset[str]
    place_classes: frozenset[str]
    sequences: dict[str, Sequence]


@per_project
def matter_rules() -> MatterRules:
    """The declared rules; raises ConfigurationError where one names a class or item that doesn't exist."""
    return parse_rules(layered_reference(FILE).value)


def parse_rules(raw: dict[str, Any]) -> MatterRules:
    """Rules from what the file says; raises ConfigurationError."""
    sequences = {code: _sequence(code, entry) for code, entry in raw["sequences"].items()}
    for part in ("household_classes", "place_classes"):
        _known(raw[part], matter_classes(), part)
    return MatterRules(frozenset(raw["household_classes"]), frozenset(raw["place_classes"]), sequences)


def _sequence(code: str, entry: dict[str, Any]) -> Sequence:
    where = f"sequences.{code}"
    missing = {"zh", "en", "from", "to", "within_working_days", "why"} ^ entry.keys()
    if missing:
        raise _broken(where, "zh, en, from, to, within_working_days, why", f"missing or unknown: {sorted(missing)}")
    for side in ("from", "to"):
        _known(entry[side], items(), f"{where}.{side}")
    if {items()[i].matter_class for i in entry["from"]} & {items()[i].matter_class for i in entry["to"]}:
        raise _broken(where, "items of different classes (those of one class are parts of one matter)", "one class")
    return Sequence(
        code,
        entry["zh"],
        entry["en"],
        tuple(entry["from"]),
        tuple(entry["to"]),
        entry["within_working_days"],
        entry["why"],
    )


def _known(named: Any, declared: dict[str, Any], where: str) -> None:
    unknown = sorted(set(named) - declared.keys())
    if unknown:
        raise _broken(where, "codes of items.yml", ", ".join(map(str, unknown)))


def _broken(where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        "a rule about matters is broken",
        where=f"reference/{FILE}: {where}",
        expected=expected,
        found=found,
        next_step=f"edit reference/{FILE} of the project",
    )
