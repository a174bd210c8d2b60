"""YAML files laid one over the other, every part of the result still knowing its file and line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.yaml_tree import Path_, YamlTree


@dataclass(frozen=True, slots=True)
class Layer:
    """A file, or the part of it under ``part``, laid at ``at`` of the whole."""

    file: Path
    tree: YamlTree
    at: Path_ = ()
    part: Path_ = ()

    def nearest(self, path: Path_) -> tuple[int, int]:
        """How many parts of ``path`` stand in this layer, and the line of the last of them; 0 for none."""
        if path[: len(self.at)] != self.at:
            return 0, 1
        depth, line = self.tree.nearest((*self.part, *path[len(self.at) :]))
        return max(0, depth - len(self.part) + len(self.at)), line


@dataclass(frozen=True, slots=True)
class LayeredYaml:
    """``value``: what the layers say together, plain Python; ``layers``: the topmost first."""

    value: Any
    layers: tuple[Layer, ...]

    def place(self, path: Path_) -> tuple[Path | None, int]:
        """The layer that knows most of ``path``, of equal ones the topmost; its file is None for the topmost."""
        best = max(self.layers, key=lambda layer: layer.nearest(path)[0])
        return None if best.file == self.layers[0].file else best.file, best.nearest(path)[1]


def lay_over(above: Any, below: Any, keeps_null: Callable[[Path_], bool], path: Path_ = ()) -> Any:
    """Two YAML values as one: mappings key by key to any depth, otherwise what is above counts.

    A null above takes away what is below, unless null is a value of its own there (``keeps_null`` of its path).
    """
    if not (isinstance(above, dict) and isinstance(below, dict)):
        return above
    merged = dict(below)
    for key, value in above.items():
        here = (*path, key)
        if key in below and value is None and not keeps_null(here):
            del merged[key]
        else:
            merged[key] = lay_over(value, below[key], keeps_null, here) if key in below else value
    return merged
