"""The published JSON Schema of ``match.yml``; a test keeps it current.

    python -m transforms.match.derive.schema_file
"""

from __future__ import annotations

from typing import Any

from schemas.json_schema import FOLDER, text_of, titled
from transforms.match.derive.settings import OWN_KINDS, Settings, options_of

PATH = FOLDER / "match_file.schema.json"


def match_file_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``match.yml``: a field is the word of its kind, or a mapping with the kind's options."""
    schema = Settings.model_json_schema()
    kinds = [_field_of(kind) for kind in OWN_KINDS]
    schema["$defs"].pop("FieldSettings")
    schema["properties"]["fields"] |= {"additionalProperties": {"anyOf": [{"enum": OWN_KINDS}, *kinds]}}
    rules = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"$ref": "#/$defs/PassSettings"}]}
    schema["properties"]["passes"] = {"type": "array", "items": rules}
    return titled("Liandao match file", schema)


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
    return text_of(match_file_schema())


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
