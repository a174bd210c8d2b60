"""Vocabularies: how sources write the codes of a list, said once and named by every platform that writes them so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.reader import READER
from connectors.values import code_list_of
from schemas.codes import code_lists
from schemas.errors import PlatformFileError
from schemas.layered_reference import REFERENCE
from schemas.project import current, per_project
from schemas.streams import stream_tables
from schemas.typed_yaml import Problem, did_you_mean, not_among
from schemas.vocabulary_file import VocabularyFile
from schemas.yaml_layers import Layer, LayeredYaml
from schemas.yaml_tree import Path_, YamlTree

PROGRAM = REFERENCE / "vocabularies"
"""The program's own; a project's vocabulary of the same name takes the place of one."""
_MAPPING = "source value: code, the name of a vocabulary, or a list of these"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary that was read and found right. ``tree``: the lines of its file."""

    name: str
    path: Path
    tree: YamlTree
    file: VocabularyFile


@per_project
def vocabulary_files() -> dict[str, Path]:
    """Every vocabulary there is, by name: the program's, and the project's over them."""
    project = current()
    folders = [PROGRAM, *([project.codes] if project else [])]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yml"))}


@per_project
def load_vocabulary(name: str) -> Vocabulary:
    """One vocabulary by its name; raises PlatformFileError (KeyError when there is none of that name)."""
    return read_vocabulary(vocabulary_files()[name])


def read_vocabulary(path: Path) -> Vocabulary:
    """One vocabulary; raises PlatformFileError with every mistake: no such list, values that are no codes of it."""
    tree = READER.read(path)
    file = READER.validate(VocabularyFile, tree.value, tree, path)
    READER.refuse(path, tree, list(_list_problems(file)))
    return Vocabulary(path.stem, path, tree, file)


def _list_problems(file: VocabularyFile) -> Iterator[Problem]:
    if file.list is None:
        return
    lists = code_lists()
    if file.list not in lists:
        yield Problem(("list",), *not_among(file.list, lists, "code list"))
        return
    for value, code in file.values.items():
        if code not in lists[file.list]:
            sentence = f"{code!r} is not a code of list {file.list}{did_you_mean(code, lists[file.list])}"
            yield Problem(("values", value), sentence, expected=", ".join(lists[file.list]))


def name_codes(whole: LayeredYaml) -> tuple[LayeredYaml, list[Problem]]:
    """A platform file in which every vocabulary named under ``codes`` is replaced by its values.

    Returns it with the lines of the vocabularies, and what is wrong with the names; a column whose vocabularies can't
    be had is left without codes.
    """
    problems: list[Problem] = []
    layers = list(whole.layers)
    streams = _mapping(_mapping(whole.value).get("streams"))
    resolved = {name: _stream(name, body, whole, layers, problems) for name, body in streams.items()}
    value = whole.value | {"streams": resolved} if streams else whole.value
    return LayeredYaml(value, tuple(layers)), problems


def _stream(name: str, body: Any, whole: LayeredYaml, layers: list[Layer], problems: list[Problem]) -> Any:
    codes = _mapping(_mapping(body).get("codes"))
    named = {column: entry for column, entry in codes.items() if not isinstance(entry, dict)}
    if not named:
        return body
    plain = {column: entry for column, entry in codes.items() if column not in named}
    for column, entry in named.items():
        at: Path_ = ("streams", name, "codes", column)
        values: dict[str, str] = {}
        for part in _parts(at, entry, whole, problems):
            values |= part.values
            layers.insert(len(whole.layers), part.layer)  # what is laid later hides what was there before
        if values:
            plain[column] = values
    return body | {"codes": {column: plain[column] for column in codes if column in plain}}


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of a column's codes, and where they stand."""

    values: dict[str, str]
    layer: Layer


def _parts(at: Path_, entry: Any, whole: LayeredYaml, problems: list[Problem]) -> Iterator[_Part]:
    entries = list(enumerate(entry)) if isinstance(entry, list) else [(None, entry)]
    for number, part in entries:
        here = at if number is None else (*at, number)
        if isinstance(part, dict):
            yield _Part(part, _layer_of(whole, at, here))
        elif not isinstance(part, str):
            problems.append(Problem(here, f"is not {_MAPPING}", expected="channel_code: gov_channels"))
        elif part not in vocabulary_files():
            problems.append(Problem(here, *not_among(part, vocabulary_files(), "vocabulary")))
        else:
            yield from _named(at, here, part, problems)


def _named(at: Path_, here: Path_, name: str, problems: list[Problem]) -> Iterator[_Part]:
    try:
        vocabulary = load_vocabulary(name)
    except PlatformFileError as error:
        lines = "; ".join(line.strip() for line in [error.message, *error.found.splitlines()])
        sentence = f"vocabulary {name} is not right: {error.where}: {lines}"
        problems.append(Problem(here, sentence, next_step=f"liandao check {vocabulary_files()[name]}"))
        return
    if problem := _other_list(vocabulary, stream=str(at[1]), column=str(at[3])):
        problems.append(Problem(here, problem))
        return
    yield _Part(dict(vocabulary.file.values), Layer(vocabulary.path, vocabulary.tree, at, ("values",)))


def _other_list(vocabulary: Vocabulary, stream: str, column: str) -> str | None:
    """What is wrong when the vocabulary writes another list than the column holds; unknown columns are told later."""
    table = stream_tables().get(stream)
    if vocabulary.file.list is None or table is None or column not in table.columns:
        return None
    wanted = code_list_of(table.columns[column])
    if wanted == vocabulary.file.list:
        return None
    takes = f"codes of list {wanted}" if wanted else "no codes of any list"
    return f"vocabulary {vocabulary.name} writes list {vocabulary.file.list}, but {column} holds {takes}"


def _layer_of(whole: LayeredYaml, at: Path_, here: Path_) -> Layer:
    """Where a mapping that stands within a list of vocabularies is: in the layer that knows it."""
    best = max(whole.layers, key=lambda layer: layer.nearest(here)[0])
    return Layer(best.file, best.tree, at, (*best.part, *here[len(best.at) :]))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
