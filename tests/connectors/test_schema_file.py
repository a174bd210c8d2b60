"""The published JSON Schema is the one that the code gives."""

from __future__ import annotations

import json

from connectors.schema_file import PATH, schema_text
from schemas.platform_file import PlatformFile


def test_the_published_schema_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text(), "run: python -m connectors.schema_file"


def test_it_tells_keys_and_refuses_others() -> None:
    schema = json.loads(schema_text())
    assert set(schema["properties"]) == set(PlatformFile.model_fields)
    assert schema["additionalProperties"] is False
    stream = schema["$defs"]["StreamFile"]
    assert stream["additionalProperties"] is False
    assert set(stream["required"]) == {"source", "key", "expect", "fields"}
