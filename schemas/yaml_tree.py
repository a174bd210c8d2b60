"""YAML with line numbers: the C loader's node tree, kept so that an error can point at its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Path_ = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class YamlTree:
    """One parsed YAML document.

    ``value``: plain Python; ``duplicates``: paths of keys that occur twice in a mapping.
    """

    value: Any
    node: yaml.Node | None
    duplicates: tuple[Path_, ...]

    def line(self, path: Path_) -> int:
        """Line (from 1) of what ``path`` names, or of its nearest ancestor that is there."""
        node, line = self.node, 1
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line


def read_tree(path: Path) -> YamlTree:
    """Parse one file, safe types only. Raises yaml.YAMLError and OSError."""
    with path.open("rb") as handle:
        loader = _Loader(handle)
        try:
            node = loader.get_single_node()
            value = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    return YamlTree(value, node, tuple(_duplicates(node, ())))


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def _duplicates(node: yaml.Node | None, path: Path_) -> list[Path_]:
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[Path_] = []
    seen: set[str] = set()
    for key, value in node.value:
        here = (*path, str(key.value))
        if key.value in seen:
            found.append(here)
        seen.add(key.value)
        found.extend(_duplicates(value, here))
    return found
