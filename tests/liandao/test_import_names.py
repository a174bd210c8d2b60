"""Another distribution's packages of our names: told by name and file, by the doctor or, past that, at the start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from liandao.import_names import own_names, taken_names

ROOMS = {"schemas", "connectors", "transforms", "warehouse", "reports", "liandao", "dags"}


def installed_beside(folder: Path, files: list[str]) -> None:
    """Another distribution with these files, and nothing in them."""
    information = folder / "other_thing-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: other-thing\nVersion: 1.0\n", encoding="utf-8")
    (information / "RECORD").write_text("".join(f"{name},,\n" for name in files), encoding="utf-8")
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def doctor(first: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """The installed command, with a folder before all others where Python looks for packages."""
    command = [sys.executable, "-c", "from liandao.entry import main; main()", "doctor", "--json", "--home", str(home)]
    env = os.environ | {"PYTHONPATH": str(first)}
    return subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)


def test_every_room_is_our_own_here() -> None:
    assert set(own_names()) >= ROOMS
    assert taken_names() == []


@pytest.mark.parametrize("files", [["schemas/more.py"], ["dags/__init__.py", "dags/thing.py"]])
def test_files_of_another_distribution_among_ours_are_named(tmp_path: Path, files: list[str]) -> None:
    installed_beside(tmp_path / "beside", files)
    done = doctor(tmp_path / "beside", tmp_path)
    (names,) = [f for f in json.loads(done.stdout) if f["check"] == "导入名 import names"]
    assert done.returncode == 2
    assert not names["ok"]
    assert f"{files[0].split('/')[0]} (other-thing: {tmp_path / 'beside' / files[0]})" in names["found"]
    assert "environment of its own" in names["next"]


def test_a_package_in_place_of_ours_is_named_where_nothing_can_start(tmp_path: Path) -> None:
    installed_beside(tmp_path / "beside", ["schemas.py"])
    done = doctor(tmp_path / "beside", tmp_path)
    assert done.returncode == 2
    assert "LD-1001" in done.stderr
    assert f"schemas ({tmp_path / 'beside' / 'schemas.py'})" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dependency_that_is_not_installed_is_named(tmp_path: Path) -> None:
    blocked = "import sys; sys.modules['typer'] = None"  # as if it were not there
    code = f"{blocked}; from liandao.entry import main; main()"
    command = [sys.executable, "-c", code, "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "LD-1001" in done.stderr
    assert "package typer" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_leaves_an_empty_folder_empty(tmp_path: Path) -> None:
    (home := tmp_path / "home").mkdir()
    done = doctor(tmp_path, home)
    (key,) = [f for f in json.loads(done.stdout) if "key" in f["check"].lower()]
    assert key["ok"]
    assert "none yet" in key["found"]
    assert list(home.iterdir()) == []


def test_any_other_failure_to_import_is_shown_as_it_is(tmp_path: Path) -> None:
    installed_beside(tmp_path / "beside", ["typer.py"])
    done = doctor(tmp_path / "beside", tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
