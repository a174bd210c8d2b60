"""The published JSON Schemas are those that the code gives, and agree with it on what a file may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from schemas.schema_files import FOLDER, PUBLISHED, schema_text
from tests.schemas.own_project import FILES, dedented
from transforms.measure.load import CATALOGUE

KINDS = {"table_file": "tables/", "rule_file": "rules/", "measure_file": "measures/"}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads(schema_text(f"{name}.schema.json"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def plain(text: str) -> Any:
    """YAML as JSON has it: days are text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_schema_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_text(name), "run: python -m schemas.schema_files"


@pytest.mark.parametrize("name", KINDS)
def test_it_accepts_what_the_program_accepts(name: str) -> None:
    texts = [dedented(text) for path, text in FILES.items() if path.startswith(KINDS[name]) and path.endswith(".yml")]
    if name == "measure_file":
        texts += [path.read_text(encoding="utf-8") for path in CATALOGUE.glob("*.yml")]
    assert texts
    for text in texts:
        assert [e.message for e in validator(name).iter_errors(plain(text))] == []


COUNTY = Path(__file__).parents[2] / "examples" / "county"
PLAIN_ADDRESS = "format: 1\nname: a\ntitle: {zh: 甲, en: A}\nendpoints: {hall: 'https://hall.example', files: {url: sftp://f}}"


def test_it_accepts_the_example_project() -> None:
    project, lines = COUNTY / "liandao.yml", list(COUNTY.glob("sources/*/_line.yml"))
    assert lines
    texts = [("project_file", project.read_text(encoding="utf-8")), ("project_file", PLAIN_ADDRESS)]
    texts += [("line_file", path.read_text(encoding="utf-8")) for path in lines]
    texts += [("calendar", "working: [2026-10-10]\nholidays: [2026-12-31]"), ("deployment_file", "endpoints: {a: 'b://c'}")]
    for name, text in texts:
        assert [e.message for e in validator(name).iter_errors(plain(text))] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rule_file", "phone:\n  - requried"),
        ("rule_file", "phone:\n  - matches: x\n    severty: flag"),
        ("rule_file", "phone: required"),
        ("project_file", PLAIN_ADDRESS.replace("endpoints", "endpionts")),
        ("project_file", PLAIN_ADDRESS.replace("format: 1", "format: 0")),
        ("deployment_file", "window: {months: 3}"),
        ("line_file", "title: {zh: 甲, en: A}\nschedule: 0 1 * * *"),
        ("calendar", "hollidays: [2026-10-10]"),
        ("rule_file", "phone:\n  - codes"),
        ("table_file", FILES["tables/visit.yml"].replace("grain:", "grian:")),
        ("table_file", FILES["tables/visit.yml"].replace("type: integer", "type: int")),
        ("table_file", FILES["tables/visit.yml"].replace("- not_test", "- not_text")),
        ("measure_file", FILES["measures/HN_01.yml"].replace("HN_01", "hn 01")),
    ],
)
def test_it_marks_what_the_program_refuses(name: str, text: str) -> None:
    assert list(validator(name).iter_errors(plain(dedented(text))))
