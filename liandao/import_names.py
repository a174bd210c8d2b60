"""Whether the packages that we import are ours: their names (``schemas``, ``reports``, …) are not ours alone.

Only the standard library is imported: where the answer is no, hardly anything else can be
(docs/decisions/0014-import-names.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from importlib.util import find_spec
from pathlib import Path

OURS = "liandao"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Taken:
    """A name of ours that somebody else has, and their file."""

    name: str
    file: str

    def __str__(self) -> str:
        return f"{self.name} ({self.file})"


def own_names() -> list[str]:
    """Top-level packages that our distribution installs; none when it is not installed but only lies on the path."""
    try:
        return (distribution(OURS).read_text("top_level.txt") or "").split()
    except PackageNotFoundError:
        return []


def taken_names() -> list[Taken]:
    """Names of ours that are imported from elsewhere, or into whose folder another distribution has put files too."""
    names = own_names()
    return [*_shadowed(names), *_shared(names)]


def _shadowed(names: Iterable[str]) -> list[Taken]:
    origins = {name: _origin(name) for name in names}
    return [Taken(name, origin) for name, origin in origins.items() if Path(origin) != ROOT / name / "__init__.py"]


def _origin(name: str) -> str:
    spec = find_spec(name)
    return "nowhere" if spec is None else spec.origin or "a folder without __init__.py"


def _shared(names: Iterable[str]) -> list[Taken]:
    others = [d for d in distributions() if _plain(d.name) != OURS]
    return [Taken(name, f"{d.name}: {path}") for d in others for name, path in _files_under(d, set(names)).items()]


def _files_under(found: Distribution, names: set[str]) -> dict[str, str]:
    """For each of some top-level packages the first file that a distribution has put there."""
    first: dict[str, str] = {}
    for path in found.files or ():
        if path.parts[0] in names:
            first.setdefault(path.parts[0], str(path.locate()))
    return first


def _plain(name: str | None) -> str:
    return (name or "").lower().replace("_", "-")
