"""A file is replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.durable import replace_file


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    for content in (b"first", b"second"):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (path := tmp_path / "regions.csv").mkdir()  # a folder is not replaced by a file
    with pytest.raises(OSError, match="directory"):
        replace_file(path, b"content")
    assert list(tmp_path.iterdir()) == [path]
