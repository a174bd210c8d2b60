"""Settings and definitions by their names: value, origin, what each does (``settings.yml``) and where it is changed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from liandao.answers.explained import SettingExplained, Words
from liandao.answers.plain import Effective

FILE = Path(__file__).with_name("settings.yml")


@cache
def setting_texts() -> dict[str, Any]:
    """Name, section, or the beginning of a name -> ``does`` in both languages and ``change``."""
    from schemas.yaml_tree import read_tree

    texts: dict[str, Any] = read_tree(FILE).value
    return texts


def setting_name(entry: Effective) -> str:
    """``settings.workers``, ``reference/codes.yml.sex``."""
    return f"{entry.section}.{entry.name}"


def named_setting(entries: Iterable[Effective], word: str) -> Effective | None:
    """The entry that a word names: by its whole name, or by its own name where no other section has it."""
    listed = list(entries)
    whole = [e for e in listed if setting_name(e) == word]
    alone = [e for e in listed if e.name == word]
    return whole[0] if whole else alone[0] if len(alone) == 1 else None


def explain_setting(entry: Effective) -> SettingExplained:
    """What is in effect, and what it does. Raises KeyError where no text speaks of it."""
    text = _text(setting_name(entry))
    change = text["change"].replace("NAME", entry.name) if "/" in text["change"] else text["change"]
    return SettingExplained(
        "setting", entry.section, entry.name, entry.value, entry.origin, Words(**text["does"]), change
    )


def _text(name: str) -> Any:
    """The text of the longest beginning of a name that has one."""
    texts = setting_texts()
    return texts[max((known for known in texts if name == known or name.startswith(f"{known}.")), key=len)]
