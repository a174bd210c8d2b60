"""Files laid one over the other: what comes out, and where each part is said to stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.yaml_layers import Layer, LayeredYaml, lay_over
from schemas.yaml_tree import Path_, read_tree

#  above | below | result; null is a value of its own under "keeps"
LAID: list[tuple[Any, Any, Any]] = [
    ({"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
    ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2, "x": 1}}),
    ({"a": [1]}, {"a": [2, 3]}, {"a": [1]}),
    ({"a": "v"}, {"a": {"x": 1}}, {"a": "v"}),
    ({"a": {"x": 1}}, {"a": "v"}, {"a": {"x": 1}}),
    ({"a": None}, {"a": 2, "b": 3}, {"b": 3}),
    ({"a": {"x": None}}, {"a": {"x": 1, "y": 2}}, {"a": {"y": 2}}),
    ({"a": None}, {"b": 3}, {"b": 3, "a": None}),
    ({"keeps": None}, {"keeps": 2}, {"keeps": None}),
    ({"a": {"keeps": None}}, {"a": {"keeps": 2}}, {"a": {"keeps": None}}),
    ({}, {"a": 1}, {"a": 1}),
]


@pytest.mark.parametrize(("above", "below", "result"), LAID)
def test_lay_over(above: Any, below: Any, result: Any) -> None:
    before = repr(below)
    assert lay_over(above, below, lambda path: path[-1] == "keeps") == result
    assert list(lay_over(above, below, lambda path: path[-1] == "keeps")) == list(result), "order is that of the lower"
    assert repr(below) == before


TOP = "a: 1\nb:\n  x: 1\nlist:\n  - k: v\n"
LOWER = "# below\nb:\n  y: 2\n  z:\n    deep: 3\nc: 4\n"
GRAFT = "values:\n  one: 1\n"
#  path | file (None: the topmost) | line
PLACES: list[tuple[Path_, str | None, int]] = [
    (("a",), None, 1),
    (("b",), None, 2),
    (("b", "x"), None, 3),
    (("b", "y"), "lower", 3),
    (("b", "z", "deep"), "lower", 5),
    (("b", "z", "nowhere"), "lower", 4),
    (("c",), "lower", 6),
    (("nowhere",), None, 1),
    (("list", 0, "k"), None, 5),
    (("grafted", "one"), "graft", 2),
    (("b", "nowhere"), None, 2),
]


@pytest.mark.parametrize(("path", "file", "line"), PLACES)
def test_every_part_knows_its_place(tmp_path: Path, path: Path_, file: str | None, line: int) -> None:
    for name, text in (("top", TOP), ("lower", LOWER), ("graft", GRAFT)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    top, lower, graft = (tmp_path / name for name in ("top", "lower", "graft"))
    layers = (
        Layer(top, read_tree(top)),
        Layer(lower, read_tree(lower)),
        Layer(graft, read_tree(graft), ("grafted",), ("values",)),
    )
    assert LayeredYaml({}, layers).place(path) == (tmp_path / file if file else None, line)
