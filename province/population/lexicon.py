"""The words that residents are made of, read once from ``lexicon.yml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

from schemas.codes import load_yaml


@cache
def words() -> dict[str, Any]:
    """The lexicon as it stands in the file."""
    return cast("dict[str, Any]", load_yaml(Path(__file__).with_name("lexicon.yml")))


@cache
def swaps(*groups: str) -> dict[str, str]:
    """Character -> the characters it is taken for, from the named groups (``homophones``, ``lookalikes``)."""
    found: dict[str, str] = {}
    for group in groups:
        for alike in words()[group]:
            for character in alike:
                others = "".join(c for c in alike if c != character)
                found[character] = found.get(character, "") + others
    return found
