"""List the files of the registry that a CPython on Linux may install, from lists that uv wrote: a row each.

    python tools/wheels.py pylock.*.toml > requirements/wheels.txt

A row is package, version, tags and SHA-256 of a file; a package that comes as source alone has one row with ``source``.
``tests/house/test_lock.py`` asks of this table what the pins, which hold hashes and nothing else, can't tell.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADING = "# Written by tools/lock.sh: files that the registry has of each pinned version. package version tags sha256"
MACHINES = r"(^|[-.])(many)?linux\w*_(x86_64|aarch64)(\.|$)|-any$"
INTERPRETERS = r"(^|\.)(cp3|cp31[1-4]|py3|py2\.py3|py31[1-4])(-|\.)|-abi3-"
FREE_THREADED = r"-cp31\dt-"


def main(paths: list[str]) -> None:
    """Print the table for some ``pylock.toml`` files."""
    packages = [p for path in paths for p in tomllib.loads(Path(path).read_text(encoding="utf-8"))["packages"]]
    rows = {row for package in packages for row in rows_of(package)}
    sys.stdout.write("\n".join([HEADING, *sorted(rows), ""]))


def rows_of(package: dict[str, Any]) -> Iterator[str]:
    """The rows of one package of a ``pylock.toml``."""
    named = f"{package['name']} {package['version']}"
    wheels = package.get("wheels", [])
    if not wheels:
        yield f"{named} source {package['sdist']['hashes']['sha256']}"
    for wheel in wheels:
        tags = tags_of(wheel["url"])
        if is_for_linux(tags):
            yield f"{named} {tags} {wheel['hashes']['sha256']}"


def tags_of(address: str) -> str:
    """``cp311-cp311-manylinux_2_28_x86_64`` from the address of a wheel."""
    return "-".join(address.rsplit("/", 1)[-1].removesuffix(".whl").split("-")[-3:])


def is_for_linux(tags: str) -> bool:
    """Whether some CPython of today's range on glibc may take a wheel with these tags."""
    return bool(re.search(MACHINES, tags) and re.search(INTERPRETERS, tags) and not re.search(FREE_THREADED, tags))


if __name__ == "__main__":
    main(sys.argv[1:])
