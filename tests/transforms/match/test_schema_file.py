"""The schema that editors check ``match.yml`` with says what the reader says."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from transforms.match.derive.schema_file import PATH, match_file_schema, text
from transforms.match.derive.settings import OWN_KINDS, Settings

GOOD = [
    "{id: r, fields: {a: date}}",
    "{id: r, source: s, fields: {a: {kind: date, order: dmy, m: {equal: 0.9}}}, duplicate_free: auto}",
    "{id: r, fields: {a: phone, b: category}, passes: [[a.number], {features: [a.number], refine: [b.value]}]}",
    "{id: r, fields: {a: person_name_zh}, household: false, exclusive: false, thresholds: {link_probability: 0.9}}",
]
BAD = [
    "{fields: {a: date}}",
    "{id: r, fields: {}}",
    "{id: r, fields: {a: nothing}}",
    "{id: r, fields: {a: {kind: date, ordr: dmy}}}",
    "{id: r, fields: {a: date}, feelds: 1}",
    "{id: r, fields: {a: date}, thresholds: {link_probability: 7}}",
]


def accepts(model: dict[str, Any]) -> bool:
    try:
        Settings.model_validate(model)
    except ValueError:
        return False
    return True


def test_published_file_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run: python -m transforms.match.derive.schema_file"


@pytest.mark.parametrize(("written", "is_good"), [*((t, True) for t in GOOD), *((t, False) for t in BAD)])
def test_schema_and_reader_agree(written: str, is_good: bool) -> None:
    model = yaml.safe_load(written)
    assert jsonschema.Draft202012Validator(match_file_schema()).is_valid(model) is is_good
    assert accepts(model) is is_good


@pytest.mark.parametrize("kind", OWN_KINDS)
def test_every_kind_is_known(kind: str) -> None:
    assert jsonschema.Draft202012Validator(match_file_schema()).is_valid({"id": "r", "fields": {"a": kind}})
