"""How every published JSON Schema is written: in one dialect, and as one text that a test can hold it against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def titled(title: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema of 2020-12 under a title of its own."""
    return {"$schema": DIALECT, **schema, "title": title}


def text_of(schema: Mapping[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
