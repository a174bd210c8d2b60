"""The published JSON Schema of ``match.yml``; a test keeps it current.

    python -m transforms.match.derive.schema_file
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import schemas
from transforms.match.derive.settings import OWN_KINDS, Settings, options_of

PATH = Path(schemas.__file__).parent / "match_file.schema.json"


def match_file_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``match.yml``: a field is the word of its kind, or a mapping with the kind's options."""
    schema = Settings.model_json_schema()
    kinds = [_field_of(kind) for kind in OWN_KINDS]
    schema["$defs"].pop("FieldSettings")
    schema["properties"]["fields"] |= {"additionalProperties": {"anyOf": [{"enum": OWN_KINDS}, *kinds]}}
    rules = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"$ref": "#/$defs/PassSettings"}]}
    schema["properties"]["passes"] = {"type": "array", "items": rules}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Liandao match file",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _field_of(kind: str) -> dict[str, Any]:
    shares = {"type": "object", "additionalProperties": {"type": "number"}}
    return {
        "type": "object",
        "properties": {"kind": {"const": kind}, "m": shares, **{name: {} for name in options_of(kind) if name != "m"}},
        "required": ["kind"],
        "additionalProperties": False,
    }


def text() -> str:
    """The file's content."""
    return json.dumps(match_file_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
