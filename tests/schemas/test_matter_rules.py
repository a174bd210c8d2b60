"""Rules about matters: what is declared is sound, and a broken line is named."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from schemas.layered_reference import layered_reference
from schemas.matters import FILE, matter_rules, parse_rules


def test_declared_rules_hold() -> None:
    rules = matter_rules()
    medical = rules.sequences["dibao_medical"]
    assert ("430100000101" in medical.first, "430100000801" in medical.following) == (True, True)
    assert "dibao" in rules.household_classes
    assert all(s.why for s in rules.sequences.values())


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("place_classes",), ["castle"], "place_classes"),
        (("household_classes", "castle"), {"why": "-"}, "household_classes"),
        (("sequences", "dibao_medical", "to"), ["999"], "sequences.dibao_medical.to"),
        (("sequences", "dibao_medical", "to"), ["430100000104"], "sequences.dibao_medical"),
        (("sequences", "dibao_medical", "becuase"), "-", "sequences.dibao_medical"),
    ],
)
def test_a_broken_line_is_named(path: tuple[str, ...], value: object, where: str) -> None:
    raw: dict[str, Any] = deepcopy(layered_reference(FILE).value)
    part = raw
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(ConfigurationError) as caught:
        parse_rules(raw)
    assert caught.value.where == f"reference/matters.yml: {where}"
