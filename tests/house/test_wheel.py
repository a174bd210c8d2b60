"""The wheel holds every file of the packages and no other: built from what git tracks, with what is installed here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
LEFT_OUT = {"dags/.airflowignore"}
"""What a clone's DAG folder needs, and no package."""


def tree() -> set[str]:
    """Files of the repository, by path, committed or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (ROOT / name).is_file()}


def build_wheel(folder: Path) -> Path:
    """The wheel of a copy of the tree: what lies in ``build`` from another day would find its way into it."""
    copied = folder / "tree"
    for name in tree():
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copied / name)
    command = [sys.executable, "-c", f"from setuptools.build_meta import build_wheel; build_wheel({str(folder)!r})"]
    subprocess.run(command, cwd=copied, capture_output=True, text=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel")))


def information(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = [n for n in wheel.namelist() if n.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode("utf-8")


def test_every_file_of_the_packages_is_in_it_and_no_other(wheel: zipfile.ZipFile) -> None:
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {name for name in tree() if name.split("/")[0] in PACKAGES} - LEFT_OUT
    assert {"schemas", "liandao", "dags"} <= PACKAGES
    assert inside == wanted


def test_names_that_it_says_it_takes_are_those_it_takes(wheel: zipfile.ZipFile) -> None:
    assert set(information(wheel, "top_level.txt").split()) == PACKAGES


def test_core_and_extras_are_as_declared(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(information(wheel, "METADATA"))
    extras = {"postgresql", "demo", "airflow", "spark", "bench", "build", "test", "dev"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras
    core = [r for r in metadata.get_all("Requires-Dist", []) if "extra ==" not in r]
    assert [r for r in core if r.startswith("duckdb")] == ["duckdb<2.1,>=1.5.5"]
    assert information(wheel, "entry_points.txt").split() == ["[console_scripts]", "liandao", "=", "liandao.entry:main"]
