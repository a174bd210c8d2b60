"""What was probably meant by a name that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

MOST_NAMES = 40


def near(name: str, known: Sequence[str]) -> str:
    """``did you mean a, b?``, or the names there are when none comes near; empty when there are none."""
    matches = get_close_matches(name, known, n=3)
    if matches:
        return f"did you mean {' or '.join(matches)}?"
    shown = ", ".join(known[:MOST_NAMES]) + (" …" if len(known) > MOST_NAMES else "")
    return f"one of: {shown}" if known else ""
