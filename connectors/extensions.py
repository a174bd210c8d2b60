"""What other distributions bring: families of access and file formats, found by Python's entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from schemas.errors import ConfigurationError

_Kind = TypeVar("_Kind")


def load_extension(group: str, name: str, kind: type[_Kind]) -> _Kind | None:
    """The object that an entry point of that group and name stands for, None when there is no such entry point.

    Raises ConfigurationError when two distributions give the same name, when the object can't be imported, and when
    it is no ``kind`` or calls itself otherwise.
    """
    points = list(entry_points(group=group, name=name))
    if not points:
        return None
    if len(points) > 1:
        owners = ", ".join(sorted(_owner(p) for p in points))
        raise _bad(points[0], "two distributions give the same name", expected="one", found=owners)
    try:
        loaded = points[0].load()
    except Exception as error:
        raise _bad(points[0], "it can't be imported", found=f"{type(error).__name__}: {error}") from error
    if not isinstance(loaded, kind):
        raise _bad(points[0], "it is not what it should be", expected=kind.__name__, found=type(loaded).__name__)
    if getattr(loaded, "name", name) != name:
        raise _bad(points[0], "it calls itself otherwise", expected=name, found=str(getattr(loaded, "name", "")))
    return loaded


def extension_names(group: str) -> list[str]:
    """Names of the entry points of a group, nothing imported."""
    return sorted(entry_points(group=group).names)


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _bad(point: EntryPoint, message: str, *, expected: str = "", found: str = "") -> ConfigurationError:
    where = f"{point.group} {point.name} = {point.value}, of {_owner(point)}"
    return ConfigurationError(
        f"an extension is not usable: {message}",
        where=where,
        expected=expected,
        found=found,
        next_step="correct or remove that distribution (docs/extending.md)",
    )
