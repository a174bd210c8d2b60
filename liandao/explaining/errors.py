"""Errors by their codes: what each means, what usually causes it, what to do, as ``errors.yml`` says."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from liandao.answers.explained import ErrorExplained, Words
from schemas.errors import error_kinds

FILE = Path(__file__).with_name("errors.yml")


@cache
def error_texts() -> dict[str, Any]:
    """Code -> ``means``, ``causes`` and ``do`` in both languages, and ``platform``: what to run for a platform."""
    from schemas.yaml_tree import read_tree

    texts: dict[str, Any] = read_tree(FILE).value
    return texts


def explain_error(code: str) -> ErrorExplained:
    """What an error code means. Raises KeyError for one that no error has."""
    kind, texts = error_kinds()[code], error_texts()[code]
    causes, steps = ([Words(*pair) for pair in zip(texts[k]["zh"], texts[k]["en"], strict=True)]
                     for k in ("causes", "do"))  # fmt: skip
    return ErrorExplained(
        topic="error",
        code=code,
        title=Words(kind.title_zh, kind.title_en),
        means=Words(**texts["means"]),
        causes=causes,
        do=steps,
        transient=kind.transient,
        exit_code=kind.exit_code,
    )


def command_for(code: str, platform_id: str) -> str:
    """What to run for a platform whose reading ended with this error."""
    command: str = error_texts().get(code, {}).get("platform", "liandao check {platform}")
    return command.format(platform=platform_id)
