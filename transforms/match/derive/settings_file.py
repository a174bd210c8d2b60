"""``match.yml`` as a file: read, and every mistake told with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from schemas.errors import ConfigurationError
from transforms.match.derive.settings import Settings, near

UNKNOWN = "extra_forbidden"
"""What pydantic calls a word that it does not know."""
SHOWN = 4
"""Further mistakes that are named."""


def load_config(path: Path) -> Settings:
    """Read ``match.yml``. Raises ConfigurationError with the line, what was found there and what was expected."""
    try:
        text = path.read_text("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except OSError as error:
        raise ConfigurationError(
            "the configuration can't be read", where=str(path), found=str(error.strerror)
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigurationError("the configuration is no YAML", where=where, found=str(error)[:200]) from None
    if not isinstance(raw, dict):
        raise ConfigurationError("the configuration is empty", where=str(path), expected="id and fields")
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, path, node) from None


def _explained(error: ValidationError, path: Path, node: yaml.Node | None) -> ConfigurationError:
    """All mistakes, each with its line and its place; a word that is not known first: others may follow from it."""
    first, *others = sorted(error.errors(), key=lambda mistake: mistake["type"] != UNKNOWN)
    return ConfigurationError(
        _said(first),
        where=f"{path}:{_line(node, first['loc'])}, {_place(first['loc'])}",
        expected="see docs/matching.md",
        found="; ".join(f"line {_line(node, m['loc'])}, {_place(m['loc'])}: {_said(m)}" for m in others[:SHOWN]),
        next_step="correct the line" + (f", and {len(others)} more" if others else ""),
    )


def _said(mistake: Any) -> str:
    if mistake["type"] != UNKNOWN:
        return str(mistake["msg"]).removeprefix("Value error, ")
    word = str(mistake["loc"][-1])
    known = list(Settings.model_fields) if len(mistake["loc"]) == 1 else []
    return f"no such setting: {word}" + (f"; {near(word, known)}" if known else "")


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "match.yml"


def _line(node: yaml.Node | None, place: tuple[int | str, ...]) -> int:
    """Line of what a path names, or of its nearest ancestor that is there."""
    line = 1
    for part in map(str, place):
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == part), None)
            if found is None:
                continue
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line
