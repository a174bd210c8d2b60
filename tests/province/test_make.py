"""A province is made from its seed, and the same seed makes the same province."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from province import clock
from province.estate import habits
from province.make import FIRST_MOMENT, make_province

SIZE = {"residents": 150, "communities": 6}


def contents(home: Path) -> dict[str, str]:
    """Relative path -> checksum of everything that was made."""
    folder = home / "province"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_province(folder, seed=3, **SIZE)
    return folder


def test_every_platform_and_stream_is_kept(home: Path) -> None:
    expected = {f"data/{h.platform_id}/{stream}.arrow" for h in habits() for stream in h.streams}
    assert {name for name in contents(home) if name.startswith("data/")} == expected


def test_province_tells_its_seed_size_and_clock(home: Path) -> None:
    facts = json.loads((home / "province" / "province.json").read_text(encoding="utf-8"))
    assert (facts["seed"], facts["residents"], len(facts["communities"])) == (3, 150, 6)
    assert clock.read(home) == FIRST_MOMENT


def test_truth_is_kept_apart(home: Path) -> None:
    assert any((home / "province" / "truth").iterdir())
    assert not any("truth" in name for name in contents(home) if name.startswith("data/"))


@pytest.mark.parametrize(("seed", "is_same"), [(3, True), (4, False)])
def test_seed_decides(home: Path, tmp_path: Path, seed: int, is_same: bool) -> None:
    make_province(tmp_path, seed=seed, **SIZE)
    assert (contents(tmp_path) == contents(home)) is is_same


def test_making_again_replaces_what_was_there(tmp_path: Path) -> None:
    make_province(tmp_path, seed=3, **SIZE)
    (tmp_path / "province" / "data" / "left_over.arrow").write_bytes(b"")
    make_province(tmp_path, seed=3, **SIZE)
    assert "data/left_over.arrow" not in contents(tmp_path)
