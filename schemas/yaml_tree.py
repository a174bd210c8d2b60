"""YAML with line numbers: the C loader's node tree, kept so that an error can point at its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml

Path_ = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Located(Protocol):
    """A value of which every part stands somewhere."""

    def place(self, path: Path_) -> tuple[Path | None, int]:
        """File (None: the one that is being read) and line, from 1, of what ``path`` names or of its nearest ancestor
        that is there."""
        ...


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
        return self.nearest(path)[1]

    def place(self, path: Path_) -> tuple[Path | None, int]:
        """The line; the file is the one that is being read."""
        return None, self.line(path)

    def nearest(self, path: Path_) -> tuple[int, int]:
        """How many parts of ``path`` are there, and the line of the last of them."""
        node, line = self.node, 1
        for depth, part in enumerate(path):
            child = _child(node, part)
            if child is None:
                return depth, line
            line, node = child
        return len(path), line


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


def _duplicates(node: yaml.Node | None, path: Path_, visited: set[int] | None = None) -> list[Path_]:
    """A mapping that aliases name again is looked at once: ten aliases of ten aliases would be walked for ever."""
    visited = set() if visited is None else visited
    if not isinstance(node, yaml.MappingNode) or id(node) in visited:
        return []
    visited.add(id(node))
    twice: list[Path_] = []
    seen: set[str] = set()
    for key, value in node.value:
        here = (*path, str(key.value))
        if str(key.value) in seen:
            twice.append(here)
        seen.add(str(key.value))
        twice.extend(_duplicates(value, here, visited))
    return twice
