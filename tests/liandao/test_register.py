"""The register of matching travels with the generations; a night compares only what changed, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from liandao import steps
from tests.liandao.nights import Nights, somebody
from tests.warehouse.generation import install_as_it_is
from transforms.match.register.store import read_register
from warehouse import places
from warehouse.build import open_build, reopen_build
from warehouse.checksum import table_checksums

KILLED = """
import os, signal, sys
from pathlib import Path
from shutil import rmtree
from liandao import steps
from liandao.settings import Settings
from warehouse import links
links.write_persons = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
steps.match(Settings(Path(sys.argv[1]), None, 1), sys.argv[2])
"""
"""Match, and be killed when the register is updated and nothing else is written."""


@pytest.fixture
def nights(home_of_nights: Path) -> Nights:
    """A home after its six nights, ready for another."""
    return Nights(home_of_nights, count=6)


def content(nights: Nights, run_id: str) -> dict[str, str]:
    """Checksum of each table of a build, and what its register holds."""
    with reopen_build(nights.home, run_id) as build:
        found = table_checksums(build.con)
        register = read_register(places.register_folder(build.folder))
    held = {name: getattr(register, name).all() for name in ("record", "node", "pair")}
    held |= {name: register.read(name) for name in ("question", "decision", "content")}
    return found | {f"register {name}": str(sorted(map(str, rows.to_pylist()))) for name, rows in held.items()}


def register_files(folder: Path) -> dict[Path, bytes]:
    """What the register in a generation's folder is made of."""
    return {path: path.read_bytes() for path in places.register_folder(folder).rglob("*") if path.is_file()}


def test_register_is_published_for_its_owner_alone(nights: Nights) -> None:
    folder = places.current_folder(nights.home)
    assert folder is not None
    held = [places.register_folder(folder), *places.register_folder(folder).rglob("*")]
    assert len(held) > 10
    assert all(path.stat().st_mode & 0o077 == 0 for path in held)


def test_a_night_compares_what_changed(nights: Nights) -> None:
    folder = places.current_folder(nights.home)
    assert folder is not None
    before = register_files(folder)
    counts = matched(nights, [somebody("a9", 0), somebody("z1", 7)])
    assert (counts["matched_in_full"], counts["persons_created"]) == (0, 1)
    assert register_files(folder) == before


def test_without_its_register_everything_is_matched(nights: Nights) -> None:
    folder = places.current_folder(nights.home)
    assert folder is not None
    rmtree(places.register_folder(folder))
    assert matched(nights)["matched_in_full"] == 1
    assert nights.persons() == nights_after(nights)
    assert matched(nights)["matched_in_full"] == 0


def matched(nights: Nights, forms: Any = ()) -> dict[str, int]:
    """Match one more night and publish it; returns the counts of its receipt."""
    run_id = nights.match(forms)
    counts = steps.match(nights.settings, run_id).counts
    install_as_it_is(nights.home, run_id)
    return counts


def nights_after(nights: Nights) -> dict[str, str]:
    """Persons after a night in which nothing happened."""
    return nights.night(whole=False)


def test_matching_again_or_after_a_kill_changes_nothing_twice(nights: Nights) -> None:
    forms = [somebody("a9", 0), somebody("z1", 7), somebody("d2", 3, changed=3)]
    run_id = nights.match(forms)
    once = content(nights, run_id)
    steps.match(nights.settings, run_id)
    assert content(nights, run_id) == once
    done = subprocess.run([sys.executable, "-c", KILLED, str(nights.home), run_id], check=False, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    steps.match(nights.settings, run_id)
    assert content(nights, run_id) == once
    with open_build(nights.home, "later") as build:
        assert not places.register_folder(build.folder).exists()
