"""Write the published JSON Schemas of what people write about platforms: ``python -m connectors.schema_file``.

An editor that knows the schema completes keys and marks mistakes while a file is written; a test keeps them current.
Families and formats that other distributions bring are unknown here, so those of the program are examples.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from connectors import families, formats
from schemas.json_schema import FOLDER, text_of, titled
from schemas.platform_file import PlatformFile
from schemas.vocabulary_file import VocabularyFile

Schema = dict[str, Any]
_MAPPING: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_CODES: Schema = {
    "anyOf": [_MAPPING, {"type": "string"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, _MAPPING]}}],
    "description": "source value -> code, the name of a vocabulary under codes/, or a list of these",
}


def published() -> dict[str, Schema]:
    """File name -> schema of everything that is published."""
    return {
        "platform_file.schema.json": platform_schema(),
        "profile.schema.json": profile_schema(),
        "vocabulary.schema.json": titled("Liandao vocabulary", VocabularyFile.model_json_schema()),
    }


def platform_schema() -> Schema:
    """A platform file: whole, or of any part when it follows a profile."""
    whole, part = _whole(), profile_schema()
    definitions = part["$defs"] | whole.pop("$defs") | {"WholePlatform": whole}
    alone = {"if": {"not": {"required": ["profile"]}}, "then": {"$ref": "#/$defs/WholePlatform"}}
    return titled("Liandao platform file", part | alone | {"$defs": definitions})


def profile_schema() -> Schema:
    """A profile: every part of a platform file may be left out, and null takes away what a profile below it says."""
    part: Schema = json.loads(json.dumps(_whole()).replace('"#/$defs/', '"#/$defs/Part'))
    part["$defs"] = {f"Part{name}": _loosened(schema) for name, schema in part["$defs"].items()}
    return titled("Liandao profile", _loosened(part))


def _whole() -> Schema:
    schema = PlatformFile.model_json_schema()
    definitions = schema["$defs"]
    definitions["StreamFile"]["properties"]["codes"]["additionalProperties"] = deepcopy(_CODES)
    definitions["Access"] = access = _with_placeholders(definitions["Access"])
    access["properties"]["family"]["examples"] = list(families.BUILT_IN)
    form = definitions["FileFormat"]
    form["properties"]["type"]["examples"] = list(formats.BUILT_IN)
    form["allOf"] = [
        {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": _options_of(name)}
        for name in formats.BUILT_IN
    ]
    return schema


def _with_placeholders(schema: Schema) -> Schema:
    """Names may contain ``${platform}`` and the like while they stand in a file."""
    plain, filled = r"^[a-z][a-z0-9_]*$", r"^([a-z]|\$\{\w+\})([a-z0-9_]|\$\{\w+\})*$"
    loose: Schema = json.loads(json.dumps(schema).replace(json.dumps(plain), json.dumps(filled)))
    return loose


def _options_of(name: str) -> Schema:
    options = formats.BUILT_IN[name].options.model_json_schema()
    keys = {"type": {"const": name}} | options["properties"]
    return {"properties": keys, "required": options.get("required", []), "additionalProperties": False}


def _loosened(schema: Schema) -> Schema:
    """Nothing required, and null allowed wherever a key may stand."""
    loose = {k: v for k, v in schema.items() if k not in ("required", "allOf", "minProperties")}
    if "properties" in loose:
        loose["properties"] = {name: _or_null(value) for name, value in loose["properties"].items()}
    if isinstance(loose.get("additionalProperties"), dict):
        loose["additionalProperties"] = _or_null(loose["additionalProperties"])
    return loose


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [_loosened(schema), {"type": "null"}]}


if __name__ == "__main__":
    for file_name, content in published().items():
        (FOLDER / file_name).write_text(text_of(content), encoding="utf-8")
