"""The shape of a vocabulary: one YAML file under a project's ``codes/``, named by platform files and profiles.

A vocabulary says once how many platforms write the codes of one list, so that a change is made in one line.
"""

from __future__ import annotations

from pydantic import Field

from schemas.platform_file import Strict


class VocabularyFile(Strict):
    """``list``: the code list that ``values`` are translated into; left out for columns that have none (yes and no,
    levels). ``values``: what the source writes -> canonical code; codes that are written as they are need no entry."""

    list: str | None = None
    values: dict[str, str] = Field(min_length=1)
