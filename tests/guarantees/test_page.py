"""The page of guarantees names what is tested, and the tests are there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.guarantees.promises import PROMISES, Promise
from tests.house.test_tree import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
NUMBERS = [f"G{n}" for n in range(1, 13)]


def test_every_promise_stands_on_the_page_and_is_tested() -> None:
    headings = re.findall(r"^## (G\d+)\b", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == NUMBERS
    assert sorted({p.number for p in PROMISES}, key=NUMBERS.index) == NUMBERS


@pytest.mark.parametrize("promise", PROMISES, ids=lambda p: f"{p.number} {p.file}")
def test_what_holds_it_is_there(promise: Promise) -> None:
    path, _, name = promise.test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert not name or name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert (ROOT / promise.file).read_text(encoding="utf-8").count(promise.taken) == 1
    section = PAGE.read_text(encoding="utf-8").split(f"## {promise.number} ", 1)[1].split("\n## ", 1)[0]
    assert f"`{path}`" in section
    assert f"`{promise.file}`" in section
