"""Profiles: what platforms of one vendor have in common, written once; a platform's own words win.

A profile is a platform file of which any part may be left out. Its streams are definitions: a platform that names
streams has these and no others, each laid over the profile's stream of that name; one that names none has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.reader import READER
from schemas.platform_file import PlatformFile
from schemas.project import current, per_project
from schemas.typed_yaml import Problem, allows_null, not_among
from schemas.yaml_layers import Layer, LayeredYaml, lay_over
from schemas.yaml_tree import Path_, YamlTree

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


@per_project
def profile_files() -> dict[str, Path]:
    """Every profile of the project, by name."""
    project = current()
    return {path.stem: path for path in sorted(project.profiles.glob("*.yml"))} if project else {}


@per_project
def read_profile(name: str) -> YamlTree:
    """A profile that there is, with its lines; raises PlatformFileError."""
    return READER.read(profile_files()[name])


def follow_profiles(path: Path, tree: YamlTree, *, is_profile: bool = False) -> tuple[LayeredYaml, list[Problem]]:
    """A platform file laid over the profile it names, that profile over the one it follows itself, and so on.

    A profile (``is_profile``) adds its streams to those of the one it follows, a platform chooses among them.
    Returns the whole with the lines of all files, and what is wrong with the streams named. Raises PlatformFileError
    when a profile does not exist, can't be read, or follows itself.
    """
    own = Layer(path, tree)
    chain = list(_chain(own, [path.stem] if is_profile else []))
    if not chain or not isinstance(tree.value, dict):
        return LayeredYaml(tree.value, (own, *chain)), []
    below: dict[str, Any] = {}
    for layer in reversed(chain):
        below = _laid(layer.tree.value or {}, below)
    problems = [] if is_profile else list(_unknown_streams(tree.value, below))
    chosen = below if is_profile else _only_named(tree.value, below)
    return LayeredYaml(_laid(tree.value, chosen), (own, *chain)), problems


def fill_placeholders(value: Any, platform_id: str, line_id: str) -> tuple[Any, list[Problem]]:
    """A platform file in which ``${platform}`` and the like are replaced, where they may stand; and those that are
    unknown."""
    words = {"${platform}": platform_id, "${PLATFORM}": platform_id.upper(), "${line}": line_id}
    problems: list[Problem] = []
    for path, text in _texts(value):
        unknown = [word for word in _PLACEHOLDER.findall(text) if word not in words]
        problems += [Problem(path, *not_among(word, words, "placeholder")) for word in unknown]
        value = _with(value, path, _PLACEHOLDER.sub(lambda match: words.get(match[0], ""), text))
    return value, problems


def _chain(layer: Layer, names: list[str]) -> Iterator[Layer]:
    """The profiles that a file follows, nearest first; none of them may be among ``names``."""
    while isinstance(layer.tree.value, dict) and (name := layer.tree.value.get("profile")) is not None:
        files = profile_files()
        if not isinstance(name, str) or name not in files:
            problem = Problem(("profile",), *not_among(str(name), files, "profile"))
            READER.refuse(layer.file, layer.tree, [problem])
        if name in names:
            cycle = " -> ".join([*names[names.index(name) :], name])
            READER.refuse(layer.file, layer.tree, [Problem(("profile",), f"follows itself: {cycle}")])
        names.append(name)
        layer = Layer(files[name], read_profile(name))
        if not isinstance(layer.tree.value, dict | None):
            READER.refuse(layer.file, layer.tree, [Problem((), "is not a mapping of keys to values")])
        yield layer


def _laid(above: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """One file over another; a stream of which nothing is said is there nevertheless."""
    streams = above.get("streams")
    if isinstance(streams, dict):
        above = above | {"streams": {name: {} if body is None else body for name, body in streams.items()}}
    merged: dict[str, Any] = lay_over(above, below, _keeps_null)
    return merged


def _keeps_null(path: Path_) -> bool:
    return allows_null(PlatformFile, path)


def _only_named(own: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    streams, defined = own.get("streams"), below.get("streams")
    if not isinstance(streams, dict) or not isinstance(defined, dict):
        return below
    return below | {"streams": {name: body for name, body in defined.items() if name in streams}}


def _unknown_streams(own: dict[str, Any], below: dict[str, Any]) -> Iterator[Problem]:
    streams, defined = own.get("streams"), below.get("streams") or {}
    for name, body in streams.items() if isinstance(streams, dict) else ():
        if body is None and name not in defined:
            yield Problem(("streams", name), *not_among(str(name), defined, "stream of the profile"))


def _texts(value: Any) -> Iterator[tuple[Path_, str]]:
    """The texts in which placeholders may stand, with their paths."""
    access, streams = (_mapping(_mapping(value).get(key)) for key in ("access", "streams"))
    texts = {("access", key): access.get(key) for key in ("endpoint", "credential")}
    sources = {("streams", name, "source"): _mapping(body).get("source") for name, body in streams.items()}
    for path, text in (texts | sources).items():
        if isinstance(text, str):
            yield path, text


def _with(value: Any, path: Path_, text: str) -> Any:
    if not path:
        return text
    return value | {path[0]: _with(value[path[0]], path[1:], text)}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
