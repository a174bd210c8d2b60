"""Write the published JSON Schema of a platform file: ``python -m connectors.schema_file``.

An editor that knows the schema completes keys and marks mistakes while a platform file is written; a test keeps the
file current.
"""

from __future__ import annotations

import json
from pathlib import Path

import schemas
from schemas.platform_file import platform_file_schema

PATH = Path(schemas.__file__).parent / "platform_file.schema.json"


def schema_text() -> str:
    """What the published file has to be."""
    return json.dumps(platform_file_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
