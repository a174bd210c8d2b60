"""What a command came to, and whether its JSON has the shape that is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import jsonschema

from liandao.answers.files import file_of

FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time", ValueError)(lambda text: not isinstance(text, str) or datetime.fromisoformat(text).tzinfo)
FORMATS.checks("date", ValueError)(lambda text: not isinstance(text, str) or date.fromisoformat(text))


@dataclass(frozen=True)
class Called:
    """Exit code, and what was printed on stdout and stderr."""

    exit_code: int
    out: str
    messages: str

    @property
    def data(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.out, parse_constant=_no_json)


Call = Callable[..., Called]


def _no_json(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


def assert_shaped(command: str, data: Any) -> None:
    """The published schema of a command holds, and there is no key that it does not name."""
    schema = json.loads(file_of(command).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(_closed(schema), format_checker=FORMATS).validate(data)


def _closed(schema: Any) -> Any:
    """The schema with every object closed; published it is open, since keys may come."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: _closed(part) for name, part in schema.items()}
    return {"additionalProperties": False} | parts if isinstance(schema.get("properties"), dict) else parts
