"""A register stays as it was until a commit counts, whatever is cut off; what is damaged is not carried on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import StoreError
from tests.transforms.match.test_incremental import decisions, records, started
from transforms.match.register import store
from transforms.match.register.store import copy_register, move_register, open_register, read_register


@pytest.fixture
def path(tmp_path: Path) -> Path:
    started(tmp_path / "register", records()[:400])
    return tmp_path / "register"


def decided(path: Path) -> list[str]:
    found: list[str] = read_register(path).read("decision")["left_id"].to_pylist()
    return found


def decide(path: Path, *names: str) -> None:
    with open_register(path) as register:
        register.keep("decision", decisions(*((name, f"{name}2", "same") for name in names)))


def test_a_commit_that_is_cut_off_counts_for_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for the register, and not for a copy of what it left behind."""
    decide(path, "a")
    with monkeypatch.context() as cut:
        cut.setattr(store, "_replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            decide(path, "lost")
    copy = path.with_name("copy")
    copy_register(path, copy)
    decide(copy, "t")
    decide(path, "s")
    assert (decided(path), decided(copy)) == (["s"], ["t"])


def test_a_copy_and_its_source_go_on_apart(path: Path) -> None:
    copy, ids = path.with_name("copy"), records()["record_id"][:2].to_pylist()
    copy_register(path, copy)
    with open_register(copy) as register:
        keys = register.record.all(["record_key"])["record_key"].to_numpy()
        register.record.remove(keys)
    assert read_register(copy).record.all().num_rows == 0
    assert set(ids) <= set(read_register(path).record.all()["record_id"].to_pylist())


def test_what_a_commit_that_was_cut_off_wrote_is_removed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(store, "_replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt), open_register(path) as register:
            register.record.remove(register.record.all(["record_key"])["record_key"].to_numpy()[:5])
    left = {file.name for file in path.iterdir()}
    decide(path, "a")
    told = json.loads((path / "register.json").read_text(encoding="utf-8"))
    named = {*told["tables"].values(), *(file for files in told["layers"].values() for file in files)}
    assert left - named
    assert {file.name for file in path.iterdir()} == {"register.json", *named}


def test_one_of_two_registers_is_always_there(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fresh").mkdir()
    fresh = tmp_path / "fresh" / "register"
    copy_register(path, fresh)
    decide(fresh, "new")
    monkeypatch.setattr(store, "_remove", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        move_register(fresh, path)
    assert decided(path) == ["new"]


FILES = ("register.json", "node*", "record*", "value*", "decision*", "frequency*")


def emptied(file: Path) -> None:
    file.unlink()
    file.touch()


def cut_short(file: Path) -> None:
    octets = file.read_bytes()
    file.unlink()
    file.write_bytes(octets[: len(octets) // 2])


@pytest.mark.parametrize("damage", [emptied, cut_short, os.unlink])
@pytest.mark.parametrize("file", FILES)
def test_what_is_damaged_can_not_be_opened(path: Path, file: str, damage: Callable[[Path], None]) -> None:
    damage(sorted(path.glob(file))[0])
    with pytest.raises(StoreError, match="can't be read"):
        read_register(path)
    copy_register(path, path.with_name("copy"))
    with pytest.raises(StoreError, match="can't be read"):
        read_register(path.with_name("copy"))


def test_nothing_is_copied_from_nowhere(tmp_path: Path) -> None:
    for source in (None, tmp_path / "nowhere"):
        copy_register(source, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
