"""The published JSON Schemas are those that the code gives, and judge files as the program does."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from connectors.schema_file import FOLDER, platform_schema, profile_schema, published, text_of
from schemas.file_formats import CsvOptions
from schemas.platform_file import PlatformFile
from tests.connectors.test_profiles import KINDS, LAID, SHORT, VENDOR
from tests.project_folder import LOG

FILES = LOG.replace("family: http_page", "family: folder_files\n  format:\n    type: csv\n    delimiter: '|'")


@pytest.mark.parametrize("name", published())
def test_the_published_schema_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(published()[name]), (
        "run: python -m connectors.schema_file"
    )
    jsonschema.Draft202012Validator.check_schema(published()[name])


def test_it_tells_keys() -> None:
    schema = platform_schema()
    assert set(schema["properties"]) == set(PlatformFile.model_fields)
    stream = schema["$defs"]["StreamFile"]
    assert set(stream["required"]) == {"source", "key", "fields"}
    csv = schema["$defs"]["FileFormat"]["allOf"][0]["then"]["properties"]
    assert set(csv) == {"type", *CsvOptions.model_fields}


#  file | right
PLATFORMS = [
    (LOG, True),
    (FILES, True),
    (SHORT, True),
    *[(f"{SHORT}{own}\n", True) for own, _, _ in LAID],
    (LOG.replace("go_live", "golive"), False),
    (LOG.replace("    key: rz_id\n", ""), False),
    (LOG.replace("go_live: 2024-01-01\n", ""), False),
    (FILES.replace("delimiter", "delimeter"), False),
    (FILES.replace("'|'", "'||'"), False),
    (LOG.replace("endpoint: rizhi", "endpoint: ${line}_${platform}"), True),
    (LOG.replace("endpoint: rizhi", "endpoint: $platform"), False),
    (LOG.replace("floor: 0", "floor: 5 per week"), True),
    (LOG.replace("floor: 0", "floor: 5 per hour"), False),
    (SHORT + "streams:\n  usages:\n", False),
    (SHORT + "streams:\n  usage:\n    kye: a\n", False),
]


def plain(value: Any) -> Any:
    """A document as JSON has it: dates are text there."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value if value is None or isinstance(value, str | int | list | bool) else value.isoformat()


@pytest.mark.parametrize(("text", "right"), PLATFORMS)
def test_platform_files(text: str, right: bool) -> None:
    validator = jsonschema.Draft202012Validator(platform_schema())
    assert validator.is_valid(plain(yaml.safe_load(text))) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [(VENDOR, True), ("timezone: UTC\n", True), ("timezone: CET\n", False), (VENDOR.replace("key:", "kye:"), False)],
)
def test_profiles(text: str, right: bool) -> None:
    assert jsonschema.Draft202012Validator(profile_schema()).is_valid(yaml.safe_load(text)) is right


@pytest.mark.parametrize(
    ("text", "right"), [(KINDS, True), ("values: {}\n", False), ("list: a\n", False), (KINDS + "lst: b\n", False)]
)
def test_vocabularies(text: str, right: bool) -> None:
    schema = published()["vocabulary.schema.json"]
    assert jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(text)) is right
