"""The files under ``reference/``: the program's own, those of the project in use laid over them entry by entry."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import ConfigurationError
from schemas.project import current, per_project
from schemas.typed_yaml import Reader
from schemas.yaml_layers import Layer, LayeredYaml, lay_over

REFERENCE = Path(__file__).parent / "reference"
READER = Reader()


def reference_paths(name: str) -> list[Path]:
    """The files of that name under ``reference/`` that exist: the program's, then the project's."""
    project = current()
    folders = [REFERENCE, *([project.reference] if project else [])]
    return [folder / name for folder in folders if (folder / name).is_file()]


@per_project
def layered_reference(name: str) -> LayeredYaml:
    """What the program's and the project's ``reference/<name>`` say together: mappings are laid over each other to any
    depth, lists and single values of the project replace the program's. Not to be changed by whoever reads it.

    Raises ConfigurationError when a file is not YAML or no mapping.
    """
    whole = LayeredYaml({}, ())
    for path in reference_paths(name):
        layer = Layer(path, READER.read(path))
        above = {str(key): entry for key, entry in _mapping(layer).items()}
        whole = LayeredYaml(lay_over(above, whole.value, lambda _: True), (layer, *whole.layers))
    return whole


def _mapping(layer: Layer) -> dict[object, object]:
    content = layer.tree.value
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(
            "a reference file is not a mapping",
            where=str(layer.file),
            expected="name: entry",
            found=type(content).__name__,
        )
    return content or {}
