"""The published JSON Schema is the one that the code gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

from connectors.registry import load_platform_file
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


def test_the_example_of_the_guide_is_a_platform_file(tmp_path: Path) -> None:
    guide = (PATH.parent.parent / "docs" / "onboarding.md").read_text(encoding="utf-8")
    example = next(block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "streams:" in block)
    path = tmp_path / "allowance.yml"
    path.write_text(example, encoding="utf-8")
    assert load_platform_file(path, "civil").file.streams["usage"].key == "logId"
    assert len(example.splitlines()) <= 40
