"""One contract over all platform files: whatever a platform is like, this holds."""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa
import pytest

from connectors.contract import Contract
from connectors.deployment import SCHEMES
from connectors.edge import Edge
from connectors.families.base import cursor_pattern
from connectors.registry import SOURCES, Registry, load_registry
from schemas.errors import ContractBroken
from schemas.platform_file import Platform
from schemas.receipts import Cursor


@cache
def registry() -> Registry:
    return load_registry()


PLATFORMS = sorted(p.stem for p in SOURCES.glob("*/*.yml") if p.name != "_line.yml")


def test_the_tree_is_the_registry() -> None:
    assert sorted(registry().platforms) == PLATFORMS
    assert sorted(registry().lines) == sorted(p.name for p in SOURCES.iterdir() if p.is_dir())


@pytest.mark.parametrize("platform_id", PLATFORMS)
def test_platform(platform_id: str) -> None:
    platform = registry().platforms[platform_id]
    assert platform.line_id in registry().lines
    assert platform.file.access.family in SCHEMES
    _has_no_address_and_no_secret(platform)
    for name, stream in platform.file.streams.items():
        contract = Contract(f"{platform_id}.{name}", stream)
        contract.check_fields(contract.fields, "unit")
        contract.check_fields(list(stream.fields), "unit")
        for field in stream.fields:
            with pytest.raises(ContractBroken):
                contract.check_fields([f for f in contract.fields if f != field], "unit")
        with pytest.raises(ContractBroken):
            contract.check_fields([*contract.fields, "新字段"], "unit")
        if stream.cursor:
            _edge_moves(stream.cursor, cursor_pattern(stream))


def _has_no_address_and_no_secret(platform: Platform) -> None:
    with open(platform.path, encoding="utf-8") as handle:
        text = handle.read()
    assert "://" not in text
    assert not re.search(r"\b(password|passwd|secret|token)\s*:|127\.0\.0\.1|localhost", text.lower())


def _edge_moves(field: str, pattern: str | None) -> None:
    """A time written as the platform writes it moves the cursor, and the same row does not come twice."""
    text = "2026-09-30 08:00:00" if pattern is None else "30/09/2026 08:00:00"
    if pattern and pattern.startswith("%Y"):
        text = "2026-09-30 08:00:00"
    row = pa.table({field: [text]})
    edge = Edge(Cursor(), field, pattern)
    assert edge.new_rows(row) is None
    again = Edge(edge.after(), field, pattern).new_rows(row)
    assert again is not None
    assert again.to_pylist() == [False]


def test_streams_have_a_plausible_size() -> None:
    wrong = [
        f"{p.platform_id}.{name}"
        for p in registry().platforms.values()
        for name, s in p.file.streams.items()
        if s.expect.floor > s.expect.ceiling * 10
    ]
    assert not wrong
