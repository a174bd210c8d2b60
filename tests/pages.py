"""Fenced blocks of the documentation, so that tests run what people read."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language on a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def named_blocks(page: str, language: str = "yaml") -> list[tuple[str, str]]:
    """Blocks whose first line is a comment that names a file, with that name; raises AssertionError for others."""
    named = [(re.match(r"# ([\w./-]+)\n", block), block) for block in blocks(page, language)]
    for match, block in named:
        assert match, f"{page}: a block does not begin with the name of its file:\n{block}"
    return [(match[1], block) for match, block in named if match]
