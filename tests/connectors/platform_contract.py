"""One contract over every platform file of any project: whatever a platform is like, this holds."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from connectors.contract import Contract
from connectors.edge import Edge
from connectors.families import family_of
from connectors.families.base import cursor_pattern
from schemas.errors import ContractBroken
from schemas.platform_file import Platform
from schemas.receipts import Cursor


def assert_contract(platform: Platform) -> None:
    """What the platform's file promises is kept to; raises AssertionError."""
    assert family_of(platform).name == platform.file.access.family
    _has_no_address_and_no_secret(platform)
    for name, stream in platform.file.streams.items():
        contract = Contract(f"{platform.platform_id}.{name}", stream)
        contract.check_fields(contract.fields, "unit")
        contract.check_fields(list(stream.fields), "unit")
        contract.check_fields([f for f in stream.fields if f not in stream.optional], "unit")
        for field in (f for f in stream.fields if f not in stream.optional):
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
    text = "30/09/2026 08:00:00" if pattern and not pattern.startswith("%Y") else "2026-09-30 08:00:00"
    row = pa.table({field: [text]})
    edge = Edge(Cursor(), field, pattern)
    assert edge.new_rows(row) is None
    again = Edge(edge.after(), field, pattern).new_rows(row)
    assert again is not None
    assert again.to_pylist() == [False]
