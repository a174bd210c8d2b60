"""What other distributions bring: families of access and file formats, found by Python's entry points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from schemas.errors import ConfigurationError
from schemas.typed_yaml import not_among

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Choice(Generic[_Kind]):
    """What a name in a platform file may stand for. ``built_in``: the program's own by name, whose place no other
    distribution can take; ``group``: entry points that are others; ``what``: their common name; ``where``: the key."""

    built_in: Mapping[str, _Kind]
    group: str
    kind: type[_Kind]
    what: str
    where: str

    def find(self, name: str) -> _Kind:
        """The one of that name; raises ConfigurationError for an unknown one, or for one that can't be loaded."""
        chosen = self.built_in.get(name) or load_extension(self.group, name, self.kind)
        if chosen is None:
            sentence, expected = not_among(name, self.names(), self.what)
            raise ConfigurationError(sentence, where=self.where, expected=expected)
        return chosen

    def names(self) -> list[str]:
        """Every name there is: the program's, then those of other distributions."""
        return [*self.built_in, *(name for name in extension_names(self.group) if name not in self.built_in)]


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
